from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from scheduler.adapters.plant import Measured
from scheduler.domain.reading import Sample
from scheduler.domain.site import GridConnection, Load
from scheduler.services.swing import FEW_CYCLES, GROWTH_RATIO, KEPT, Swing, SwingWatch
from tests.scheduler.makers import NOON, a_site

SITE = a_site(
    grid_connection=GridConnection(import_limit_w=100_000, export_limit_w=50_000, margin_w=3_000),
    load=Load(max_w=90_000, profile_w=(50_000.0,) * 48),
)
CYCLE = timedelta(seconds=10)


class Site:
    """Ten seconds after ten seconds; meters that are not named are silent."""

    def __init__(self) -> None:
        self.watch, self.at = SwingWatch(), NOON

    def show(self, later: timedelta = CYCLE, **told_w: float) -> Swing:
        self.at += later
        samples = {name: Sample(power_w, 0.0) for name, power_w in told_w.items()}
        return self.watch.observe(SITE, Measured(at=self.at, **samples))


def quiet_site(**told_w: float) -> Site:
    site = Site()
    for _ in range(FEW_CYCLES + 1):
        site.show(**told_w)
    return site


def test_a_site_that_nobody_has_watched_yet_may_move_by_its_margin() -> None:
    site = Site()
    assert site.show(load=50_000) == Swing(rise_w=3_000, fall_w=3_000)


def test_a_site_at_rest_keeps_nothing_back() -> None:
    assert quiet_site(load=50_000).show(load=50_000) == Swing()


def test_a_move_counts_over_the_two_cycles_until_it_is_answered() -> None:
    site = quiet_site(load=50_000, solar=10_000)
    site.show(load=51_000, solar=10_000)
    moved = site.show(load=51_000, solar=9_500)
    assert moved.rise_w == GROWTH_RATIO * 1_500
    assert moved.fall_w == 0


def test_a_move_is_forgotten_when_it_is_long_ago() -> None:
    site = quiet_site(load=50_000)
    site.show(load=52_000)
    for _ in range(KEPT // CYCLE + 2):
        still = site.show(load=52_000)
    assert still == Swing()


def test_the_load_never_rises_above_its_largest() -> None:
    site = quiet_site(load=80_000, wind=5_000)
    site.show(load=84_000, wind=5_000)
    assert site.show(load=88_000, wind=5_000).rise_w == 90_000 - 83_000


def test_a_meter_that_falls_silent_is_no_move() -> None:
    site = quiet_site(load=50_000, solar=20_000)
    assert site.show(load=50_000) == Swing()
    assert site.show(load=50_000, solar=20_000) == Swing()


def test_without_a_load_meter_the_connection_less_the_store_tells() -> None:
    site = quiet_site(grid=60_000, store=10_000)
    site.show(grid=52_000, store=2_000)
    assert site.show(grid=53_000, store=2_000) == Swing(rise_w=GROWTH_RATIO * 1_000, fall_w=0)


def test_who_was_away_for_long_begins_anew() -> None:
    site = quiet_site(load=50_000)
    assert site.show(later=2 * KEPT, load=80_000) == Swing(rise_w=3_000, fall_w=3_000)


@given(st.lists(st.floats(0, 90_000), min_size=FEW_CYCLES + 3, max_size=40))
def test_a_move_that_was_seen_before_is_expected(loads_w: list[float]) -> None:
    site = Site()
    for load_w in loads_w:
        expected = site.show(load=load_w)
    before_w, last_w = min(loads_w[-3:-1]), loads_w[-1]
    room_w = 90_000 - last_w
    assert expected.rise_w >= min(last_w - before_w, room_w) - 1e-6
    assert expected.rise_w <= room_w + 1e-6
    assert expected.fall_w >= max(loads_w[-3:-1]) - last_w - 1e-6
    assert expected.fall_w <= GROWTH_RATIO * 90_000
