"""EVSEs that respond to the frequency: room is kept for it, and only who can bear it may."""

import pytest

from scheduler.domain.reading import Sample
from scheduler.domain.site import Circuit
from scheduler.planning.guard import guard
from tests.scheduler.planning.test_guard import a_second, evse, powers

YARD = (Circuit(circuit_id="yard", limit_w=20_000),)


def test_a_circuit_keeps_room_for_what_may_be_added() -> None:
    other = evse(2, 15_000, max_charge_w=15_000.0)
    for rises_w, left_w in ((0.0, 20_000), (3_000.0, 17_000)):
        one = evse(1, 5_000, rises_w=rises_w)
        result = guard(a_second(50_000, one, other, circuits=YARD))
        assert sum(powers(result)) == pytest.approx(left_w)


@pytest.mark.parametrize(
    ("changes", "responds"),
    [
        ({"rises_w": 3_000.0}, True),
        ({"rises_w": 7_000.0}, False),
        ({"falls_w": 3_000.0}, True),
        ({"falls_w": 9_000.0}, False),
        ({"falls_w": 9_000.0, "max_discharge_w": 9_000.0, "spare_wh": 5_000.0}, True),
        ({"falls_w": 9_000.0, "max_discharge_w": 9_000.0, "spare_wh": 0.0}, False),
        ({}, False),
    ],
    ids=["up", "beyond its hardware", "down to nothing", "may not give", "may give",
         "at its floor", "no curve"],
)  # fmt: skip
def test_only_who_can_go_all_the_way_is_let(changes: dict[str, float], responds: bool) -> None:
    (setpoint,) = guard(a_second(30_000, evse(1, 5_000, **changes))).evses
    assert (setpoint.setpoint_w, setpoint.responds) == (5_000, responds)


def test_what_it_adds_by_itself_is_no_disobedience() -> None:
    told = {"ordered_w": 5_000.0, "setpoint_age_s": 60.0, "power": Sample(7_900.0, 1.0)}
    assert guard(a_second(30_000, evse(1, 5_000, **told))).evses[0].reason == "defies"
    assert (
        guard(a_second(30_000, evse(1, 5_000, rises_w=3_000.0, **told))).evses[0].reason == "plan"
    )
