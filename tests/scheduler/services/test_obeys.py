"""A store that answers and does not do what it is told."""

from scheduler.domain.reading import Sample
from scheduler.planning.guard_types import StoreState
from scheduler.services.obeys import StoreWatch
from tests.scheduler.makers import a_site, a_store

SITE = a_site(store=a_store())


def gives(power_w: float) -> StoreState:
    return StoreState(
        max_charge_w=50_000, max_discharge_w=50_000, min_energy_wh=0, max_energy_wh=100_000,
        power=Sample(power_w, 0.0),
    )  # fmt: skip


def test_a_store_that_follows_is_counted_on() -> None:
    watch = StoreWatch()
    for told_w in (0.0, -20_000.0, 30_000.0):
        assert watch.judge(SITE, gives(watch.told_w or 0.0))
        assert watch.tell(told_w) == told_w


def test_one_that_tripped_is_not_and_is_asked_for_the_same_until_it_gives_it() -> None:
    watch = StoreWatch()
    watch.tell(-30_000.0)
    assert watch.judge(SITE, gives(0.0)), "it may be on its way"
    assert watch.tell(-31_000.0) == -31_000.0
    assert not watch.judge(SITE, gives(0.0))
    assert watch.tell(0.0) == -31_000.0
    assert not watch.judge(SITE, gives(0.0))
    assert watch.judge(SITE, gives(-30_500.0))
    assert watch.tell(-5_000.0) == -5_000.0


def test_before_it_was_told_anything_nothing_is_held_against_it() -> None:
    assert StoreWatch().judge(SITE, gives(-40_000.0))
    assert StoreWatch().judge(a_site(), None)
