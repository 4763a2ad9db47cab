"""Token buckets: bursts, refill, bounded memory."""

from csms.limiter import Limiter, Pace


def test_a_burst_is_allowed_and_then_one_per_refill() -> None:
    limiter = Limiter(burst=3, per_s=0.5)
    allowed = []
    for _ in range(5):
        allowed.append(limiter.allows("a", 0.0))
        if allowed[-1]:
            limiter.charge("a", 0.0)

    assert allowed == [True, True, True, False, False]
    assert not limiter.allows("a", 1.9)
    assert limiter.allows("a", 2.0)


def test_keys_do_not_share_and_asking_costs_nothing() -> None:
    limiter = Limiter(burst=1, per_s=0.0)
    limiter.charge("a", 0.0)

    assert not limiter.allows("a", 100.0)
    assert all(limiter.allows("b", 0.0) for _ in range(10))


def test_memory_is_bounded() -> None:
    limiter = Limiter(burst=1, per_s=0.0, keys=100)
    for number in range(10_000):
        limiter.charge(number, 0.0)

    assert len(limiter._buckets) == 100
    assert not limiter.allows(9_999, 0.0)


def test_of_too_many_keys_the_one_that_is_busy_keeps_its_debt() -> None:
    limiter = Limiter(burst=2, per_s=0.1, keys=2)
    assert limiter.take("busy", 0)
    assert limiter.take("quiet", 0)
    assert limiter.take("busy", 1)
    assert limiter.take("new", 1)
    assert not limiter.take("busy", 1)


def test_taking_is_asking_and_charging_at_once() -> None:
    limiter = Limiter(burst=2, per_s=1.0)

    assert [limiter.take("a", 0.0) for _ in range(3)] == [True, True, False]
    assert limiter.take("a", 1.0)
    assert not limiter.take("a", 1.5)


def test_a_pace_lets_a_burst_pass_and_then_keeps_the_rate() -> None:
    pace, now_s, waited_s = Pace(burst=10, per_s=5), 100.0, 0.0
    waits = []
    for _ in range(30):
        waits.append(pace.wait_s(1, now_s))
        now_s, waited_s = now_s + waits[-1], waited_s + waits[-1]

    assert waits[:10] == [0.0] * 10
    assert abs(waited_s - 20 / 5) < 1e-9
    assert pace.wait_s(1, now_s + 60) == 0.0


def test_what_costs_much_is_waited_for_afterwards() -> None:
    pace = Pace(burst=2, per_s=1)

    assert pace.wait_s(12, 0.0) == 10.0
    assert pace.wait_s(0, 10.0) == 0.0
