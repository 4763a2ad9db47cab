"""What a station reported of its components and variables, and of its network profiles."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from csms.store.tables.core import At, metadata

variable_characteristics = Table(
    "variable_characteristics",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("component", Text, nullable=False),
    Column("component_instance", Text, nullable=False),
    Column("evse_id", Integer, nullable=False),
    Column("connector_id", Integer, nullable=False),
    Column("variable", Text, nullable=False),
    Column("variable_instance", Text, nullable=False),
    Column("data_type", Text, nullable=False),
    Column("unit", Text),
    Column("min_limit", Float),
    Column("max_limit", Float),
    Column("values_list", Text),
    Column("supports_monitoring", Boolean, nullable=False),
    Column("reported_at", At, nullable=False),
    PrimaryKeyConstraint(
        "station_id",
        "component",
        "component_instance",
        "evse_id",
        "connector_id",
        "variable",
        "variable_instance",
    ),
)

device_report = Table(
    "device_report",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("request_id", BigInteger, nullable=False),
    Column("base", Text, nullable=False),
    Column("asked_at", At, nullable=False),
    Column("command_id", Uuid, nullable=False),
    Column("status", Text, nullable=False),
    PrimaryKeyConstraint("station_id", "request_id"),
    Index("device_report_by_base", "station_id", "base", "asked_at"),
)

device_report_part = Table(
    "device_report_part",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("request_id", BigInteger, nullable=False),
    Column("seq_no", Integer, nullable=False),
    Column("received_at", At, nullable=False),
    Column("generated_at", At, nullable=False),
    Column("more_follows", Boolean, nullable=False),
    Column("content", JSONB, nullable=False),
    PrimaryKeyConstraint("station_id", "request_id", "seq_no"),
)

network_profile = Table(
    "network_profile",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("slot", Integer, nullable=False),
    Column("set_at", At, nullable=False),
    Column("connection_data", JSONB, nullable=False),
    PrimaryKeyConstraint("station_id", "slot"),
)

triggered_message = Table(
    "triggered_message",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("at", At, nullable=False),
    PrimaryKeyConstraint("station_id", "action"),
)
