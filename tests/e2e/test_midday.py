"""Midday: surplus goes into vehicles and store, whatever dies meanwhile.

Any process may be killed at any moment: it comes back by itself, no limit breaks, and nothing that
a station was told is stored is missing.
"""

import os
import signal
from collections import Counter

import pytest

from tests.e2e.hub import Hub, until
from tests.e2e.judge import over_circuits, over_connection, taken_of_surplus

pytestmark = pytest.mark.e2e

VICTIMS = ["csms", "worker", "beat", "controller", "web", "valkey", "postgres"]


@pytest.fixture(scope="module")
def demo_arguments() -> list[str]:
    return ["--start", "2026-03-24T11:30"]


def kill(hub: Hub, victim: str) -> tuple[str, int]:
    name, row = next((n, r) for n, r in hub.processes().items() if n.split(":")[0] == victim)
    os.kill(row["pid"], signal.SIGKILL)
    return name, int(row["pid"])


def is_back(hub: Hub, name: str, old_pid: int) -> bool:
    row = hub.processes()[name]
    if row["status"] != "running" or row["pid"] == old_pid:
        return False
    origin = hub.facts["console_url"].rstrip("/")
    try:
        return bool(hub.api.get(f"{origin}/health/ready").is_success)
    except OSError:
        return False
    except Exception as problem:  # noqa: BLE001 - httpx errors while the web process is away
        return "httpx" not in type(problem).__module__


def acknowledged(hub: Hub) -> Counter[tuple[str, str]]:
    """How many different events of each transaction the stations got an answer to."""
    seen = {
        (row["station_id"], row["transaction_id"], row["seq_no"]) for row in hub.records("events")
    }
    return Counter((station, transaction) for station, transaction, _ in seen)


def stored(hub: Hub) -> dict[tuple[str, str], int]:
    return {
        (t["station_id"], t["transaction_id"]): t["event_count"]
        for t in hub.every("/transactions", site_id=hub.site, limit=200)
    }


def test_whatever_is_killed_comes_back_and_nothing_acknowledged_is_missing(hub: Hub) -> None:
    until(lambda: len(acknowledged(hub)) >= 5, 60, "five transactions under way")

    for victim in VICTIMS:
        name, old_pid = kill(hub, victim)
        until(
            lambda name=name, pid=old_pid: is_back(hub, name, pid), 60, f"{name} back after kill -9"
        )

    told_before = sum(acknowledged(hub).values())
    until(lambda: sum(acknowledged(hub).values()) > told_before + 20, 60, "events flow again")
    told = acknowledged(hub)
    until(lambda: not behind(told, stored(hub)), 20, "the books say all that was acknowledged")


def behind(
    told: Counter[tuple[str, str]], books: dict[tuple[str, str], int]
) -> list[tuple[str, str]]:
    """Transactions of which fewer events are stored than were acknowledged."""
    return [key for key, events in told.items() if books.get(key, 0) < events]


def test_limits_held_while_processes_died(hub: Hub) -> None:
    assert over_connection(hub) == []
    assert over_circuits(hub) == []


def test_surplus_went_into_vehicles_and_store(hub: Hub) -> None:
    taken_wh, surplus_wh = taken_of_surplus(hub)

    assert surplus_wh > 100_000
    assert taken_wh > 0.15 * surplus_wh, "store and feeder can take about two fifths of it"
