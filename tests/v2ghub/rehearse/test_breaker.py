import pytest

from v2ghub.rehearse.breaker import COOLS_S, Breaker, stands_s

HOUR_S = 3600


@pytest.mark.parametrize(
    ("ratio", "stood_s"), [(1.0, float("inf")), (1.13, HOUR_S), (2.55, 1.0)], ids=str
)
def test_the_points_of_the_standard_are_on_the_curve(ratio: float, stood_s: float) -> None:
    assert stands_s(ratio) == pytest.approx(stood_s)


def held(breaker: Breaker, power_w: float, seconds: int) -> bool:
    return all([breaker.carry(power_w, 1.0) for _ in range(seconds)])


def test_a_small_overload_is_stood_for_most_of_an_hour_and_no_longer() -> None:
    breaker = Breaker(10_000)
    assert held(breaker, 11_300, HOUR_S - 2)
    assert not held(breaker, 11_300, 4)


def test_a_short_circuit_is_not_stood_for_two_seconds() -> None:
    assert not held(Breaker(10_000), 26_000, 2)


def test_overloads_add_up_unless_there_is_time_to_cool() -> None:
    hot, rested = Breaker(10_000), Breaker(10_000)
    assert held(hot, 11_300, HOUR_S // 2)
    assert held(rested, 11_300, HOUR_S // 2)
    assert held(rested, 9_000, int(COOLS_S))
    assert not held(hot, 11_300, HOUR_S // 2 + 2)
    assert held(rested, 11_300, HOUR_S // 2 + 2)
    assert hot.over_s == pytest.approx(HOUR_S + 2)
