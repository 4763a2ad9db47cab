"""The statements of monitoring: monitors, what they told, and what is wrong until it is cleared."""

from typing import Final

from csms.store import tables
from csms.store.statements.device_model import PLACE
from csms.store.statements.kinds import (
    Statement,
    first_wins,
    greatest,
    insert_sql,
    last_wins,
    newest_sql,
)

_MONITOR: Final = (
    f"station_id monitor_id at {PLACE} type value severity during_transaction ours cleared_at"
)


def _monitor() -> str:
    """A report of a monitor that we have set leaves it ours."""
    return newest_sql(tables.monitor, _MONITOR, "at").replace(
        "ours = excluded.ours", "ours = excluded.ours OR (kept.ours AND kept.cleared_at IS NULL)"
    )


MONITOR = Statement(_monitor(), key_size=2, merge=greatest(2))
MONITOR_CLEARED = Statement(
    """UPDATE csms.monitor SET cleared_at = told.at, at = told.at
    FROM unnest($1::text[], $2::int8[], $3::timestamptz[]) AS told(station_id, monitor_id, at)
    WHERE monitor.station_id = told.station_id AND monitor.monitor_id = told.monitor_id
        AND monitor.cleared_at IS NULL AND monitor.at <= told.at""",
    key_size=2,
    merge=greatest(2),
    rank=51,
)
OUR_MONITORS_CLEARED = Statement(
    """UPDATE csms.monitor SET cleared_at = told.at, at = told.at
    FROM unnest($1::text[], $2::timestamptz[]) AS told(station_id, at)
    WHERE monitor.station_id = told.station_id AND monitor.ours
        AND monitor.cleared_at IS NULL AND monitor.at <= told.at""",
    key_size=1,
    merge=greatest(1),
    rank=51,
)


def _setting(name: str) -> Statement:
    sql = insert_sql(
        tables.monitoring_setting,
        f"station_id {name}_at {name}",
        f"ON CONFLICT (station_id) DO UPDATE SET {name} = excluded.{name},"
        f" {name}_at = excluded.{name}_at"
        f" WHERE kept.{name}_at IS NULL OR kept.{name}_at <= excluded.{name}_at",
    )
    return Statement(sql, key_size=1, merge=greatest(1))


MONITORING_BASE = _setting("monitoring_base")
MONITORING_LEVEL = _setting("monitoring_level")
EVENT = Statement(
    insert_sql(
        tables.station_event,
        f"station_id event_id at content_hash received_at trigger notification_type {PLACE}"
        " actual_value cleared severity cause_event_id monitor_id tech_code tech_info"
        " transaction_id",
    ),
    key_size=4,
    merge=first_wins,
)
EVENTS_KEPT: Final = 1_000  # of each station, beside its alerts, which are all kept
OLD_EVENTS = Statement(
    f"""DELETE FROM csms.station_event old USING (
        SELECT station_id, (
            SELECT at FROM csms.station_event one
            WHERE one.station_id = told.station_id AND one.trigger <> 'Alerting'
            ORDER BY at DESC OFFSET {EVENTS_KEPT} LIMIT 1
        ) AS last_at FROM unnest($1::text[]) AS told(station_id)
    ) bound
    WHERE old.station_id = bound.station_id AND old.trigger <> 'Alerting'
        AND old.at <= bound.last_at""",
    key_size=1,
    merge=last_wins,
    rank=51,
)
ALERT = Statement(
    newest_sql(
        tables.station_alert,
        f"station_id {PLACE} monitor_id at event_id cleared severity actual_value tech_code"
        " tech_info",
        "at",
    ),
    key_size=8,
    merge=greatest(8),
)
