"""Statements of profiles that stations hold, of reports on them, and of limits that others set."""

from typing import Final

from csms.store import tables
from csms.store.statements.kinds import Statement, greatest, last_wins, newest_sql

PROFILE: Final = Statement(
    newest_sql(
        tables.charging_profile,
        "station_id side evse_id profile_id at purpose stack_level source request_id payload",
        "at",
    ),
    key_size=4,
    merge=greatest(4),
)
# After the profiles of the same batch: one that was told at the same time or before is gone.
PROFILE_GONE: Final = Statement(
    """DELETE FROM csms.charging_profile kept
    USING unnest($1::text[], $2::text[], $3::int4[], $4::int4[], $5::timestamptz[])
        AS told(station_id, side, evse_id, profile_id, at)
    WHERE kept.station_id = told.station_id AND kept.side = told.side
        AND kept.evse_id = told.evse_id AND kept.profile_id = told.profile_id
        AND kept.at <= told.at""",
    key_size=4,
    merge=greatest(4),
    rank=51,
)
REPORT_ASKED: Final = Statement(
    newest_sql(
        tables.charging_profile_report,
        "station_id request_id asked_at evse_id criterion",
        "asked_at",
    ),
    key_size=2,
    merge=greatest(2),
)
REPORT_COMPLETED: Final = Statement(
    """UPDATE csms.charging_profile_report kept
    SET completed_at = told.at, differences = ARRAY(
        SELECT jsonb_array_elements_text(told.differences::jsonb))
    FROM unnest($1::text[], $2::int4[], $3::timestamptz[], $4::text[])
        AS told(station_id, request_id, at, differences)
    WHERE kept.station_id = told.station_id AND kept.request_id = told.request_id""",
    key_size=2,
    merge=last_wins,
    rank=51,
)
LIMIT: Final = Statement(
    newest_sql(
        tables.charging_limit,
        "station_id evse_id source at in_force grid_critical schedules",
        "at",
    ),
    key_size=3,
    merge=greatest(3),
)
