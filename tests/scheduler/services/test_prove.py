"""Intervals are judged by the books alone: once, and anew for readings that come late."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.errors import StoreUnavailable
from csms.domain.ids import ChargingStationId, EvseId
from csms.domain.meter import ReadingFlag
from csms.store import commands
from csms.store import tables as csms
from scheduler.domain.proof import Deviation
from scheduler.domain.site import Control
from scheduler.planning.guard_types import EvseSetpoint
from scheduler.planning.profiles import dispatch
from scheduler.services.prove import is_due, prove_site
from scheduler.services.replan import Replanner
from scheduler.services.sweep import find_due
from scheduler.store import evidence, plans, sites
from scheduler.store import tables as scheduler
from scheduler.store.evidence import DueProof
from tests.scheduler.world import NOON, World, yard

pytestmark = pytest.mark.integration

STATION = "yard-01"


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@dataclass
class Books:
    """What a station and the hub would have written of one EVSE."""

    engine: AsyncEngine
    transaction_id: str
    version: int = 0

    async def meters(
        self, power_w: float, *, since: float, to: float, from_wh: float = 0.0,
        came_at: datetime | None = None, flags: tuple[str, ...] = (),
    ) -> float:  # fmt: skip
        """A reading each minute of [since, to]; returns what the register says then."""
        rows = [
            {
                "station_id": STATION, "evse_id": 1, "at": at(since + k),
                "context": "Sample.Periodic", "transaction_id": self.transaction_id,
                "received_at": came_at or at(since + k), "power_w": power_w,
                "import_wh": from_wh + power_w * k / 60, "export_wh": 0.0, "flags": list(flags),
            }
            for k in range(int(to - since) + 1)
        ]  # fmt: skip
        async with self.engine.begin() as conn:
            await conn.execute(insert(csms.meter_reading), rows)
        return rows[-1]["import_wh"]

    async def orders(
        self, setpoint_w: float, *, minute: float, lease_s: float = 3_600.0, **ended: Any
    ) -> None:
        """The controller's command, sent at once and ended as told."""
        self.version += 1
        wanted = EvseSetpoint(
            station_id=ChargingStationId(STATION), evse_id=EvseId(1), setpoint_w=setpoint_w
        )
        (command,) = dispatch([], [wanted], at(minute), lease_s, self.version)
        row = {"status": "confirmed", "sent_at": at(minute), "finished_at": at(minute), **ended}
        async with self.engine.begin() as conn:
            await commands.insert(conn, [command])
            mine = csms.command.c.command_id == command.command_id
            await conn.execute(update(csms.command).where(mine).values(row))

    async def judged(self) -> list[Any]:
        """The rows of the site, oldest first."""
        query = select(scheduler.proof).order_by(scheduler.proof.c.starts_at)
        async with self.engine.connect() as conn:
            return list(await conn.execute(query))


@pytest.fixture
async def books(world: World, engine: AsyncEngine) -> Books:
    await world.has_site(yard())
    await prove_site(engine, "yard", now=at(2))
    return Books(engine, await world.plugs_in(STATION, token="token-1", at=NOON, soc_pct=50.0))


async def test_an_interval_is_judged_once_it_is_over(books: Books) -> None:
    await books.orders(6_000.0, minute=0)
    await books.meters(6_000.0, since=0, to=13)
    assert await prove_site(books.engine, "yard", now=at(6.9)) == 0
    assert await prove_site(books.engine, "yard", now=at(13)) == 2
    assert await prove_site(books.engine, "yard", now=at(13)) == 0
    rows = await books.judged()
    assert [(row.starts_at, row.deviation) for row in rows] == [
        (at(0), Deviation.FOLLOWED), (at(5), Deviation.FOLLOWED),
    ]  # fmt: skip
    assert [row.import_wh for row in rows] == pytest.approx([500.0, 500.0])
    assert [(row.sent_w, row.confirmed_w, row.reading_count) for row in rows] == [
        (6_000.0, 6_000.0, 5)
    ] * 2


