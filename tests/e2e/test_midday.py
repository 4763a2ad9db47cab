"""Midday: surplus goes into vehicles and store, whatever dies meanwhile.

Any process may be killed at any moment: it comes back by itself, no limit breaks, and nothing that
a station was told is stored is missing.
"""

import os
import signal
from collections import Counter
from datetime import datetime

import pytest

from tests.e2e.hub import Hub, until
from tests.e2e.judge import (
    energy_off,
    gave_below_floor,
    over_circuits,
    over_connection,
    sent_out_of_order,
    taken_of_surplus,
)

pytestmark = pytest.mark.e2e

VICTIMS = ["csms", "worker", "beat", "controller", "web", "valkey", "postgres"]


@pytest.fixture(scope="module")
def demo_arguments() -> list[str]:
    return ["--start", "2026-03-24T11:30"]


def kill(hub: Hub, victim: str) -> tuple[str, int]:
    """Of the controllers the one that leads."""
    leads = {one["process"] for one in hub.get("/processes")["items"] if one["detail"].get("leads")}
    names = sorted(name for name in hub.processes() if name.split(":")[0] == victim)
    name = next((one for one in names if one in leads), names[0])
    pid = int(hub.processes()[name]["pid"])
    os.kill(pid, signal.SIGKILL)
    return name, pid


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

    healed_at = hub.now
    until(lambda: plan_made_at(hub) > healed_at, 30, "a plan made since")
    told_before = sum(acknowledged(hub).values())
    until(lambda: sum(acknowledged(hub).values()) > told_before + 20, 60, "events flow again")
    told = acknowledged(hub)
    until(lambda: not behind(told, stored(hub)), 20, "the books say all that was acknowledged")


def plan_made_at(hub: Hub) -> datetime:
    return datetime.fromisoformat(hub.get(f"/sites/{hub.site}/plan")["made_at"])


def behind(
    told: Counter[tuple[str, str]], books: dict[tuple[str, str], int]
) -> list[tuple[str, str]]:
    """Transactions of which fewer events are stored than were acknowledged."""
    return [key for key, events in told.items() if books.get(key, 0) < events]


def test_limits_held_while_processes_died(hub: Hub) -> None:
    assert over_connection(hub) == []
    assert over_circuits(hub) == []


def test_no_floor_was_passed_no_old_order_came_late_and_the_energy_books_balance(hub: Hub) -> None:
    assert gave_below_floor(hub) == []
    assert sent_out_of_order(hub) == []
    assert energy_off(hub) == []


def test_surplus_went_into_vehicles_and_store(hub: Hub) -> None:
    taken_wh, surplus_wh = taken_of_surplus(hub)

    assert surplus_wh > 100_000
    assert taken_wh > 0.15 * surplus_wh, "store and feeder can take about two fifths of it"
