"""What only OCPP 2.1 knows: V2X leave, dynamic profiles, DER controls, streams, swaps, payment."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from csms.store.tables.core import At, metadata

token_energy_transfer = Table(
    "token_energy_transfer",
    metadata,
    Column("id_token", Text, primary_key=True),
    Column("modes", ARRAY(Text), nullable=False),
    Column("updated_at", At, nullable=False),
)

transaction_energy_transfer = Table(
    "transaction_energy_transfer",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("transaction_id", Text, nullable=False),
    Column("modes", ARRAY(Text), nullable=False),
    Column("at", At, nullable=False),
    PrimaryKeyConstraint("station_id", "transaction_id"),
)

dynamic_profile = Table(
    "dynamic_profile",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("profile_id", Integer, nullable=False),
    Column("evse_id", Integer, nullable=False),
    Column("transaction_id", Text),
    Column("operation_mode", Text, nullable=False),
    Column("duration_s", Integer),
    Column("payload", JSONB),
    Column("at", At, nullable=False),
    PrimaryKeyConstraint("station_id", "profile_id"),
)

priority_charging = Table(
    "priority_charging",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("transaction_id", Text, nullable=False),
    Column("activated", Boolean, nullable=False),
    Column("at", At, nullable=False),
    PrimaryKeyConstraint("station_id", "transaction_id"),
)

der_control = Table(
    "der_control",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("control_id", Text, nullable=False),
    Column("control_type", Text, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("superseded", Boolean, nullable=False),
    Column("priority", Integer),
    Column("starts_at", At),
    Column("duration_s", Float),
    Column("payload", JSONB, nullable=False),
    Column("started_at", At),
    Column("ended_at", At),
    Column("at", At, nullable=False),
    PrimaryKeyConstraint("station_id", "control_id"),
)

event_stream = Table(
    "event_stream",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("stream_id", Integer, nullable=False),
    Column("variable_monitoring_id", Integer, nullable=False),
    Column("interval_s", Integer),
    Column("max_values", Integer),
    Column("opened_at", At, nullable=False),
    Column("closed_at", At),
    Column("pending", Integer),
    PrimaryKeyConstraint("station_id", "stream_id"),
)

event_stream_value = Table(
    "event_stream_value",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("stream_id", Integer, nullable=False),
    Column("at", At, nullable=False),
    Column("value", Text, nullable=False),
    Column("variable_monitoring_id", Integer),
    Column("received_at", At, nullable=False),
    PrimaryKeyConstraint("station_id", "stream_id", "at"),
)

battery_swap = Table(
    "battery_swap",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("request_id", Integer, nullable=False),
    Column("event", Text, nullable=False),
    Column("serial_number", Text, nullable=False),
    Column("evse_id", Integer, nullable=False),
    Column("id_token", Text, nullable=False),
    Column("soc_pct", Float, nullable=False),
    Column("soh_pct", Float, nullable=False),
    Column("at", At, nullable=False),
    PrimaryKeyConstraint("station_id", "request_id", "event", "serial_number"),
)

settlement = Table(
    "settlement",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("psp_ref", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("amount", Float, nullable=False),
    Column("at", At, nullable=False),
    Column("transaction_id", Text),
    Column("receipt_id", Text),
    Column("receipt_url", Text),
    Column("payload", JSONB, nullable=False),
    PrimaryKeyConstraint("station_id", "psp_ref"),
    Index("settlement_by_transaction", "station_id", "transaction_id"),
)

# What is ours to settle: `amount` is fixed with the first request, `again_at` (real time) when the
# provider may be asked next, `asked_as` the reference if it is no longer `psp_ref`, `revised` how
# often a person changed what is asked for. What a station says of its payments stands in
# `settlement` alone.
payment_settling = Table(
    "payment_settling",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("transaction_id", Text, nullable=False),
    Column("psp_ref", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("due_at", At, nullable=False),
    Column("amount", Numeric),
    Column("currency", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("again_at", At),
    Column("ended_at", At),
    Column("reason", Text),
    Column("receipt_id", Text),
    Column("receipt_url", Text),
    Column("asked_as", Text),
    Column("revised", Integer, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("station_id", "transaction_id"),
    Index("payment_settling_by_psp_ref", text("lower(psp_ref)")),
    Index("payment_settling_due", "due_at", postgresql_where=text("status = 'Due'")),
)

# `wanted` is an operator's word, `told` all that the station heard, `answered` what it heard with
# the event whose content's hash is `told_with`.
transaction_limit = Table(
    "transaction_limit",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("transaction_id", Text, nullable=False),
    Column("wanted", JSONB),
    Column("wanted_at", At),
    Column("told", JSONB),
    Column("answered", JSONB),
    Column("told_with", Text),
    Column("told_at", At),
    PrimaryKeyConstraint("station_id", "transaction_id"),
)

vat_company = Table(
    "vat_company",
    metadata,
    Column("vat_number", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("address1", Text, nullable=False),
    Column("address2", Text),
    Column("city", Text, nullable=False),
    Column("postal_code", Text),
    Column("country", Text, nullable=False),
)

station_tariff = Table(
    "station_tariff",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("evse_id", Integer, nullable=False),
    Column("tariff_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("at", At, nullable=False),
    PrimaryKeyConstraint("station_id", "evse_id", "tariff_id"),
)

transaction_tariff = Table(
    "transaction_tariff",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("transaction_id", Text, nullable=False),
    Column("tariff_id", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("at", At, nullable=False),
    PrimaryKeyConstraint("station_id", "transaction_id"),
)
