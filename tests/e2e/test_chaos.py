"""Two hundred kills in one run, with no regard to what has come back since the last: every process
of the hub, and the stations' side stands still now and then as if its network were cut.

`make chaos` runs it; `test_midday` is its short form. Judged by the records of plant and stations.
"""

import os
import random
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.e2e.hub import Hub, until
from tests.e2e.judge import (
    beyond_breaker,
    energy_off,
    gave_below_floor,
    over_circuits,
    sent_out_of_order,
)
from tests.e2e.test_midday import VICTIMS, acknowledged, behind, plan_made_at, stored

LONG = os.environ.get("V2GHUB_CHAOS") == "long"
KILLS = int(os.environ.get("V2GHUB_CHAOS_KILLS", "200"))
SEED = int(os.environ.get("V2GHUB_CHAOS_SEED", "1"))
CUT_OFF_S = 3.0
HEALED_WITHIN_S = 30.0

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.chaos,
    pytest.mark.skipif(not LONG, reason="make chaos runs it"),
    pytest.mark.timeout(7200),
]


@pytest.fixture(scope="module")
def demo_arguments() -> list[str]:
    return ["--start", "2026-03-24T08:00"]


def strike(hub: Hub, kind: str, chance: random.Random) -> str | None:
    """Kill one process of the kind, or cut the stations off; its name, None if none lives."""
    living = [
        (name, int(row["pid"]))
        for name, row in hub.processes().items()
        if name.split(":")[0] == kind and row["status"] == "running"
    ]
    if not living:
        return None
    name, pid = chance.choice(living)
    with suppress(ProcessLookupError):
        if kind == "simulator":
            os.kill(pid, signal.SIGSTOP)
            time.sleep(CUT_OFF_S)
            os.kill(pid, signal.SIGCONT)
        else:
            os.kill(pid, signal.SIGKILL)
    return name


def ill(hub: Hub, since: datetime) -> dict[str, Any]:
    """What is not yet as it should be: processes that do not run, checks that are not ok, a plan
    that is older than the last fault."""
    down = {
        name: row["status"] for name, row in hub.processes().items() if row["status"] != "running"
    }
    origin = hub.facts["console_url"].rstrip("/")
    try:
        checks = hub.api.get(f"{origin}/health/ready").json()["checks"]
        made_at = plan_made_at(hub)
    except httpx.HTTPError as error:
        return down | {"web": repr(error)}
    unwell = {name: said for name, said in checks.items() if said != "ok"}
    return down | unwell | ({} if made_at > since else {"plan": f"{made_at} for {since}"})


def heal(hub: Hub, since: datetime, told: str) -> float:
    """How long it took until all was well."""
    began_s, last = time.monotonic(), dict[str, Any]()
    while last := ill(hub, since):
        took_s = time.monotonic() - began_s
        assert took_s < HEALED_WITHIN_S, f"not healed within {HEALED_WITHIN_S:.0f} s: {last} {told}"
        time.sleep(0.2)
    return time.monotonic() - began_s


def now_of(hub: Hub) -> datetime:
    """Site time, from the hub's own clock: web may be dead."""
    newest = hub.records("plant")[-1]
    return datetime.fromisoformat(newest["at"])


def test_two_hundred_kills_break_no_promise_and_the_hub_heals(
    hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    until(lambda: len(acknowledged(hub)) >= 5, 60, "five transactions under way")
    chance, struck = random.Random(SEED), Counter[str]()
    kinds = [*VICTIMS, "simulator"]
    while struck.total() < KILLS:
        name = strike(hub, chance.choice(kinds), chance)
        if name is not None:
            struck[name] += 1
        time.sleep(chance.uniform(0.2, 5.0))

    told = f"after {dict(struck)}, seed {SEED}"
    took_s = heal(hub, now_of(hub), told)
    with capsys.disabled():
        sys.stdout.write(f"healed within {took_s:.1f} s {told}\n")

    events = acknowledged(hub)
    until(lambda: not behind(events, stored(hub)), 60, "the books say all that was acknowledged")
    assert counted_twice(hub) == []
    assert beyond_breaker(hub) == []
    assert over_circuits(hub) == []
    assert gave_below_floor(hub) == []
    assert energy_off(hub) == []
    assert sent_out_of_order(hub) == []


def counted_twice(hub: Hub) -> list[tuple[str, str]]:
    """Transactions of which more events are stored than their stations ever numbered; one may be
    stored whose answer was lost."""
    books = stored(hub)
    last: dict[tuple[str, str], int] = {}
    for row in hub.records("events"):
        key = (row["station_id"], row["transaction_id"])
        last[key] = max(last.get(key, 0), row["seq_no"])
    return [key for key, number in last.items() if books.get(key, 0) > number + 2]
