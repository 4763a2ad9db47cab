"""Signed meter values outside transactions, and what stations say of their transactions."""

from sqlalchemy import Boolean, Column, Integer, PrimaryKeyConstraint, Table, Text

from csms.store.tables.core import At, metadata

signed_meter_value = Table(
    "signed_meter_value",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("evse_id", Integer, nullable=False),
    Column("at", At, nullable=False),
    Column("context", Text, nullable=False),
    Column("measurand", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("received_at", At, nullable=False),
    Column("signed_meter_data", Text, nullable=False),
    Column("signing_method", Text, nullable=False),
    Column("encoding_method", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    PrimaryKeyConstraint("station_id", "evse_id", "at", "context", "measurand", "content_hash"),
)

transaction_status = Table(
    "transaction_status",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("transaction_id", Text, nullable=False),
    Column("at", At, nullable=False),
    Column("ongoing", Boolean, nullable=False),
    Column("messages_in_queue", Boolean, nullable=False),
    PrimaryKeyConstraint("station_id", "transaction_id"),
)
