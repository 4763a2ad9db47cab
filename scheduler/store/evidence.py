"""Rows ⇄ Evidence: what the books hold of EVSEs whose intervals are to be judged.

The csms tables are read only. A register is folded as the ledger folds it, so a reset or a glitch
is no energy here either; times of a station whose clock is known to be off are put right, but for
those that the csms has moved to when they came.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.commands import CommandStatus
from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from csms.domain.meter import ReadingContext, ReadingFlag
from csms.domain.registers import NO_SAMPLES, UNKNOWN_W, RegisterSample
from scheduler.domain.proof import Evidence, Metered, PlannedStep, SentOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class DueProof:
    """A transaction whose intervals from `since` on are to be judged, with its place's bounds."""

    station_id: ChargingStationId
    evse_id: EvseId
    transaction_id: TransactionId
    started_at: datetime
    ended_at: datetime | None
    since: datetime
    floor_w: float
    min_charge_w: float
    max_charge_w: float
    max_discharge_w: float
    sample_interval_s: int
    limited_at: datetime | None


_DUE = text("""
WITH heard AS (
    SELECT station_id, evse_id, min(at) AS first_at FROM csms.meter_reading
    WHERE received_at > :heard_at AND at >= :oldest AND at < :until GROUP BY station_id, evse_id
), running AS (
    SELECT place.station_id, place.evse_id, ran.transaction_id, ran.started_at, ran.ended_at,
        GREATEST(:oldest, LEAST(cast(:judged_until AS timestamptz), LEAST((
            SELECT max(before.at) FROM csms.meter_reading before
            WHERE before.station_id = heard.station_id AND before.evse_id = heard.evse_id
                AND before.at >= :oldest AND before.at < heard.first_at
        ), heard.first_at) - make_interval(secs => coalesce(station.clock_off_s, 0)))) AS since,
        coalesce(station.floor_w, 0) AS floor_w, place.min_charge_w, place.max_charge_w,
        place.max_discharge_w, coalesce(station.sample_interval_s, 60) AS sample_interval_s,
        (SELECT min(one.at) FROM csms.charging_limit one
            WHERE one.station_id = place.station_id AND one.evse_id IN (0, place.evse_id)
                AND one.in_force) AS limited_at
    FROM scheduler.site_evse place
    JOIN csms.transaction ran
        ON ran.station_id = place.station_id AND ran.evse_id = place.evse_id
    LEFT JOIN csms.charging_station station ON station.station_id = place.station_id
    LEFT JOIN heard ON heard.station_id = place.station_id AND heard.evse_id = place.evse_id
    WHERE place.site_id = :site_id AND ran.started_at < :until
        AND (ran.ended_at IS NULL OR ran.ended_at > :oldest)
) SELECT * FROM running WHERE since < :until AND (ended_at IS NULL OR ended_at >= since)
ORDER BY since, station_id, evse_id, started_at, transaction_id""")

_PLACES = """unnest(cast(:stations AS text[]), cast(:evses AS int[]), cast(:transactions AS text[]),
    cast(:sinces AS timestamptz[])) WITH ORDINALITY
    AS due(station_id, evse_id, transaction_id, since, number)"""

