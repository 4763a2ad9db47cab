"""Quirks of single stations: learned from their answers, or set by an operator."""

from sqlalchemy import Column, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from csms.store.tables.core import At, metadata

station_quirk = Table(
    "station_quirk",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("value", JSONB, nullable=False),
    Column("at", At, nullable=False),
    Column("reason", Text, nullable=False),
    Column("device", Text),
    PrimaryKeyConstraint("station_id", "name", "source"),
)