async def test_what_is_due_is_found_by_the_sweep(books: Books) -> None:
    assert (await find_due(books.engine, now=at(6.9))).prove == ()
    assert (await find_due(books.engine, now=at(7))).prove == ("yard",)
    await prove_site(books.engine, "yard", now=at(7))
    async with books.engine.connect() as conn:
        assert not await is_due(conn, "yard", at(7))


async def test_readings_that_come_late_have_their_intervals_judged_anew(books: Books) -> None:
    await books.orders(6_000.0, minute=0)
    counted_wh = await books.meters(6_000.0, since=0, to=2)
    await prove_site(books.engine, "yard", now=at(22))
    assert [row.deviation for row in await books.judged()] == [
        Deviation.METER_GAP, Deviation.METER_GAP, Deviation.METER_GAP, Deviation.METER_GAP,
    ]  # fmt: skip
    await books.meters(11_000.0, since=5, to=25, from_wh=counted_wh + 300, came_at=at(23))
    assert await prove_site(books.engine, "yard", now=at(27)) == 5
    rows = await books.judged()
    assert [row.deviation for row in rows] == [Deviation.FOLLOWED, *[Deviation.LIAR] * 4]
    assert sum(row.import_wh for row in rows) == pytest.approx(500 + 11_000 * 20 / 60)


