"""The integers that OCPP 1.6 wants for transaction ids: one for each start, never given twice."""

from sqlalchemy import Column, Integer, Sequence, Table, Text, UniqueConstraint

from csms.store.tables.core import At, metadata

LARGEST_ID = 2**31 - 1
FIRST_ID = 1_000_000  # above what a station may still hold from another system

transaction_number_seq = Sequence(
    "transaction_number_seq",
    start=FIRST_ID,
    maxvalue=LARGEST_ID,
    metadata=metadata,
    schema="csms",
)

transaction_number = Table(
    "transaction_number",
    metadata,
    Column("transaction_number", Integer, transaction_number_seq, primary_key=True),
    Column("station_id", Text, nullable=False),
    Column("start_hash", Text, nullable=False),
    Column("given_at", At, nullable=False),
    UniqueConstraint("station_id", "start_hash", name="transaction_number_identity"),
)
