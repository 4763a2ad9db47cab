"""How fast a site may be swung."""

from scheduler.domain.dispatch import Dispatch


def test_fleet_and_store_swing_from_end_to_end_in_twenty_seconds() -> None:
    assert Dispatch().ramp_over_w_per_s(3_000_000) == 150_000


def test_a_small_site_may_still_start_a_charger_each_second() -> None:
    assert Dispatch().ramp_over_w_per_s(132_000) == 25_000


def test_what_the_site_says_counts() -> None:
    assert Dispatch(ramp_w_per_s=2_000).ramp_over_w_per_s(3_000_000) == 2_000
