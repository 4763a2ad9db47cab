"""Statements of signed meter values, and of what stations say of their transactions."""

from typing import Final

from csms.store import tables
from csms.store.statements.kinds import Statement, first_wins, greatest, insert_sql, newest_sql

SIGNED_VALUE: Final = Statement(
    insert_sql(
        tables.signed_meter_value,
        "station_id evse_id at context measurand content_hash received_at signed_meter_data"
        " signing_method encoding_method public_key",
    ),
    key_size=6,
    merge=first_wins,
)
TRANSACTION_STATUS: Final = Statement(
    newest_sql(
        tables.transaction_status,
        "station_id transaction_id at ongoing messages_in_queue",
        "at",
    ),
    key_size=2,
    merge=greatest(2),
)
# Only the row that readers see: should the station tell of it after all, its ledger wins again.
TRANSACTION_LOST: Final = Statement(
    """UPDATE csms.transaction kept
    SET ended_at = kept.last_event_at, flags = array_append(kept.flags, 'never_ended')
    FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS told(station_id, transaction_id, at)
    WHERE kept.station_id = told.station_id AND kept.transaction_id = told.transaction_id
        AND kept.ended_at IS NULL""",
    key_size=2,
    merge=greatest(2),
    rank=5,
)
