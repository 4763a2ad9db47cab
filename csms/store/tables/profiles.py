"""Charging profiles that stations hold, reports of them, and limits that others set (block K)."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from csms.store.tables.core import At, metadata

charging_profile = Table(
    "charging_profile",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("evse_id", Integer, nullable=False),
    Column("profile_id", Integer, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("stack_level", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("request_id", Integer),
    Column("at", At, nullable=False),
    Column("payload", JSONB, nullable=False),
    PrimaryKeyConstraint("station_id", "side", "evse_id", "profile_id"),
)

charging_profile_report = Table(
    "charging_profile_report",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("request_id", Integer, nullable=False),
    Column("asked_at", At, nullable=False),
    Column("evse_id", Integer),
    Column("criterion", JSONB, nullable=False),
    Column("completed_at", At),
    Column("differences", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    PrimaryKeyConstraint("station_id", "request_id"),
)

charging_limit = Table(
    "charging_limit",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("evse_id", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("at", At, nullable=False),
    Column("in_force", Boolean, nullable=False),
    Column("grid_critical", Boolean, nullable=False),
    Column("schedules", JSONB, nullable=False),
    PrimaryKeyConstraint("station_id", "evse_id", "source"),
)
