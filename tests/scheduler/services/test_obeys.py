"""A store that answers and does not do what it is told, and vehicles that do not."""

from dataclasses import replace

import pytest

from scheduler.domain.reading import Sample
from scheduler.planning.guard_types import EvseState, StoreState
from scheduler.services.obeys import FleetWatch, StoreWatch
from tests.scheduler.planning.test_guard import a_second, evse


def gives(power_w: float) -> StoreState:
    return StoreState(
        max_charge_w=50_000, max_discharge_w=50_000, min_energy_wh=0, max_energy_wh=100_000,
        power=Sample(power_w, 0.0),
    )  # fmt: skip


def counted_on(watch: StoreWatch, power_w: float) -> bool:
    judged = watch.judged(gives(power_w))
    assert judged is not None
    return judged.answered


def test_a_store_that_follows_two_cycles_late_is_counted_on() -> None:
    watch, told_w = StoreWatch(), [0.0, 0.0, 0.0]
    for order_w in (-10_000.0, -20_000.0, -30_000.0, -40_000.0, -40_000.0, 30_000.0, 30_000.0):
        assert counted_on(watch, told_w[-3])
        told_w.append(watch.tell(order_w))
        assert told_w[-1] == order_w


def test_the_guard_hears_what_it_was_told_last() -> None:
    watch = StoreWatch()
    watch.tell(-10_000.0)
    watch.tell(-20_000.0)
    judged = watch.judged(gives(-10_000.0))
    assert judged is not None
    assert judged.ordered_w == -20_000.0


def test_one_that_tripped_is_not_and_is_asked_for_the_same_until_it_gives_it() -> None:
    watch = StoreWatch()
    for _ in range(3):
        watch.tell(-30_000.0)
        assert counted_on(watch, -30_000.0)
    assert counted_on(watch, 0.0), "one reading may be wrong"
    assert watch.tell(-31_000.0) == -31_000.0
    assert not counted_on(watch, 0.0)
    assert watch.tell(0.0) == -31_000.0
    assert not counted_on(watch, 0.0)
    assert counted_on(watch, -30_500.0)
    assert watch.tell(-5_000.0) == -5_000.0


def test_one_that_is_asked_for_more_and_more_and_does_nothing_is_found_out() -> None:
    watch, trusted = StoreWatch(), []
    for step in range(8):
        trusted.append(counted_on(watch, 0.0))
        watch.tell(-6_000.0 * step)
    assert trusted[0]
    assert not trusted[-1]


def test_before_it_was_told_anything_nothing_is_held_against_it() -> None:
    assert counted_on(StoreWatch(), -40_000.0)
    assert StoreWatch().judged(None) is None


def told(ordered_w: float, power_w: float, age_s: float = 60.0) -> EvseState:
    """Its meter spoke just now, and it confirmed what it was told."""
    return evse(
        1, ordered_w=ordered_w, setpoint_w=ordered_w, followed_w=ordered_w, setpoint_age_s=age_s,
        power=Sample(power_w, 0.0),
    )  # fmt: skip


def rest_w(watch: FleetWatch, state: EvseState, grid_w: float) -> float:
    second = replace(a_second(None, state), grid=Sample(grid_w, 0.0))
    found = watch.judged(second).rest_w
    assert found is not None
    return found


def test_what_the_fleet_does_not_do_shows_at_the_site() -> None:
    """Told 11 kW it takes 5 kW: within some cycles the rest of the site is less by that."""
    watch = FleetWatch()
    assert rest_w(watch, told(11_000.0, 11_000.0), 41_000.0) == pytest.approx(30_000.0)
    seen = [rest_w(watch, told(11_000.0, 11_000.0), 35_000.0) for _ in range(20)]
    assert seen == sorted(seen, reverse=True)
    assert seen[0] > 28_000.0, "one sample is no proof"
    assert seen[-1] == pytest.approx(24_000.0, abs=50.0)


def test_a_silent_site_meter_tells_nothing() -> None:
    watch = FleetWatch()
    assert watch.judged(a_second(None, told(0.0, 0.0))).rest_w is None
    rest_w(watch, told(11_000.0, 11_000.0), 41_000.0)
    late = replace(a_second(None, told(0.0, 0.0)), grid=Sample(90_000.0, 3.0))
    assert watch.judged(late).rest_w == pytest.approx(30_000.0)


