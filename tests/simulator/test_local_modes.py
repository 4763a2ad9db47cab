"""A simulated station by itself: by the frequency, and by the power at the upstream meter."""

from datetime import timedelta
from typing import Any

import pytest

from simulator.local_modes import Surroundings
from simulator.plant import Plant
from simulator.station import Registration, Station
from simulator.tongues import Tongue21
from tests.simulator.makers import NOON, bare_site, occupant, station_spec

DROOP = [{"frequency": 49.8, "power": -4_000}, {"frequency": 50.2, "power": 4_000}]


def leased(*later: dict[str, Any], **period: Any) -> Station:
    """A vehicle at a station of 2.1 under a TxProfile of this period, and of `later` ones."""
    station = Station(station_spec("V2X-11"))
    station.registration = Registration.ACCEPTED
    station.plug_in(occupant(), NOON)
    transaction = station.begin_transaction("Authorized", NOON)
    assert transaction is not None
    told = {
        "id": 1_001,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Absolute",
        "transactionId": transaction.transaction_id,
        "chargingSchedule": [
            {
                "id": 1,
                "startSchedule": "2026-03-24T12:00:00Z",
                "duration": 600,
                "chargingRateUnit": "W",
                "chargingSchedulePeriod": [{"startPeriod": 0, **period}, *later],
            }
        ],
    }
    asked = {"evseId": 1, "chargingProfile": told}
    assert Tongue21(station).hear("SetChargingProfile", asked, NOON) == {"status": "Accepted"}
    return station


def settled_w(station: Station, seen: Surroundings, at_s: int = 0) -> float:
    station.seen = seen
    for second in range(1, 16):
        station.step(NOON + timedelta(seconds=at_s + second), 1.0)
    return station.evse.power_w


@pytest.mark.parametrize(
    ("frequency_hz", "power_w"), [(50.0, -2_000), (49.8, -6_000), (50.2, 2_000), (49.9, -4_000)]
)
def test_q08_fr06_the_frequency_moves_it_from_its_baseline(
    frequency_hz: float, power_w: float
) -> None:
    station = leased(operationMode="LocalFrequency", v2xBaseline=-2_000, v2xFreqWattCurve=DROOP)
    assert settled_w(station, Surroundings(frequency_hz)) == pytest.approx(power_w)


def test_it_follows_the_frequency_as_it_moves_until_its_lease_ends() -> None:
    station = leased(operationMode="LocalFrequency", v2xBaseline=0, v2xFreqWattCurve=DROOP)
    assert settled_w(station, Surroundings(49.8)) == pytest.approx(-4_000)
    assert settled_w(station, Surroundings(50.2), 20) == pytest.approx(4_000)
    assert settled_w(station, Surroundings(49.8), 610) >= 0


def test_a_mode_holds_for_its_period() -> None:
    station = leased(
        {"startPeriod": 60, "operationMode": "ChargingOnly", "limit": 3_000},
        operationMode="LocalFrequency", v2xBaseline=-2_000, v2xFreqWattCurve=DROOP,
    )  # fmt: skip
    assert settled_w(station, Surroundings(49.8)) == pytest.approx(-6_000)
    assert settled_w(station, Surroundings(49.8), 60) == pytest.approx(3_000)


def test_q09_fr04_it_takes_off_what_lies_beyond_the_threshold() -> None:
    station = leased(operationMode="LocalLoadBalancing", limit=5_000, dischargeLimit=-3_000)
    around_w, power_w = 25_000.0, 0.0
    for second in range(1, 31):
        station.seen = Surroundings(upstream_w=around_w + power_w)
        power_w = station.step(NOON + timedelta(seconds=second), 1.0)
    assert power_w == pytest.approx(-3_000), "down to its dischargeLimit (Q09.FR.05)"
    around_w = -4_000.0
    for second in range(31, 61):
        station.seen = Surroundings(upstream_w=around_w + power_w)
        power_w = station.step(NOON + timedelta(seconds=second), 1.0)
    assert 3_900 <= power_w <= 5_000, "and takes what the site would export"


def test_the_frequency_of_the_grid_wanders_about_50_hz_the_same_for_a_seed() -> None:
    times = [NOON + timedelta(seconds=second) for second in range(0, 3_600, 10)]
    plant, twin = Plant(bare_site(), seed=7), Plant(bare_site(), seed=7)
    seen_hz = [plant.frequency_hz(at) for at in times]
    assert seen_hz == [twin.frequency_hz(at) for at in times]
    assert 49.5 < min(seen_hz) < 50 < max(seen_hz) < 50.5
