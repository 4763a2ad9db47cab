"""Alarms: at most one is open per (site, station, code); raised again, only its words change.

An alarm is a code and data; `SENTENCES` says it in English, the console in its own languages.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import msgspec
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.store.tables import alarm as table


class AlarmCode(StrEnum):
    """What can be wrong with a site; the console has a sentence for each."""

    METER_STALE = "meter_stale"
    METER_FROZEN = "meter_frozen"
    LIMIT_AT_RISK = "limit_at_risk"
    STATION_UNKNOWN = "station_unknown"
    STATION_OFFLINE = "station_offline"
    SETPOINT_REFUSED = "setpoint_refused"
    SETPOINT_DEFIED = "setpoint_defied"
    DISCHARGE_FAULT = "discharge_fault"
    STATION_ALERT = "station_alert"
    STATION_CLOCK = "station_clock"
    PLAN_STALE = "plan_stale"
    PLAN_FAILED = "plan_failed"
    STORE_SILENT = "store_silent"
    VEHICLE_AT_RISK = "vehicle_at_risk"


class Severity(StrEnum):
    """How much it matters: `CRITICAL` endangers a limit."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


# What is wrong; its data in braces, `_wh` and `_at` shown as people read them.
SENTENCES = {
    AlarmCode.METER_STALE: (
        "the site meter does not answer: nothing rises, then everything goes to its floor"
    ),
    AlarmCode.METER_FROZEN: "the {meter} meter says the same all the time while the site moves",
    AlarmCode.LIMIT_AT_RISK: "the {side} limit cannot be kept by store and fleet alone",
    AlarmCode.STATION_UNKNOWN: (
        "what became of its last setpoint is not known: the worst is assumed"
    ),
    AlarmCode.STATION_OFFLINE: (
        "offline with a vehicle plugged in: it runs out its lease, then its floor"
    ),
    AlarmCode.SETPOINT_REFUSED: "it refused its last setpoint",
    AlarmCode.SETPOINT_DEFIED: (
        "its meter shows other power than it was told: it counts at that against every limit"
    ),
    AlarmCode.DISCHARGE_FAULT: "it took in power when told to discharge: it discharges no more",
    AlarmCode.STATION_ALERT: "the station reports {variable} (severity {severity})",
    AlarmCode.STATION_CLOCK: "its clock is off by {off_s} s (+ ahead): its times are not true",
    AlarmCode.PLAN_STALE: "no new plan is being made; the last one stays in force",
    AlarmCode.PLAN_FAILED: "no plan could be made: {reason}",
    AlarmCode.STORE_SILENT: "the stationary battery does not answer",
    AlarmCode.VEHICLE_AT_RISK: (
        "{vehicle_id} will miss {shortfall_wh} when it leaves at {departure_at}"
    ),
}
Data = Mapping[str, str | int | float | datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm; open while `cleared_at` is None."""

    alarm_id: int
    site_id: str | None
    station_id: str | None
    code: str
    severity: str
    detail: str
    data: dict[str, str | int | float]
    raised_at: datetime
    cleared_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What is wrong now; it becomes an alarm when it is new. Without a station: the site itself."""

    code: AlarmCode
    severity: Severity
    station_id: str | None = None
    data: Data = field(default_factory=dict)

    @property
    def detail(self) -> str:
        """The sentence in English."""
        return SENTENCES[self.code].format(**{n: _said(n, v) for n, v in self.data.items()})


def _said(name: str, value: str | float | datetime) -> str:
    if isinstance(value, datetime):
        return f"{value:%H:%M} UTC"
    if name.endswith("_wh"):
        return f"{float(value) / 1000:.1f} kWh"
    return str(value)


async def report(
    conn: AsyncConnection,
    site_id: str,
    codes: set[AlarmCode],
    complaints: tuple[Complaint, ...],
    *,
    now: datetime,
) -> None:
    """Make the open alarms of these codes say exactly `complaints`: raise new ones, clear the rest.

    Each code has one reporter, so that nobody clears what another found.
    """
    for complaint in complaints:
        await raise_alarm(conn, site_id, complaint, now=now)
    found = {(complaint.code, complaint.station_id) for complaint in complaints}
    stale = [
        alarm.alarm_id
        for alarm in await open_alarms(conn, site_id)
        if alarm.code in codes and (alarm.code, alarm.station_id) not in found
    ]
    if stale:
        await conn.execute(update(table).where(table.c.alarm_id.in_(stale)).values(cleared_at=now))


async def raise_alarm(
    conn: AsyncConnection, site_id: str | None, complaint: Complaint, *, now: datetime
) -> None:
    """Open the alarm, or give the open one these words."""
    statement = insert(table).values(
        site_id=site_id,
        station_id=complaint.station_id,
        code=complaint.code,
        severity=complaint.severity,
        detail=complaint.detail,
        data=msgspec.to_builtins(dict(complaint.data)),
        raised_at=now,
    )
    await conn.execute(
        statement.on_conflict_do_update(
            index_elements=["site_id", "station_id", "code"],
            index_where=text("cleared_at IS NULL"),
            set_={
                "detail": statement.excluded.detail,
                "data": statement.excluded.data,
                "severity": statement.excluded.severity,
            },
        )
    )


async def open_alarms(conn: AsyncConnection, site_id: str) -> tuple[Alarm, ...]:
    """What is wrong at the site now, oldest first."""
    rows = await conn.execute(
        select(table)
        .where(table.c.site_id == site_id, table.c.cleared_at.is_(None))
        .order_by(table.c.alarm_id)
    )
    return tuple(Alarm(**row) for row in rows.mappings())


async def page(
    conn: AsyncConnection, site_id: str, *, before: int | None = None, limit: int = 100
) -> tuple[Alarm, ...]:
    """All alarms ever, newest first."""
    query = select(table).where(table.c.site_id == site_id)
    if before is not None:
        query = query.where(table.c.alarm_id < before)
    rows = await conn.execute(query.order_by(table.c.alarm_id.desc()).limit(limit))
    return tuple(Alarm(**row) for row in rows.mappings())
