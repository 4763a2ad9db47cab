"""What each line carries of an EVSE's power: the worst that can be where that is unknown."""

import pytest

from scheduler.domain.lines import line_ratios


@pytest.mark.parametrize(
    ("phases", "lines", "ratios"),
    [
        (1, "L2", (0, 1, 0)),
        (2, "L1L3", (1 / 2, 0, 1 / 2)),
        (3, "L1L2L3", (1 / 3, 1 / 3, 1 / 3)),
        (3, "", (1 / 3, 1 / 3, 1 / 3)),
        (1, "", (1, 1, 1)),
        (2, "", (1 / 2, 1 / 2, 1 / 2)),
        (3, "L1", (1, 0, 0)),
    ],
    ids=["one", "two", "three", "three, unnamed", "one of them", "two of them", "names count"],
)
def test_each_line_that_may_be_used_carries_a_phase(
    phases: int, lines: str, ratios: tuple[float, ...]
) -> None:
    assert line_ratios(phases, lines) == pytest.approx(ratios)