async def test_what_was_missed_for_hours_is_caught_up_with_in_parts_that_stay(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted_wh = await books.meters(3_000.0, since=0, to=125)
    parts, stored = list[datetime](), evidence.due

    async def due(*asked: Any, until: datetime, **told: Any) -> tuple[DueProof, ...]:
        if len(parts) == 2:
            raise StoreUnavailable("away")
        parts.append(until)
        return await stored(*asked, until=until, **told)

    monkeypatch.setattr(evidence, "due", due)
    with pytest.raises(StoreUnavailable):
        await prove_site(books.engine, "yard", now=at(127))
    monkeypatch.undo()
    assert parts == [at(60), at(120)]
    assert len(await books.judged()) == 24
    assert await prove_site(books.engine, "yard", now=at(127)) == 1
    assert sum(row.import_wh for row in await books.judged()) == pytest.approx(counted_wh)


async def test_an_order_of_hours_ago_counts_while_its_lease_lasts(books: Books) -> None:
    async with books.engine.begin() as conn:
        await sites.save(conn, yard(control=Control(lease_s=10_800.0)), now=NOON)
    await books.orders(6_000.0, minute=0, lease_s=10_800.0)
    await books.meters(6_000.0, since=0, to=127)
    await prove_site(books.engine, "yard", now=at(127))
    assert {(row.sent_w, row.deviation) for row in await books.judged()} == {
        (6_000.0, Deviation.FOLLOWED)
    }


async def test_the_energy_of_a_gap_is_told_where_it_flowed(books: Books) -> None:
    """The station says nothing for 20 minutes and sends only what it has read since."""
    await books.meters(3_000.0, since=0, to=4)
    await prove_site(books.engine, "yard", now=at(12))
    await books.meters(3_000.0, since=24, to=28, from_wh=1_200.0)
    await prove_site(books.engine, "yard", now=at(27))
    rows = await books.judged()
    assert [row.import_wh for row in rows] == pytest.approx([250.0] * 5)


async def test_an_order_that_was_not_answered_and_not_followed_is_ignored(books: Books) -> None:
    await books.orders(6_000.0, minute=0)
    await books.orders(1_400.0, minute=5, status="unknown")
    await books.meters(6_000.0, since=0, to=13)
    await prove_site(books.engine, "yard", now=at(12))
    row = (await books.judged())[-1]
    assert row.deviation == Deviation.IGNORED
    assert (row.sent_w, row.confirmed_w) == (1_400.0, 6_000.0)


async def test_what_was_never_sent_binds_nobody(books: Books) -> None:
    await books.orders(6_000.0, minute=0)
    await books.orders(1_400.0, minute=0.5, status="refused", reason="version_outdated")
    await books.orders(1_400.0, minute=0.6, status="superseded", sent_at=None)
    await books.meters(6_000.0, since=0, to=13)
    await prove_site(books.engine, "yard", now=at(12))
    assert (await books.judged())[-1].sent_w == 6_000.0


async def test_the_read_back_of_an_order_is_the_composite_schedule(books: Books) -> None:
    told = {"status": "Accepted", "setpoint_w": 6_000.0, "composite_w": 3_000.0}
    await books.orders(6_000.0, minute=0, response=told)
    await books.meters(3_000.0, since=0, to=13)
    await prove_site(books.engine, "yard", now=at(12))
    row = (await books.judged())[-1]
    assert (row.composite_w, row.deviation) == (3_000.0, Deviation.LIMITED_ELSEWHERE)


async def test_a_station_whose_clock_is_off_is_judged_by_ours(books: Books) -> None:
    await books.orders(0.0, minute=0)
    await books.orders(6_000.0, minute=5)
    async with books.engine.begin() as conn:
        await conn.execute(update(csms.charging_station).values(clock_off_s=180.0))
    await books.meters(0.0, since=0, to=7)
    await books.meters(6_000.0, since=8, to=18)
    await prove_site(books.engine, "yard", now=at(12))
    assert {row.deviation for row in await books.judged()} == {Deviation.FOLLOWED}


async def test_a_station_whose_clock_is_behind_keeps_what_was_judged(books: Books) -> None:
    await books.orders(6_000.0, minute=0)
    async with books.engine.begin() as conn:
        await conn.execute(update(csms.charging_station).values(clock_off_s=-600.0))
    for minute in range(23):
        told = {"since": minute - 10, "to": minute - 10, "came_at": at(minute)}
        await books.meters(6_000.0, from_wh=100.0 * minute, **told)
        await prove_site(books.engine, "yard", now=at(minute))
    rows = await books.judged()
    assert [row.deviation for row in rows] == [Deviation.FOLLOWED] * 4
    assert [row.import_wh for row in rows] == pytest.approx([500.0] * 4)


async def test_what_the_csms_has_moved_to_when_it_came_stays_there(books: Books) -> None:
    """The station's clock is a quarter of an hour ahead."""
    await books.orders(6_000.0, minute=0)
    async with books.engine.begin() as conn:
        await conn.execute(update(csms.charging_station).values(clock_off_s=900.0))
    await books.meters(6_000.0, since=0, to=13, flags=(ReadingFlag.CLOCK_AHEAD.value,))
    await prove_site(books.engine, "yard", now=at(13))
    rows = await books.judged()
    assert [row.deviation for row in rows] == [Deviation.FOLLOWED] * 2
    assert [row.import_wh for row in rows] == pytest.approx([500.0] * 2)


async def test_the_plan_in_force_is_what_was_planned(books: Books) -> None:
    for minute in (0, 2):
        assert (
            await Replanner(engine=books.engine, now=lambda m=minute: at(m)).replan("yard")
            or minute
        )
    await books.meters(0.0, since=0, to=13)
    await prove_site(books.engine, "yard", now=at(12))
    async with books.engine.connect() as conn:
        newest = await plans.newest(conn, "yard")
    assert newest is not None
    rows = await books.judged()
    assert rows[-1].planned_w == pytest.approx(float(newest.plan.evses[0].setpoint_w[0]))


async def test_after_its_end_a_transaction_has_no_intervals(books: Books) -> None:
    await books.meters(3_000.0, since=0, to=7)
    await prove_site(books.engine, "yard", now=at(12))
    assert len(await books.judged()) == 2
    async with books.engine.begin() as conn:
        await conn.execute(update(csms.transaction).values(ended_at=at(7)))
    await books.meters(0.0, since=14, to=14, from_wh=350.0)
    await prove_site(books.engine, "yard", now=at(17))
    rows = await books.judged()
    assert [(row.starts_at, row.duration_s) for row in rows] == [(at(0), 300.0), (at(5), 120.0)]
