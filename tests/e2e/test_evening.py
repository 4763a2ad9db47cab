"""The evening peak: vehicles give, and an instruction is delivered by the plant's meter."""

from datetime import datetime, timedelta

import pytest

from tests.e2e.hub import Hub, until
from tests.e2e.judge import at, exported_wh, mean_grid_w, over_circuits, over_connection

pytestmark = pytest.mark.e2e

DELTA_W = -150_000.0
STATIONS = 60
START, END = at("19:30"), at("20:00")  # the store has sold by then what it would have


@pytest.fixture(scope="module")
def demo_arguments() -> list[str]:
    return ["--start", "2026-03-24T18:00", "--speed", "40"]  # two plans in time on a busy machine


def test_an_instruction_is_acknowledged_delivered_and_settled(hub: Hub) -> None:
    until(lambda: everybody_is_here(hub), 90, "all stations connected, and planned for")
    hub.wait_until(at("18:10"))
    body = {
        "external_id": "evening-1",
        "revision": 1,
        "kind": "instruction",
        "priority": 1,
        "starts_at": START.isoformat(),
        "ends_at": END.isoformat(),
        "delta_w": DELTA_W,
    }
    answer = hub.post(f"/sites/{hub.site}/signals", body, key="evening-1")
    assert answer.status_code == 201, answer.text
    signal = answer.json()
    assert signal["acknowledgement"]["feasible"], signal["acknowledgement"]
    again = hub.post(f"/sites/{hub.site}/signals", body, key="evening-again")
    assert again.json()["signal_id"] == signal["signal_id"]

    hub.wait_until(END + timedelta(minutes=2))
    base = signal["baseline"]
    slot = timedelta(seconds=base["slot_s"])
    first = (START - datetime.fromisoformat(base["starts_at"])) // slot
    slots = base["grid_w"][first : first + (END - START) // slot]
    delivered_w = mean_grid_w(hub, START, END) - sum(slots) / len(slots)
    assert delivered_w == pytest.approx(DELTA_W, rel=0.05), "at the plant's own meter"

    path = f"/sites/{hub.site}/signals/{signal['signal_id']}"
    until(lambda: hub.get(path)["status"] == "settled", 30, "the signal settled")
    settled = hub.get(f"{path}/delivery")["half_hours"]
    assert all(row["complete"] for row in settled)
    assert sum(row["delivered_wh"] for row in settled) == pytest.approx(DELTA_W / 2, rel=0.05)


def everybody_is_here(hub: Hub) -> bool:
    """Each station is connected, and a plan was made that knows each running transaction."""
    stations = hub.every("/stations", site_id=hub.site, connected=True)
    running = hub.every("/transactions", site_id=hub.site, open=True)
    known = {transaction["transaction_id"] for transaction in running}
    return len(stations) == STATIONS and bool(known) and known <= hub.planned()


def test_vehicles_gave_and_their_export_registers_prove_it(hub: Hub) -> None:
    assert exported_wh(hub) > 10_000
    proven = [
        t for t in hub.every("/transactions", site_id=hub.site, limit=200) if t["exported_wh"] > 500
    ]
    assert proven, "the hub's books say so too"


def test_no_limit_broke(hub: Hub) -> None:
    assert over_connection(hub) == []
    assert over_circuits(hub) == []
    assert hub.records("incidents") == []


def test_whoever_left_was_ready(hub: Hub) -> None:
    left = hub.records("sessions")
    late = [
        row for row in left if not row["ready"] and row["wanted_wh"] <= 0.95 * row["possible_wh"]
    ]
    assert left
    assert not late
