"""The rehearsal itself: it finds nothing where nothing is broken, and what is broken it finds."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from csms import commands as desk
from csms.domain.errors import StoreUnavailable
from csms.domain.facts import Fact, TransactionEventStored, TransactionProjected
from csms.store.claims import SETPOINTS_SENT
from scheduler import controller
from scheduler.domain.signal import SignalKind
from scheduler.planning.guard import guard
from scheduler.planning.guard_types import GuardInput, GuardResult
from scheduler.services import cycle
from scheduler.services.accept_signal import SignalRequest
from scheduler.store.plans import StoredPlan
from v2ghub.rehearse import statements
from v2ghub.rehearse.database import MemoryJournal
from v2ghub.rehearse.nemesis import barrages
from v2ghub.rehearse.options import Options
from v2ghub.rehearse.outside import accept
from v2ghub.rehearse.run import Rehearsal, Report, rehearse
from v2ghub.rehearse.site_books import MemoryPage
from v2ghub.rehearse.tables import Tables

MORNING = datetime(2026, 3, 24, 9, 30, tzinfo=UTC)  # most who come today are there
SMALL = Options(seed=7, stations=5, first=MORNING, hours=0.1, barrage_s=240.0, calm_s=10.0)
Course = Callable[[Rehearsal], Awaitable[None]]


def rules(report: Report) -> set[str]:
    return {breach.rule for breach in report.breaches}


async def a_quiet_while(rehearsal: Rehearsal) -> None:
    await asyncio.sleep(200)


def test_a_barrage_of_faults_breaks_nothing_and_comes_again_by_its_seed() -> None:
    report = barrages(SMALL)
    assert [str(breach) for breach in report.breaches] == [], SMALL.command
    assert report.figures["faults"] > 0
    assert report.figures["acknowledged"] > 0
    assert report.figures["setpoints"] > 0
    again = barrages(SMALL)
    assert (again.digest, again.figures) == (report.digest, report.figures)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(600):
        while not holds():  # noqa: ASYNC110 - nobody waits in virtual time
            await asyncio.sleep(1)


async def an_old_plan_comes_late(rehearsal: Rehearsal) -> None:
    """Somebody writes a setpoint again that was ordered long before."""
    await asyncio.sleep(150)
    first: dict[str, Any] = {}
    rehearsal.database.tables.ordered = lambda command: (
        first.setdefault(command.station_id, command),
        rehearsal.judge.ordered(command),
    )[1]
    await until(lambda: len(first) > 0)
    old = next(iter(first.values()))
    evse = rehearsal.database.tables.evse((old.station_id, 1))
    await until(lambda: (evse.setpoint_version or 0) > old.version)
    await until(lambda: evse.setpoint_status == "confirmed")
    tables = rehearsal.database.tables
    tables.known_commands.discard(old.command_id)
    tables.ask(replace(old, deadline_at=rehearsal.world.now.replace(year=2027)))
    rehearsal.hints.wake(old.station_id)
    await asyncio.sleep(10)
    assert old.command_id not in tables.commands


def unfenced(
    tables: Tables,
    stations: list[str],
    evse_ids: list[int],
    now: datetime,
    versions: list[int | None],
) -> list[dict[str, str | int]]:
    """Any version may follow any other."""
    places = list(zip(stations, evse_ids, strict=True))
    for place, version in zip(places, versions, strict=True):
        tables.evse(place).setpoint_version = version
    return [{"station_id": station_id, "evse_id": evse_id} for station_id, evse_id in places]


@pytest.mark.parametrize("fenced", [True, False], ids=["fenced", "without the fence"])
def test_an_old_setpoint_is_only_heard_without_the_fence(
    fenced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not fenced:
        monkeypatch.setattr(desk, "_fence", lambda command, target: None)
        monkeypatch.setitem(statements.STATEMENTS, SETPOINTS_SENT, unfenced)
    report = rehearse(SMALL, an_old_plan_comes_late)
    assert rules(report) == (set() if fenced else {"fence"})


async def the_next_one_comes(rehearsal: Rehearsal) -> None:
    """Somebody leaves while his vehicle gives power back, and one with an empty battery comes."""
    stations, tables = rehearsal.world.stations, rehearsal.database.tables
    await asyncio.sleep(150)
    (station, *_) = [
        one for one in stations.values()
        if one.spec.max_discharge_w and one.evse.transaction is not None
    ]  # fmt: skip
    station_id = station.spec.station_id
    evse = tables.evse((station_id, 1))
    evse.setpoint_w, evse.setpoint_status = -5_000.0, "confirmed"
    evse.setpoint_at = rehearsal.clock("csms").now()
    evse.setpoint_until = evse.setpoint_at + timedelta(seconds=900)
    station.unplug(rehearsal.world.now)
    await asyncio.sleep(5)
    visit = rehearsal.outside.visit(station_id, rehearsal.world.now, came_ratio=0.15)
    rehearsal.world.fleet.expect(visit)
    await until(lambda: evse.transaction_id is not None)
    await asyncio.sleep(10)
    assert evse.setpoint_at < rehearsal.clock("csms").now()


def test_a_vehicle_is_not_offered_the_lease_of_the_one_before() -> None:
    assert rules(rehearse(SMALL, the_next_one_comes)) == set()


def test_a_csms_that_answers_before_it_stores_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = MemoryJournal.commit

    async def forgetful(self: MemoryJournal, facts: Sequence[Fact]) -> None:
        kept = [fact for fact in facts if not isinstance(fact, TransactionEventStored)]
        await honest(self, kept)

    monkeypatch.setattr(MemoryJournal, "commit", forgetful)
    assert "ledger" in rules(rehearse(SMALL, a_quiet_while))


def test_a_guard_that_holds_no_limit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def generous(given: GuardInput) -> GuardResult:
        result = guard(given)
        most = {one.station_id: one.max_charge_w for one in given.evses}
        evses = tuple(replace(e, setpoint_w=most[e.station_id]) for e in result.evses)
        return replace(result, evses=evses)

    monkeypatch.setattr(controller, "guard", generous)
    assert "breaker" in rules(rehearse(SMALL, a_quiet_while))


async def everybody_leaves(rehearsal: Rehearsal) -> None:
    await asyncio.sleep(150)
    for station in rehearsal.world.stations.values():
        station.unplug(rehearsal.world.now)
    await asyncio.sleep(30)
    rehearsal.judge.close_books()
    assert rehearsal.judge.settled_wh, "some books were closed"


@pytest.mark.parametrize("honest", [True, False])
def test_books_that_do_not_balance_are_found(honest: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Tables.store

    def padded(self: Tables, facts: list[Fact]) -> None:
        told = [
            msgspec.structs.replace(fact, imported_wh=fact.imported_wh + 50.0)
            if isinstance(fact, TransactionProjected)
            else fact
            for fact in facts
        ]
        store(self, told)

    if not honest:
        monkeypatch.setattr(Tables, "store", padded)
    assert rules(rehearse(SMALL, everybody_leaves)) == (set() if honest else {"energy"})


def test_a_controller_that_clings_to_a_plan_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def the_first(self: MemoryPage, known: StoredPlan | None) -> StoredPlan | None:
        return known or self.tables.plan

    monkeypatch.setattr(MemoryPage, "plan", the_first)

    async def two_plans(rehearsal: Rehearsal) -> None:
        plan = rehearsal.database.tables
        await until(lambda: plan.plan is not None and plan.plan.head.version > 1)
        await asyncio.sleep(15)

    assert rules(rehearse(SMALL, two_plans)) == {"plan"}


def test_a_hub_that_stays_away_once_all_is_healed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = Rehearsal.begin_csms

    def only_once(self: Rehearsal) -> None:
        if "csms" not in self.lives:
            begin(self)

    monkeypatch.setattr(Rehearsal, "begin_csms", only_once)
    rates = {"csms_killed": 60.0}
    report = barrages(replace(SMALL, rates_per_hour=rates))
    assert {breach.detail.split()[0] for breach in report.breaches if breach.rule == "converge"}


def test_a_guard_that_knows_no_floor_of_batteries_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cycle, "spare_of", lambda live, demand, now: 60_000.0)

    async def near_the_floor(rehearsal: Rehearsal) -> None:
        await asyncio.sleep(150)
        site, now = rehearsal.site, rehearsal.world.now
        for station in rehearsal.world.stations.values():
            occupant = station.evse.occupant
            if occupant is not None:
                floor_ratio = site.control.v2g_floor_soc_pct / 100
                occupant.vehicle.energy_wh = floor_ratio * occupant.vehicle.spec.capacity_wh
        asked = SignalRequest(
            site_id=site.site_id, operator="grid", external_id="give", revision=1, priority=0,
            kind=SignalKind.INSTRUCTION, site_power_w=-site.grid_connection.export_limit_w,
            starts_at=now, ends_at=now + timedelta(minutes=30),
        )  # fmt: skip
        assert accept(rehearsal.database.tables, site, asked, now) is None
        await until(lambda: rehearsal.judge.breaches != [])

    assert "floor" in rules(rehearse(SMALL, near_the_floor))


def test_a_csms_that_does_not_come_back_is_found() -> None:
    async def for_ever(rehearsal: Rehearsal) -> None:
        await asyncio.sleep(150)
        rehearsal.network.serve = None
        rehearsal.network.abandon(told=True)
        await rehearsal.kill("csms")
        await asyncio.sleep(30)
        away = [rehearsal.judge.unsettled(one) for one in rehearsal.world.stations]
        assert all(away), "a station agrees with a hub that is not there"

    assert rules(rehearse(SMALL, for_ever)) == set()


def test_nobody_is_answered_while_the_database_is_away() -> None:
    async def outage(rehearsal: Rehearsal) -> None:
        await asyncio.sleep(150)
        before = rehearsal.judge.acknowledged
        rehearsal.database.away = True
        await asyncio.sleep(1)
        rehearsal.judge.acknowledged = 0
        await asyncio.sleep(60)
        assert before
        assert rehearsal.judge.acknowledged == 0
        rehearsal.database.away = False
        await asyncio.sleep(40)
        assert rehearsal.judge.acknowledged
        assert {rehearsal.judge.unsettled(one) for one in rehearsal.world.stations} == {None}

    assert rules(rehearse(SMALL, outage)) == set()


def test_a_process_that_was_killed_stores_nothing_more() -> None:
    async def ghost(rehearsal: Rehearsal) -> None:
        life = rehearsal.lives["csms"]
        await rehearsal.kill("csms")
        with pytest.raises(StoreUnavailable):
            await rehearsal.database.do(life, lambda tables: tables.outbox.append(("Ghost", "")))
        assert ("Ghost", "") not in rehearsal.database.tables.outbox

    assert rules(rehearse(SMALL, ghost)) == set()
