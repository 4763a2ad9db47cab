"""What stations tell of their supply."""

import pytest

from csms.domain.station import phases_of_rotation, supply_phases


@pytest.mark.parametrize(
    ("told", "phases"),
    [
        ("0.RST, 1.RTS, 2.SRT", {0: 3, 1: 3, 2: 3}),
        ("RST", {0: 3}),
        ("1.rst", {1: 3}),
        ("0.NotApplicable, 1.NotApplicable", {}),
        ("1.Unknown,2.RRT,x.RST,.", {}),
        ("", {}),
        (None, {}),
    ],
)
def test_only_an_order_of_three_phases_tells_how_many_there_are(
    told: str | None, phases: dict[int, int]
) -> None:
    assert phases_of_rotation(told) == phases


@pytest.mark.parametrize(
    ("told", "phases"), [("1", 1), ("2", 2), ("3", 3), ("0", 3), ("many", 3), (None, 3)]
)
def test_three_phases_unless_fewer_are_told(told: str | None, phases: int) -> None:
    assert supply_phases(told) == phases
