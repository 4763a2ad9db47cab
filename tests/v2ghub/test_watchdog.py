"""Alive is not well, and an engine that is away is nobody else's fault."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from v2ghub.process import Process, ProcessSpec, Status
from v2ghub.signs import Signs
from v2ghub.watchdog import Outlook, Watchdog, watch

START = datetime(2026, 3, 24, tzinfo=UTC)
LATER = START + timedelta(minutes=5)
NAMES = ("csms", "web", "worker", "beat", "controller:depot", "postgres")
FRESH = dict.fromkeys(("csms", "worker", "controller:depot"), LATER - timedelta(seconds=2))
OLD = LATER - timedelta(seconds=46)


async def never(_started_at: datetime) -> bool:
    return False


def process(name: str, status: Status = Status.RUNNING, since: datetime = START) -> Process:
    spec = ProcessSpec(name=name, command=("true",), environment={}, ready=never)
    return Process(spec, Path("/dev/null"), lambda one: None, status=status, since=since)


def outlook(signs: Mapping[str, datetime] | None, now: datetime = LATER, **away: bool) -> Outlook:
    return Outlook(
        now=now,
        signs=signs,
        broker_answers=not away.get("broker", False),
        web_answers=not away.get("web", False),
    )


def blamed(seen: Outlook, *processes: Process) -> list[str]:
    return [one.spec.name for one in Watchdog().silent(processes, seen)]


@pytest.mark.parametrize(
    ("seen", "names"),
    [
        (outlook(FRESH), []),
        (outlook({**FRESH, "worker": OLD}), ["worker", "beat"]),
        (outlook({**FRESH, "controller:depot": OLD}), ["controller:depot"]),
        (outlook({**FRESH, "worker": OLD}, broker=True), []),
        (outlook({**FRESH, "csms": OLD}, broker=True), ["csms"]),
        (outlook(None), []),
    ],
    ids=["all well", "no work", "no control", "broker away", "csms mute", "database away"],
)
def test_who_is_blamed(seen: Outlook, names: list[str]) -> None:
    assert blamed(seen, *map(process, NAMES)) == names


@pytest.mark.parametrize(
    ("away", "named"),
    [({"signs": None}, ["csms", "worker"]), ({"signs": FRESH, "broker": True}, ["worker"])],
    ids=["database", "broker"],
)
def test_after_an_engine_was_away_its_users_are_given_time_for_a_sign(
    away: dict[str, Any], named: list[str]
) -> None:
    watchdog, processes = Watchdog(), list(map(process, named))
    old = dict.fromkeys(("csms", "worker"), OLD)
    assert not watchdog.silent(processes, outlook(**away))
    times = [LATER + timedelta(seconds=seconds) for seconds in (5, 25, 44, 46)]
    told = [watchdog.silent(processes, outlook(old, now)) for now in times]
    assert [len(one) for one in told] == [0, 0, 0, len(named)]


def test_after_a_machine_slept_nobody_is_blamed_at_once() -> None:
    watchdog, csms = Watchdog(), process("csms")
    assert not watchdog.silent([csms], outlook(FRESH))
    morning = LATER + timedelta(hours=8)
    assert not watchdog.silent([csms], outlook(FRESH, morning))
    later = [morning + timedelta(seconds=seconds) for seconds in (20, 40, 46)]
    told = [watchdog.silent([csms], outlook(FRESH, now)) for now in later]
    assert [bool(one) for one in told] == [False, False, True]


async def test_a_look_that_fails_is_told_and_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("v2ghub.watchdog.LOOK_EVERY_S", 0.0)
    told: asyncio.Queue[str] = asyncio.Queue()

    class Blind:
        async def last(self) -> None:
            raise RuntimeError("a table that is not there")

    watching = asyncio.create_task(watch([], cast("Signs", Blind()), told.put_nowait))
    async with asyncio.timeout(5):
        assert "a table that is not there" in await told.get()
        assert "a table that is not there" in await told.get()
    watching.cancel()


async def test_it_ends_when_told_also_where_a_library_swallows_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("v2ghub.watchdog.LOOK_EVERY_S", 0.0)
    asked = asyncio.Event()

    class Deaf:
        async def last(self) -> dict[str, datetime]:
            return FRESH

        async def broker_answers(self) -> bool:
            asked.set()
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            return True

        async def web_answers(self) -> bool:
            return True

    watching = asyncio.create_task(watch([], cast("Signs", Deaf()), print))
    await asked.wait()
    watching.cancel()
    async with asyncio.timeout(5):
        await watching


def test_a_process_that_started_a_moment_ago_is_given_time() -> None:
    mute = outlook({**FRESH, "csms": OLD})
    assert not blamed(mute, process("csms", since=LATER - timedelta(seconds=30)))
    assert not blamed(mute, process("csms", Status.STARTING))


def test_web_is_blamed_after_it_has_not_answered_for_a_while() -> None:
    watchdog, web = Watchdog(), process("web")
    times = [LATER + timedelta(seconds=seconds) for seconds in (0, 20, 40, 44, 46)]
    told = [watchdog.silent([web], outlook(FRESH, now, web=True)) for now in times]
    assert [bool(one) for one in told] == [False, False, False, False, True]
    assert not watchdog.silent([web], outlook(FRESH, times[-1]))
