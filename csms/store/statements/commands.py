"""The statements that say how commands and setpoints ended."""

from typing import Final

from csms.store import tables
from csms.store.statements.kinds import Row, Statement, arrays_sql, last_wins

_ENDED = "command_id status finished_at reason response"
_SETPOINT = (
    "station_id evse_id setpoint_status setpoint_at setpoint_w setpoint_until composite_w"
    " setpoint_version"
)
_VERSION: Final = -1


def _newest(before: Row, after: Row) -> Row:
    """The later one, unless its version is below."""
    older = None not in (before[_VERSION], after[_VERSION]) and after[_VERSION] < before[_VERSION]
    return before if older else after


COMMAND_ENDED = Statement(
    f"""UPDATE csms.command kept SET status = told.status, finished_at = told.finished_at,
    reason = told.reason, response = told.response::jsonb
    FROM {arrays_sql(tables.command, _ENDED)[0]} WHERE kept.command_id = told.command_id""",
    key_size=1,
    merge=last_wins,
    rank=91,
)
SETPOINT_ENDED = Statement(
    f"""UPDATE csms.evse kept SET setpoint_status = told.setpoint_status,
    setpoint_at = told.setpoint_at,
    composite_w = CASE WHEN told.setpoint_until IS NULL THEN kept.composite_w
        WHEN told.composite_w IS NOT NULL THEN told.composite_w
        WHEN kept.setpoint_w = told.setpoint_w THEN kept.composite_w END,
    setpoint_w = coalesce(told.setpoint_w, kept.setpoint_w),
    setpoint_until = coalesce(told.setpoint_until, kept.setpoint_until)
    FROM {arrays_sql(tables.evse, _SETPOINT)[0]}
    WHERE kept.station_id = told.station_id AND kept.evse_id = told.evse_id
        AND coalesce(told.setpoint_version >= kept.setpoint_version, true)""",
    key_size=2,
    merge=_newest,
    rank=92,
)
