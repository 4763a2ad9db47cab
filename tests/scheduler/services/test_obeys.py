"""A store that answers and does not do what it is told."""

from scheduler.domain.reading import Sample
from scheduler.planning.guard_types import StoreState
from scheduler.services.obeys import StoreWatch


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