# From the reading before `since` to the first an hour after `until`: a register may be told less
# often than the power. A clock that is off has told of an instant by another time.
_READINGS = text(f"""
SELECT due.number, told.at - make_interval(secs => CASE
        WHEN '{ReadingFlag.CLOCK_AHEAD.value}' = ANY(told.flags) THEN 0
        ELSE coalesce(station.clock_off_s, 0) END) AS at,
    told.context, told.power_w, told.import_wh, told.export_wh, told.soc_pct
FROM {_PLACES}
JOIN csms.charging_station station ON station.station_id = due.station_id
CROSS JOIN LATERAL (
    SELECT due.since + make_interval(secs => least(station.clock_off_s, 0)) AS since,
        cast(:until AS timestamptz) + make_interval(
            hours => 1, secs => greatest(station.clock_off_s, 0)) AS until
) own
CROSS JOIN LATERAL (
    SELECT one.* FROM csms.meter_reading one
    WHERE one.station_id = due.station_id AND one.evse_id = due.evse_id
        AND coalesce(one.transaction_id, due.transaction_id) = due.transaction_id
        AND one.at >= coalesce((
            SELECT max(before.at) FROM csms.meter_reading before
            WHERE before.station_id = due.station_id AND before.evse_id = due.evse_id
                AND before.at <= own.since), own.since)
        AND one.at <= coalesce((
            SELECT min(later.at) FROM csms.meter_reading later
            WHERE later.station_id = due.station_id AND later.evse_id = due.evse_id
                AND later.at >= own.until), own.until)
) told ORDER BY due.number, at, told.context""")

# A refusal in our own words, without an answer, was never sent.
_ORDERS = text(f"""
SELECT due.number, told.sent_at, told.payload, told.status, told.finished_at, told.response
FROM {_PLACES}
JOIN csms.command told ON told.station_id = due.station_id AND told.evse_id = due.evse_id
WHERE told.kind = 'SetSetpoint' AND told.sent_at IS NOT NULL
    AND told.created_at > due.since - cast(:leases_last AS interval) AND told.created_at < :until
    AND NOT (told.status = 'refused' AND told.response IS NULL AND told.reason ~ '^[a-z_]+$')
ORDER BY due.number, told.sent_at, told.version""")

_PLANS = text("""
SELECT plan_id, made_at, starts_at, slot_s, lead(made_at) OVER (ORDER BY version) AS replaced_at
FROM scheduler.plan WHERE site_id = :site_id AND made_at < :until AND made_at >= coalesce((
    SELECT max(made_at) FROM scheduler.plan WHERE site_id = :site_id AND made_at <= :since
), :since) ORDER BY version""")

_SETPOINTS = text(f"""
SELECT due.number, own.plan_id, own.setpoint_w[cast(:first AS int) : cast(:last AS int)] AS slots_w
FROM {_PLACES}
JOIN scheduler.plan_setpoint own ON own.plan_id = :plan_id AND own.station_id = due.station_id
    AND own.evse_id = due.evse_id AND own.transaction_id = due.transaction_id
ORDER BY due.number""")


async def due(
    conn: AsyncConnection,
    site_id: str,
    *,
    judged_until: datetime,
    heard_at: datetime,
    oldest: datetime,
    until: datetime,
) -> tuple[DueProof, ...]:
    """The transactions that ran after `judged_until`, and those of which readings came after
    `heard_at` that are older: these from the reading before them on, for the energy up to it was a
    guess. None from before `oldest`."""
    asked = {
        "site_id": site_id, "judged_until": judged_until, "heard_at": heard_at, "oldest": oldest,
        "until": until,
    }  # fmt: skip
    return tuple(DueProof(**row) for row in (await conn.execute(_DUE, asked)).mappings())


async def of(
    conn: AsyncConnection,
    site_id: str,
    wanted: Sequence[DueProof],
    *,
    until: datetime,
    leases_last: timedelta,
) -> list[Evidence]:
    """The evidence of each, in their order; `leases_last`: none is longer."""
    places = {
        "stations": [one.station_id for one in wanted],
        "evses": [one.evse_id for one in wanted],
        "transactions": [one.transaction_id for one in wanted],
        "sinces": [one.since for one in wanted],
    }
    readings = await _by_number(conn, _READINGS, places | {"until": until})
    orders = await _by_number(conn, _ORDERS, places | {"leases_last": leases_last, "until": until})
    planned = await _planned(conn, site_id, places, until)
    return [
        Evidence(
            station_id=one.station_id,
            evse_id=one.evse_id,
            transaction_id=one.transaction_id,
            begins_at=one.started_at,
            ends_at=one.ended_at,
            floor_w=one.floor_w,
            min_charge_w=one.min_charge_w,
            max_charge_w=one.max_charge_w,
            max_discharge_w=one.max_discharge_w,
            sample_interval_s=float(one.sample_interval_s),
            orders=tuple(_order(row) for row in orders.get(number, [])),
            metered=_metered(readings.get(number, [])),
            planned=tuple(planned.get(number, [])),
            limited_at=one.limited_at,
        )
        for number, one in enumerate(wanted, 1)
    ]


