from hypothesis import given
from hypothesis import strategies as st

from web.limits import MANY_KEYS, Limiter


def test_a_burst_then_one_per_refill() -> None:
    limiter = Limiter(burst=3, refill_s=10)
    assert [limiter.take("a", 0) for _ in range(3)] == [0, 0, 0]
    assert limiter.take("a", 0) == 10
    assert limiter.take("a", 4) == 6
    assert limiter.take("a", 10) == 0
    assert limiter.take("a", 10) == 10


def test_keys_do_not_share() -> None:
    limiter = Limiter(burst=1, refill_s=10)
    assert [limiter.take(key, 0) for key in "ab"] == [0, 0]


def test_a_try_that_succeeded_does_not_count() -> None:
    limiter = Limiter(burst=1, refill_s=10)
    for _ in range(5):
        assert limiter.take("a", 0) == 0
        limiter.give_back("a")


@given(st.lists(st.floats(0, 20), min_size=1, max_size=60))
def test_never_more_than_the_burst_and_what_came_back(pauses_s: list[float]) -> None:
    limiter, now_s, taken = Limiter(burst=5, refill_s=3), 0.0, 0
    for pause_s in pauses_s:
        now_s += pause_s
        taken += limiter.take("a", now_s) == 0
        assert taken <= 5 + now_s / 3 + 1e-6


def test_many_guessers_do_not_fill_the_memory() -> None:
    limiter = Limiter(burst=1, refill_s=1)
    for number in range(3 * MANY_KEYS):
        limiter.take(str(number), number / 1000)
    assert len(limiter._buckets) <= MANY_KEYS + 1
