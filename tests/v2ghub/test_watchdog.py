"""Alive is not well, and an engine that is away is nobody else's fault."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from v2ghub.process import Process, ProcessSpec, Status
from v2ghub.watchdog import Outlook, Watchdog

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


def test_a_process_that_started_a_moment_ago_is_given_time() -> None:
    mute = outlook({**FRESH, "csms": OLD})
    assert not blamed(mute, process("csms", since=LATER - timedelta(seconds=30)))
    assert not blamed(mute, process("csms", Status.STARTING))


def test_web_is_blamed_after_it_has_not_answered_for_a_while() -> None:
    watchdog, web = Watchdog(), process("web")
    times = [LATER + timedelta(seconds=seconds) for seconds in (0, 40, 44, 46)]
    told = [watchdog.silent([web], outlook(FRESH, now, web=True)) for now in times]
    assert [bool(one) for one in told] == [False, False, False, True]
    assert not watchdog.silent([web], outlook(FRESH, times[-1]))
