"""Reserve: power on call, beyond the plan, for a while."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.domain.site import Circuit
from scheduler.planning.check import violations
from scheduler.planning.make import make_plan, plan_by_rule
from scheduler.planning.problem import PlanningInput, Reserve
from scheduler.planning.reserve import reserve_shortfall_w
from tests.scheduler.makers import a_demand, a_site, a_store, an_input
from tests.scheduler.planning.test_random_sites import SLOTS, assert_sound, inputs

ENGINES = pytest.mark.parametrize("large_fleet", [300, 0], ids=["direct", "decomposed"])
PEAK = [0.1] * 4 + [0.6] * 4 + [0.2] * 8


def of(power_w: float, hours: float = 0.5, first: int = 4, last: int = 8) -> Reserve:
    on = np.zeros(16)
    on[first:last] = power_w
    return Reserve(power_w=on, energy_wh=on * hours)


def with_store(**changes: Any) -> PlanningInput:
    """A store that would give all it has while energy is dear."""
    fields: dict[str, Any] = {
        "site": a_site(store=a_store()), "store_energy_wh": 40_000.0, "load_w": 60_000.0,
        "import_gbp_per_kwh": PEAK, "export_gbp_per_kwh": 0.01,
    }  # fmt: skip
    return an_input(**(fields | changes))


def givers(count: int, **changes: Any) -> PlanningInput:
    """Vehicles with 25 kWh above their floor that would give while energy is dear."""
    vehicle = {"energy_wh": 35_000.0, "target_wh": 20_000.0, "max_discharge_w": 10_000.0}
    demands = [a_demand(n, **vehicle) for n in range(1, count + 1)]
    fields = {"import_gbp_per_kwh": PEAK, "load_w": 60_000.0}
    return an_input(*demands, **(fields | changes))


@ENGINES
def test_a_store_keeps_power_and_energy_for_a_call(large_fleet: int) -> None:
    tight = {"import_max_w": 60_000.0}
    free = make_plan(with_store(**tight), large_fleet=large_fleet)
    held = make_plan(with_store(**tight, reserve_down=of(30_000.0)), large_fleet=large_fleet)
    assert free.store_energy_wh[7] < 1_000
    assert held.store_w[4:8].min() >= -20_000 - 5
    assert held.store_energy_wh[3:8].min() >= 15_000 - 5, "half an hour at 30 kW"
    assert held.store_energy_wh[15] < 1_000, "afterwards it is free"
    assert held.notes == ()


@ENGINES
def test_it_keeps_room_for_a_call_to_take_more(large_fleet: int) -> None:
    cheap = {"import_gbp_per_kwh": [0.1] * 8 + [0.6] * 8, "store_energy_wh": 80_000.0}
    given_ = with_store(reserve_up=of(20_000.0), load_w=10_000.0, **cheap)
    plan = make_plan(given_, large_fleet=large_fleet)
    assert plan.store_energy_wh[3:8].max() <= 90_000 + 5
    assert plan.store_w[4:8].max() <= 30_000 + 5
    assert plan.notes == ()


@ENGINES
def test_vehicles_hold_what_the_store_does_not(large_fleet: int) -> None:
    """Of three, two hold 8 kW each and their energy; the third gives as it likes."""
    plan = make_plan(givers(3, reserve_down=of(16_000.0)), large_fleet=large_fleet)
    lowest_w = np.sort([evse.setpoint_w[4:8].min() for evse in plan.evses])
    assert lowest_w[0] == pytest.approx(-10_000)
    assert -lowest_w.sum() <= 14_000 + 5
    assert plan.notes == ()


@ENGINES
def test_vehicles_that_leave_before_a_call_would_be_over_hold_nothing(large_fleet: int) -> None:
    leaving = [a_demand(n, hours=2, energy_wh=35_000.0, target_wh=20_000.0,
                        max_discharge_w=10_000.0) for n in (1, 2)]  # fmt: skip
    given_ = an_input(*leaving, reserve_down=of(10_000.0))
    (note,) = make_plan(given_, large_fleet=large_fleet).notes
    assert (note["code"], note["side"]) == ("reserve_shortfall", "down")
    assert (note["first_slot"], note["last_slot"]) == (6, 7)
    assert note["shortfall_w"] == pytest.approx(10_000)


@ENGINES
def test_room_to_take_more_is_kept_on_the_feeder_and_at_the_connection(large_fleet: int) -> None:
    yard = Circuit(circuit_id="yard", limit_w=16_000.0)
    demands = (a_demand(1, target_wh=20_000.0), a_demand(2, target_wh=45_000.0))
    given_ = an_input(*demands, site=a_site(circuits=(yard,)), reserve_up=of(11_000.0, first=0))
    plan = make_plan(given_, large_fleet=large_fleet)
    assert plan.fleet_w[:8].max() <= 5_000 + 5
    assert plan.notes == ()
    tight = replace(given_, import_max_w=np.full(16, 25_000.0))
    assert make_plan(tight, large_fleet=large_fleet).grid_w[:8].max() <= 14_000 + 5


@ENGINES
def test_it_goes_before_a_vehicle_that_must_leave(large_fleet: int) -> None:
    """An empty store is filled for a call though the connection has no more for the vehicle."""
    given_ = with_store(
        store_energy_wh=0.0, load_w=0.0, import_max_w=11_000.0, reserve_down=of(10_000.0),
        import_gbp_per_kwh=0.2,
    )  # fmt: skip
    given_ = replace(given_, demands=(a_demand(hours=1.0, target_wh=31_000.0),))
    plan = make_plan(given_, large_fleet=large_fleet)
    assert plan.store_energy_wh[3] >= 5_000 - 5
    assert plan.evses[0].shortfall_wh == pytest.approx(5_000, abs=10)
    assert {note["code"] for note in plan.notes} == {"shortfall"}


def test_charging_that_may_stop_counts_as_long_as_it_lasts() -> None:
    given_ = an_input(a_demand(target_wh=31_000.0), reserve_down=of(11_000.0, first=0, last=6))
    down_w, up_w = reserve_shortfall_w(given_, make_plan(given_))
    assert down_w[:6] == pytest.approx([0.0] * 4 + [11_000.0] * 2, abs=5)
    assert not up_w.any()


POWER = st.lists(st.sampled_from([0.0, 0.0, 4_000.0, 30_000.0]), min_size=SLOTS, max_size=SLOTS)


@settings(max_examples=30)
@given(inputs(), POWER, POWER, st.sampled_from([0.25, 1.5]), st.sampled_from([300, 0]))
def test_whatever_the_site_the_plan_is_valid(
    given_: PlanningInput, down_w: list[float], up_w: list[float], hours: float, large_fleet: int
) -> None:
    free = np.isnan(given_.grid_target_w)
    powers_w = [np.array(power_w) * free for power_w in (down_w, up_w)]
    reserves = [Reserve(power_w=power_w, energy_wh=power_w * hours) for power_w in powers_w]
    given_ = replace(given_, reserve_down=reserves[0], reserve_up=reserves[1])
    assert_sound(given_, make_plan(given_, large_fleet=large_fleet))
    assert violations(given_, plan_by_rule(given_, "for once")) == []
