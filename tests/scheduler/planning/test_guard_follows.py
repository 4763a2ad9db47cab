"""Under an instruction the site's meter is believed, not what single stations should be doing."""

from typing import Any

import pytest

from scheduler.domain.reading import Sample
from scheduler.planning.guard import guard
from scheduler.planning.guard_types import EvseState
from tests.scheduler.planning.test_guard import a_second, evse, powers, store


def told(number: int, ordered_w: float, **changes: Any) -> EvseState:
    """Planned at 11 kW, told something else half a minute ago, and not metered since."""
    fields = {
        "planned_w": 11_000.0, "setpoint_w": ordered_w, "ordered_w": ordered_w,
        "followed_w": ordered_w, "setpoint_age_s": 30.0, "power": Sample(11_000.0, 45.0),
        "max_discharge_w": 10_000.0, "spare_wh": 20_000.0,
    }  # fmt: skip
    return evse(number, **(fields | changes))


def test_what_one_does_not_give_others_give() -> None:
    """It should have brought the site to 30 kW, and the meter says 35 kW."""
    cars = [told(1, 0.0), told(2, 5_000.0)]
    result = guard(a_second(35_000.0, *cars, target_grid_w=30_000.0))
    assert sum(powers(result)) == pytest.approx(0.0)


@pytest.mark.parametrize("order_w", [0.0, -8_000.0])
def test_a_reading_taken_while_it_changed_over_promises_nothing(order_w: float) -> None:
    """What it still took 3 s after the order does not come off a second time."""
    seen = Sample(11_000.0, 27.0)
    cars = [told(1, order_w, power=seen), told(2, 11_000.0)]
    result = guard(a_second(35_000.0, *cars, target_grid_w=30_000.0))
    assert sum(powers(result)) == pytest.approx(order_w + 11_000.0 - 5_000.0)


def test_near_the_target_the_fleet_answers_no_noise() -> None:
    cars = [told(1, 4_000.0), told(2, 5_000.0)]
    for noise_w in (-500.0, 0.0, 500.0):
        result = guard(a_second(30_000.0 + noise_w, *cars, target_grid_w=30_000.0))
        assert powers(result) == [4_000.0, 5_000.0]


def test_an_order_on_its_way_is_not_given_twice() -> None:
    """Told a second ago to stop; the meter cannot show it yet."""
    leaving = told(1, 0.0, followed_w=11_000.0, setpoint_age_s=1.0, setpoint_w=11_000.0)
    result = guard(a_second(41_000.0, leaving, told(2, 11_000.0), target_grid_w=30_000.0))
    assert powers(result) == [0.0, 11_000.0]


def test_the_rest_is_believed_as_it_was_over_the_last_steps() -> None:
    """A site that is 5 kW off in this one second, and was not before."""
    cars = [told(1, 4_000.0), told(2, 5_000.0)]
    result = guard(a_second(35_000.0, *cars, target_grid_w=30_000.0, rest_w=21_000.0))
    assert powers(result) == [4_000.0, 5_000.0]


def test_the_store_keeps_some_power_to_hold_the_target_while_vehicles_change_over() -> None:
    cars = [told(1, 11_000.0), told(2, 11_000.0)]
    down = guard(a_second(82_000.0, *cars, store=store(), target_grid_w=30_000.0))
    assert sum(powers(down)) == pytest.approx(22_000.0 - 2_000.0 - 1_500.0)
    assert down.store_setpoint_w == pytest.approx(-50_000.0)


def test_who_defied_is_not_counted_on_again_before_its_meter_says_so() -> None:
    """Told something new, it has not had its time: that is no reason to think better of it."""
    fresh = {"setpoint_age_s": 3.0, "power": Sample(11_000.0, 1.0)}
    liar = told(1, -10_000.0, defied=True, followed_w=11_000.0, **fresh)
    result = guard(a_second(41_000.0, liar, told(2, 11_000.0), target_grid_w=30_000.0))
    assert (result.evses[0].reason, result.evses[1].setpoint_w) == ("defies", 0.0)
    obeys = told(1, 4_000.0, defied=True, power=Sample(4_000.0, 1.0))
    assert guard(a_second(41_000.0, obeys)).evses[0].reason == "plan"
    assert guard(a_second(41_000.0, evse(1, defied=True))).evses[0].reason == "plan"


@pytest.mark.parametrize(("power_w", "predicted_w"), [(-2_000.0, 95_000.0), (-10_000.0, 95_000.0)])
def test_a_bound_counts_on_no_discharge_that_the_meters_do_not_show(
    power_w: float, predicted_w: float
) -> None:
    """It is to give 10 kW for a minute: whatever it gives is in what the site's meter says."""
    weak = told(1, -10_000.0, planned_w=-10_000.0, power=Sample(power_w, 1.0))
    result = guard(a_second(95_000.0, weak))
    assert result.predicted_grid_w == pytest.approx(predicted_w)
