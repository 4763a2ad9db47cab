from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from scheduler.adapters.plant import Measured
from scheduler.domain.reading import Sample
from scheduler.domain.site import Circuit, Control, GridConnection
from scheduler.services.frozen import FrozenWatch
from tests.scheduler.makers import NOON, a_site
from tests.scheduler.services.test_demand_rules import evse

SITE = a_site(
    grid_connection=GridConnection(import_limit_w=10_000_000, export_limit_w=10_000_000),
    circuits=(Circuit(circuit_id="yard", limit_w=50_000),),
    control=Control(sample_interval_s=60),
)
EVENING = {"load": 5_000_000.0, "solar": 0.0, "wind": 2_000_000.0, "store": 0.0}


class Second:
    """A site second by second: meters that say what they are told to, one per cycle."""

    def __init__(self, **start_w: float) -> None:
        self.watch = FrozenWatch()
        self.at: datetime = NOON
        self.said_w: dict[str, float] = {}
        self.since: dict[str, datetime] = {}
        self.show(start_w)

    def show(self, told_w: Mapping[str, float], fleet_w: float = 0.0) -> Measured:
        """The next second: these meters say this, the others what they said."""
        self.at += timedelta(seconds=1)
        for name, power_w in told_w.items():
            if self.said_w.get(name) != power_w:
                self.since[name] = self.at
            self.said_w[name] = power_w
        samples = {
            name: Sample(power_w, 0.0, still_s=(self.at - self.since[name]).total_seconds())
            for name, power_w in self.said_w.items()
        }
        return self.watch.judge(SITE, [evse(power_w=fleet_w)], Measured(at=self.at, **samples))


def frozen(measured: Measured) -> dict[str, float]:
    """The age of each meter that is called frozen."""
    samples = {name: getattr(measured, name) for name in (*EVENING, "grid")}
    return {name: s.age_s for name, s in samples.items() if s is not None and s.frozen}


def test_a_site_meter_that_does_not_follow_the_load_is_as_old_as_the_first_contradiction() -> None:
    site = Second(grid=3_000_000, **EVENING)
    for _ in range(60):
        assert frozen(site.show({})) == {}  # nothing moves: it may well be right
    for second in range(40):
        measured = site.show({"load": 5_200_000 + second})
        assert frozen(measured) == {"grid": second}
    assert frozen(site.show({"grid": 3_200_040, "load": 5_200_040})) == {}


def test_it_stays_frozen_while_another_meter_misses_an_answer() -> None:
    site = Second(grid=3_000_000, **EVENING)
    site.show({})
    for second in range(20):
        site.show({"load": 5_200_000 + second})
    measured = site.show({})
    late = replace(measured, grid=Sample(3_000_000, 0.0, still_s=20), wind=Sample(2e6, 1.0))
    assert frozen(site.watch.judge(SITE, [evse(power_w=0.0)], late)) == {"grid": 20}
    assert frozen(site.show({})) == {"grid": 21}


@pytest.mark.parametrize("name", ["load", "solar", "wind", "store"])
def test_each_other_meter_is_found_by_the_balance_of_the_site(name: str) -> None:
    start_w = {"grid": 2_000_000.0, "load": 5e6, "solar": 1e6, "wind": 2e6, "store": 1e5}
    site = Second(**start_w)
    for _ in range(2):
        site.show({})
    for second in range(1, 20):
        told_w = {other: power_w + second for other, power_w in start_w.items() if other != name}
        measured = site.show(told_w | {"grid": 2_500_000.0 + second})
        assert frozen(measured) == {name: second - 1}


def test_what_is_constant_for_good_reason_is_believed() -> None:
    """The sun at night, an idle store, and wind at its capacity, while all else moves."""
    site = Second(grid=3_000_000, **EVENING)
    for second in range(1, 600):
        load_w = 5_000_000.0 + 3_000 * second
        assert frozen(site.show({"load": load_w, "grid": load_w - 2_000_000})) == {}


def test_an_idle_meter_is_not_blamed_for_what_another_hides() -> None:
    site = Second(grid=3_000_000, **EVENING)
    site.show({})
    for second in range(1, 20):  # the wind falls, its meter does not
        measured = site.show({"load": 5e6 + second, "grid": 3_500_000.0 + second})
        assert frozen(measured) == {"wind": second - 1}


def test_an_evse_that_tells_late_does_not_freeze_a_coarse_site_meter() -> None:
    site = Second(grid=3_000_000, **EVENING)
    site.show({"grid": 3_040_000})  # a vehicle begins, and tells so a minute later
    for _ in range(60):
        site.show({})
    for _ in range(60):
        assert frozen(site.show({}, fleet_w=40_000)) == {}
    for second in range(5):  # it ends, and the meter does not see it
        assert frozen(site.show({}, fleet_w=0.0)) == {"grid": second}


def test_a_meter_that_was_read_a_moment_before_the_others_is_not_frozen() -> None:
    site = Second(grid=3_000_000, **EVENING)
    for _ in range(20):
        site.show({})
    assert frozen(site.show({"load": 5_300_000})) == {"grid": 0}
    assert frozen(site.show({"grid": 3_300_000})) == {}