def test_who_defied_is_remembered_until_its_meter_says_that_it_obeys() -> None:
    watch = FleetWatch()

    def defied(state: EvseState) -> bool:
        return watch.judged(a_second(40_000.0, state)).evses[0].defied

    assert defied(told(0.0, 11_000.0))
    assert defied(told(4_000.0, 4_000.0, age_s=3.0)), "it had no time to settle"
    assert not defied(told(4_000.0, 4_000.0))
    assert not defied(told(4_000.0, 4_000.0, age_s=3.0))
    assert defied(told(0.0, 11_000.0))
    assert not defied(replace(told(0.0, 11_000.0), plugged=False))


def test_that_one_is_found_to_defy_moves_nothing() -> None:
    """What was unexplained at the site is now its."""
    watch = FleetWatch()
    early, late = told(0.0, 11_000.0, age_s=5.0), told(0.0, 11_000.0)
    for _ in range(40):
        before_w = rest_w(watch, early, 41_000.0)
    assert before_w == pytest.approx(41_000.0)
    assert rest_w(watch, late, 41_000.0) == pytest.approx(30_000.0)


def rising(followed_w: float, ordered_w: float, age_s: float = 2.0) -> EvseState:
    """Told otherwise two seconds ago; that it does is not confirmed."""
    return evse(
        1, ordered_w=ordered_w, setpoint_w=max(followed_w, ordered_w), followed_w=followed_w,
        setpoint_low_w=min(followed_w, ordered_w), setpoint_age_s=age_s,
        power=Sample(followed_w, 40.0),
    )  # fmt: skip


def came_w(
    watch: FleetWatch, state: EvseState, grid_w: float, load_w: float | None, load_age_s: float = 0
) -> float:
    load = None if load_w is None else Sample(load_w, load_age_s)
    second = replace(a_second(None, state), grid=Sample(grid_w, 0.0), load=load)
    return watch.judged(second).came_w


def a_watch(load_w: float | None = 30_000.0) -> FleetWatch:
    """After a second in which 5 kW were confirmed and flowed."""
    watch = FleetWatch()
    assert came_w(watch, told(5_000.0, 5_000.0), 35_000.0, load_w) == 0
    return watch


def test_a_rise_that_shows_at_the_site_has_come_before_it_is_confirmed() -> None:
    assert came_w(a_watch(), rising(5_000.0, 9_000.0), 39_000.0, 30_000.0) == pytest.approx(4_000)
    assert came_w(a_watch(), rising(5_000.0, 9_000.0), 35_000.0, 30_000.0) == 0


def test_what_the_load_takes_more_is_no_rise_of_the_fleet() -> None:
    """The load meter saw it; what it sees beside what it knows counts as it did before."""
    assert came_w(a_watch(), rising(5_000.0, 9_000.0), 39_000.0, 34_000.0) == 0
    assert came_w(a_watch(27_000.0), rising(5_000.0, 9_000.0), 39_000.0, 27_000.0) == 4_000
    assert came_w(a_watch(27_000.0), rising(5_000.0, 9_000.0), 39_000.0, 31_000.0) == 0


def test_a_fall_that_came_early_is_no_room() -> None:
    assert came_w(a_watch(), rising(5_000.0, 0.0, age_s=1.0), 30_000.0, 30_000.0) == -5_000
    assert came_w(a_watch(), rising(5_000.0, 0.0, age_s=1.0), 35_000.0, 30_000.0) == 0


def test_never_more_has_come_than_was_ordered() -> None:
    assert came_w(a_watch(), rising(5_000.0, 9_000.0), 80_000.0, 30_000.0) == 4_000
    assert came_w(a_watch(), told(5_000.0, 5_000.0), 80_000.0, 30_000.0) == 0
    assert came_w(a_watch(), rising(5_000.0, 9_000.0, age_s=10.0), 39_000.0, 30_000.0) == 0


def test_without_a_meter_of_the_load_nothing_has_come_before_it_is_confirmed() -> None:
    assert came_w(a_watch(None), rising(5_000.0, 9_000.0), 39_000.0, None) == 0
    assert came_w(a_watch(), rising(5_000.0, 9_000.0), 39_000.0, 30_000.0, load_age_s=1.0) == 0
