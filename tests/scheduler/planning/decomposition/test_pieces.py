"""The pieces of a cost over energy, carried back over one slot, against trying every change."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.planning.decomposition.pieces import Slot, carried_back

ROOM = 4
slopes = st.lists(st.integers(-9, 9), min_size=1, max_size=4, unique=True).map(sorted)


def cost_gbp(table: np.ndarray, low_kwh: float, energy_kwh: float) -> float:
    """What an energy costs beyond the lowest, by its pieces (2, count)."""
    gbp, start_kwh = 0.0, low_kwh
    for slope, end_kwh in table.T:
        gbp += slope * (min(energy_kwh, end_kwh) - min(energy_kwh, start_kwh))
        start_kwh = end_kwh
    return gbp


@settings(max_examples=200, deadline=None)
@given(slopes, st.integers(-9, 9), st.integers(0, 5), st.integers(0, 3), st.integers(0, 3))
def test_a_slot_back_costs_what_its_best_change_leaves(
    told: list[int], buy: int, dearer: int, take: int, give: int
) -> None:
    """Whole slopes, lengths and powers: the best change is a whole number, too."""
    after = np.array([told, 2.0 + 2.0 * np.arange(len(told))])
    high = float(after[1, -1])
    table = np.zeros((2, 16))
    table[:, ROOM : ROOM + len(told)] = after
    slot = Slot(
        float(buy), float(buy - dearer), float(take), float(give), 0.0, 1.0, np.inf, 0.0, high
    )
    begin, count, _, _ = carried_back(table, ROOM, ROOM + len(told), slot)
    before = table[:, begin:count]
    assert np.all(np.diff(before[0]) > 0)
    assert np.all(np.diff(before[1]) > 0)

    def best_gbp(energy: int) -> float:
        changes = range(max(-give, -energy), min(take, int(high) - energy) + 1)
        paid = {c: c * (buy if c > 0 else buy - dearer) for c in changes}
        return min(paid[c] + cost_gbp(after, 0.0, energy + c) for c in changes)

    reachable = range(int(before[1, -1]) + 1)
    for energy in reachable:
        expected_gbp = best_gbp(energy) - best_gbp(0)
        assert cost_gbp(before, 0.0, energy) == pytest.approx(expected_gbp, abs=1e-9)