async def _by_number(
    conn: AsyncConnection, query: TextClause, asked: dict[str, Any]
) -> dict[int, list[RowMapping]]:
    rows = (await conn.execute(query, asked)).mappings()
    return {number: list(own) for number, own in groupby(rows, key=lambda row: row["number"])}


def _order(row: RowMapping) -> SentOrder:
    payload, told = row["payload"], row["response"] or {}
    return SentOrder(
        sent_at=row["sent_at"],
        until=datetime.fromisoformat(payload["until"]),
        setpoint_w=payload["setpoint_w"],
        status=CommandStatus(row["status"]),
        done_at=row["finished_at"],
        set_w=told.get("setpoint_w"),
        composite_w=told.get("composite_w"),
    )


def _metered(rows: Sequence[RowMapping]) -> tuple[Metered, ...]:
    """Readings with what the registers had counted since the first of them."""
    imported = dict(_course(rows, "import_wh", 1.0))
    exported = dict(_course(rows, "export_wh", -1.0))
    return tuple(
        Metered(
            at=row["at"],
            imported_wh=imported.get(row["at"]),
            exported_wh=exported.get(row["at"]),
            power_w=row["power_w"],
            soc_pct=row["soc_pct"],
        )
        for row in rows
    )


def _course(rows: Sequence[RowMapping], name: str, sign: float) -> Iterator[tuple[datetime, float]]:
    samples = []
    for row in rows:
        if row[name] is not None:
            power_w = UNKNOWN_W if row["power_w"] is None else max(sign * row["power_w"], 0.0)
            context = ReadingContext(row["context"])
            samples.append(RegisterSample.of(row["at"], context, row[name], power_w))
    return NO_SAMPLES.read(samples).course()


async def _planned(
    conn: AsyncConnection, site_id: str, places: dict[str, Any], until: datetime
) -> dict[int, list[PlannedStep]]:
    """What each plan in its turn had for each: only the slots in which it was in force."""
    since = min(places["sinces"])
    plans = await conn.execute(_PLANS, {"site_id": site_id, "since": since, "until": until})
    steps: dict[int, list[PlannedStep]] = {}
    for plan in plans.mappings().all():
        begins_at = max(plan["made_at"], since)
        ends_at = min(plan["replaced_at"] or until, until)
        slot_s, starts_at = plan["slot_s"], plan["starts_at"]
        first = max(0, int((begins_at - starts_at).total_seconds() // slot_s))
        last = max(first, int((ends_at - starts_at).total_seconds() // slot_s))
        asked = {"plan_id": plan["plan_id"], "first": first + 1, "last": last + 1}
        known = await _by_number(conn, _SETPOINTS, places | asked)
        for number in range(1, len(places["stations"]) + 1):
            own = steps.setdefault(number, [])
            if number not in known:
                own.append(PlannedStep(at=begins_at, setpoint_w=None))
                continue
            slots_w = known[number][0]["slots_w"]
            for slot, setpoint_w in enumerate(slots_w, first):
                at = max(begins_at, starts_at + timedelta(seconds=slot_s * slot))
                own.append(PlannedStep(at=at, setpoint_w=setpoint_w))
            over_at = starts_at + timedelta(seconds=slot_s * (first + len(slots_w)))
            if over_at < ends_at:
                own.append(PlannedStep(at=max(begins_at, over_at), setpoint_w=None))
    return steps
