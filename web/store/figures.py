"""The figures of /metrics: each a few labelled numbers, read when they are scraped."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.store.heartbeat import real_now
from csms.store.tables import charging_station, command, outbox, process_heartbeat, transaction
from scheduler.store.tables import alarm, plan, site, site_evse, site_reading

Samples = Sequence[tuple[tuple[str, ...], float]]
Figures = dict[str, Samples]
Query = Select[*tuple[Any, ...]]

PARTS = ("grid_w", "load_w", "solar_w", "wind_w", "store_w", "fleet_charge_w", "fleet_discharge_w")


async def figures(conn: AsyncConnection, now: datetime) -> Figures:
    """All figures; `now` is site time, heartbeats are of real time."""
    found: Figures = {
        "stations": await _labelled(conn, _stations()),
        "open_transactions": await _labelled(conn, _open_transactions()),
        "commands": await _labelled(conn, _commands(now - timedelta(hours=1))),
        "alarms": await _labelled(conn, _alarms()),
        "outbox_unpublished": await _labelled(conn, _unpublished()),
        "heartbeat_age_s": await _ages(conn, _heartbeats(), await real_now(conn)),
    }
    return found | await _sites(conn, now)


async def _labelled(conn: AsyncConnection, query: Query) -> Samples:
    rows = await conn.execute(query)
    return [(tuple(str(label) for label in labels), float(value)) for *labels, value in rows]


async def _ages(conn: AsyncConnection, query: Query, now: datetime) -> Samples:
    rows = await conn.execute(query)
    return [((str(label),), (now - at).total_seconds()) for label, at in rows]


def _stations() -> Query:
    connected = cast(charging_station.c.connected, Text)
    return select(connected, func.count()).group_by(connected)


def _open_transactions() -> Query:
    at_site = (
        select(func.min(site_evse.c.site_id))
        .where(site_evse.c.station_id == transaction.c.station_id)
        .scalar_subquery()
    )
    query = select(func.coalesce(at_site, "").label("site"), func.count())
    return query.where(transaction.c.ended_at.is_(None)).group_by("site")


def _commands(since: datetime) -> Query:
    query = select(command.c.status, func.count()).where(command.c.created_at >= since)
    return query.group_by(command.c.status)


def _alarms() -> Query:
    labels = (func.coalesce(alarm.c.site_id, "").label("site"), alarm.c.severity)
    return select(*labels, func.count()).where(alarm.c.cleared_at.is_(None)).group_by(*labels)


def _unpublished() -> Query:
    return select(func.count()).where(outbox.c.published_at.is_(None))


def _heartbeats() -> Query:
    return select(process_heartbeat.c.process, process_heartbeat.c.at)


async def _sites(conn: AsyncConnection, now: datetime) -> Figures:
    """Per site: the newest reading, and the newest plan with what came after it."""
    newest_reading = (
        select(site_reading)
        .where(site_reading.c.site_id == site.c.site_id)
        .order_by(site_reading.c.at.desc())
        .limit(1)
        .lateral()
    )
    newest_plan = (
        select(plan.c.made_at, plan.c.solve_s, plan.c.as_of_outbox_id)
        .where(plan.c.site_id == site.c.site_id)
        .order_by(plan.c.version.desc())
        .limit(1)
        .lateral()
    )
    newest_outbox = select(func.coalesce(func.max(outbox.c.outbox_id), 0)).scalar_subquery()
    behind = newest_outbox - func.coalesce(newest_plan.c.as_of_outbox_id, 0)
    readings = await conn.execute(select(newest_reading).select_from(site, newest_reading))
    plans = await conn.execute(
        select(site.c.site_id, newest_plan, behind.label("behind")).select_from(site, newest_plan)
    )
    found: dict[str, list[tuple[tuple[str, ...], float]]] = {
        "power_w": [], "reading_age_s": [], "plan_age_s": [], "plan_solve_s": [],
        "outbox_unplanned": [],
    }  # fmt: skip
    for row in readings.mappings():
        here = row["site_id"]
        found["reading_age_s"].append(((here,), (now - row["at"]).total_seconds()))
        known = [part for part in PARTS if row[part] is not None]
        found["power_w"] += [((here, part.removesuffix("_w")), row[part]) for part in known]
    for row in plans.mappings():
        here = row["site_id"]
        found["plan_age_s"].append(((here,), (now - row["made_at"]).total_seconds()))
        found["plan_solve_s"].append(((here,), row["solve_s"]))
        found["outbox_unplanned"].append(((here,), float(row["behind"])))
    return dict(found)
