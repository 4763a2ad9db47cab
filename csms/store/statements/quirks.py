"""The statement of learned quirks."""

from csms.store import tables
from csms.store.statements.kinds import Statement, greatest, newest_sql

QUIRK = Statement(
    newest_sql(tables.station_quirk, "station_id name source value at reason device", "at"),
    key_size=3,
    merge=greatest(4),
)
