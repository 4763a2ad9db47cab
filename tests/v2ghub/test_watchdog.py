"""Alive is not well, and an engine that is away is nobody else's fault."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from v2ghub.process import Process, ProcessSpec, Status
from v2ghub.watchdog import Watchdog

GOOD = {"database": True, "valkey": True, "csms": True, "worker": True, "controller:depot": True}


async def never() -> bool:
    return False


def process(name: str, status: Status = Status.RUNNING) -> Process:
    spec = ProcessSpec(name=name, command=("true",), environment={}, ready=never)
    return Process(spec, Path("/dev/null"), lambda one: None, status=status, pid=7)


def blamed(checks: Mapping[str, bool] | None, *processes: Process) -> list[str]:
    """Who is killed when `checks` hold for a minute."""
    watchdog = Watchdog(silent_s=45)
    found = [watchdog.silent(processes, checks, now_s) for now_s in (0.0, 44.0, 60.0)]
    assert not found[0]
    assert not found[1]
    return [one.spec.name for one in found[2]]


@pytest.mark.parametrize(
    ("checks", "names"),
    [
        (GOOD, []),
        ({**GOOD, "worker": False}, ["worker", "beat"]),
        ({**GOOD, "controller:depot": False}, ["controller:depot"]),
        ({**GOOD, "worker": False, "valkey": False}, []),
        ({**GOOD, "worker": False, "csms": False, "database": False}, []),
        (None, ["web"]),
    ],
    ids=["all well", "no work", "no control", "valkey away", "database away", "web mute"],
)
def test_who_is_blamed(checks: Mapping[str, bool] | None, names: list[str]) -> None:
    running = [process(name) for name in ("csms", "web", "worker", "beat", "controller:depot")]
    assert blamed(checks, *running) == names


def test_a_process_that_starts_is_given_time() -> None:
    assert not blamed({**GOOD, "csms": False}, process("csms", Status.STARTING))


def test_one_sign_of_life_clears_the_account() -> None:
    watchdog, one = Watchdog(silent_s=45), process("csms")
    mute = {**GOOD, "csms": False}
    told = [
        watchdog.silent([one], c, s) for c, s in ((mute, 0), (GOOD, 40), (mute, 50), (mute, 90))
    ]
    assert not any(told)
