"""The statements of local lists, reservations, costs, displays and customers."""

from typing import Final

from csms.store import tables
from csms.store.statements.kinds import (
    Statement,
    arrays_sql,
    first_wins,
    greatest,
    insert_sql,
    last_wins,
    newest_sql,
)

# A version alone says nothing about entries; another version says that they are others.
LOCAL_LIST: Final = Statement(
    insert_sql(
        tables.local_list,
        "station_id version entries updated_at",
        "ON CONFLICT (station_id) DO UPDATE SET version = excluded.version,"
        " updated_at = excluded.updated_at, entries = CASE"
        " WHEN jsonb_typeof(excluded.entries) = 'object' THEN excluded.entries"
        " WHEN kept.version = excluded.version THEN kept.entries ELSE 'null' END"
        " WHERE kept.updated_at <= excluded.updated_at",
    ),
    key_size=1,
    merge=last_wins,
)
RESERVATION: Final = Statement(
    newest_sql(
        tables.reservation,
        "station_id reservation_id asked_at evse_id connector_type id_token type group_id_token"
        " expires_at status transaction_id updated_at",
        "asked_at",
    ),
    key_size=2,
    merge=greatest(2),
)
RESERVATION_CHANGED: Final = Statement(
    f"""UPDATE csms.reservation kept SET status = told.status, updated_at = told.updated_at,
    transaction_id = COALESCE(told.transaction_id, kept.transaction_id)
    FROM {
        arrays_sql(
            tables.reservation, "station_id reservation_id status transaction_id updated_at"
        )[0]
    } WHERE kept.station_id = told.station_id AND kept.reservation_id = told.reservation_id
        AND (kept.status IN ('asked', 'accepted')
            OR (kept.status = 'expired' AND told.status = 'used'))
        AND kept.asked_at <= told.updated_at""",
    key_size=3,
    merge=first_wins,
    rank=51,
)
COST: Final = Statement(
    newest_sql(
        tables.transaction_cost,
        "station_id transaction_id event_count tariff_id tariff currency total total_with_tax parts"
        " final updated_at",
        "event_count",
    ),
    key_size=2,
    merge=greatest(2),
)
DISPLAY_MESSAGE: Final = Statement(
    newest_sql(
        tables.display_message,
        "station_id message_id told_at priority state starts_at ends_at transaction_id message"
        " removed_at",
        "told_at",
    ),
    key_size=2,
    merge=greatest(2),
)
DISPLAY_REMOVED: Final = Statement(
    """UPDATE csms.display_message kept SET removed_at = told.at
    FROM unnest($1::text[], $2::int4[], $3::timestamptz[]) AS told(station_id, message_id, at)
    WHERE kept.station_id = told.station_id AND kept.message_id = told.message_id
        AND kept.removed_at IS NULL AND kept.told_at <= told.at""",
    key_size=2,
    merge=greatest(2),
    rank=51,
)
DISPLAY_ASKED: Final = Statement(
    newest_sql(tables.display_request, "station_id request_id asked_at everything", "asked_at"),
    key_size=2,
    merge=greatest(2),
)
DISPLAY_REPORT_ENDED: Final = Statement(
    """UPDATE csms.display_message kept SET removed_at = told.at
    FROM unnest($1::text[], $2::int4[], $3::timestamptz[]) AS told(station_id, request_id, at)
    JOIN csms.display_request asked ON asked.station_id = told.station_id
        AND asked.request_id = told.request_id AND asked.everything
    WHERE kept.station_id = told.station_id AND kept.removed_at IS NULL
        AND kept.told_at < asked.asked_at""",
    key_size=2,
    merge=last_wins,
    rank=52,
)
CUSTOMER_REQUEST: Final = Statement(
    newest_sql(
        tables.customer_request,
        "station_id request_id asked_at customer_hash report clear",
        "asked_at",
    ),
    key_size=2,
    merge=greatest(2),
)
CUSTOMER_PART: Final = Statement(
    insert_sql(
        tables.customer_part,
        "station_id request_id seq_no generated_at data more_follows received_at",
    ),
    key_size=4,
    merge=first_wins,
)
CUSTOMER_CLEARED: Final = Statement(
    """UPDATE csms.customer_part kept SET data = ''
    FROM unnest($1::text[], $2::int4[], $3::text[]) AS told(station_id, request_id, customer_hash)
    JOIN csms.customer_request asked ON asked.station_id = told.station_id
        AND asked.customer_hash = told.customer_hash AND asked.request_id <> told.request_id
    WHERE kept.station_id = asked.station_id AND kept.request_id = asked.request_id""",
    key_size=3,
    merge=first_wins,
    rank=51,
)
