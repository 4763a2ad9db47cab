"""A station whose leases do not end counts at full power wherever the hub may not be heard."""

import pytest

from scheduler.domain.site import Circuit
from scheduler.planning.guard import guard
from tests.scheduler.makers import NOON
from tests.scheduler.planning.test_guard import a_second, evse, powers

YARD = (Circuit(circuit_id="yard", limit_w=20_000),)


@pytest.mark.parametrize(("ends", "left_w"), [(True, 11_000), (False, 9_000)])
def test_out_of_reach_after_its_lease(ends: bool, left_w: float) -> None:
    gone = evse(1, 0, connected=False, power=None, setpoint_until=NOON, lease_ends=ends)
    assert powers(guard(a_second(50_000, gone, evse(2, 11_000), circuits=YARD))) == [left_w]


@pytest.mark.parametrize(("ends", "left_w"), [(True, 11_000), (False, 9_000)])
def test_room_is_kept_for_who_may_be_plugged_in(ends: bool, left_w: float) -> None:
    free = evse(1, None, plugged=False, power=None, setpoint_w=None, lease_ends=ends)
    assert powers(guard(a_second(50_000, free, evse(2, 11_000), circuits=YARD))) == [left_w]


def test_a_fresh_meter_knows_better() -> None:
    gone = evse(1, 2_000, connected=False, setpoint_until=NOON, lease_ends=False)
    assert powers(guard(a_second(50_000, gone, evse(2, 11_000), circuits=YARD))) == [11_000]


def test_told_it_counts_at_what_it_is_told() -> None:
    one = evse(1, 1_400, lease_ends=False)
    assert powers(guard(a_second(50_000, one, evse(2, 11_000), circuits=YARD))) == [1_400, 11_000]
