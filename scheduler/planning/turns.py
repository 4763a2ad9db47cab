"""Dwell: a vehicle charges for a while before it may give, and gives before it may charge.

The solvers do not know that. Where a plan turns too soon, the vehicle rests until it may turn, as
the controller would have it; where the site cannot do without what it gives then, it does not
charge before that instead.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scheduler.domain.plan import Watts
from scheduler.planning.problem import Problem

TINY_W = 1.0
TINY_S = 1e-3

Seconds = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


def too_soon(problem: Problem, net_w: Watts) -> Indices:
    """The vehicles that turn before their dwell is over."""
    if problem.dwell_s <= problem.slot_h.min(initial=np.inf) * 3600.0:
        return np.zeros(0, dtype=np.intp)
    sign = np.where(np.abs(net_w) > TINY_W, np.sign(net_w), 0.0)
    both = np.nonzero((sign > 0).any(axis=1) & (sign < 0).any(axis=1))[0]
    begins_s = _begins_s(problem)
    soon = [i for i in both.tolist() if _first_soon(sign[i], begins_s, problem.dwell_s) is not None]
    return np.array(soon, dtype=np.intp)


def turned(problem: Problem, row_w: Watts, rise_w: Watts) -> Watts:
    """One vehicle's powers with no turn too soon; `rise_w` (slots,): how much more the connection
    carries, on which what it gives must not be leant."""
    row_w, begins_s = row_w.copy(), _begins_s(problem)
    while True:
        sign = np.where(np.abs(row_w) > TINY_W, np.sign(row_w), 0.0)
        turn = _first_soon(sign, begins_s, problem.dwell_s)
        if turn is None:
            return row_w
        if row_w[turn.slot] < 0 and -row_w[turn.slot] > rise_w[turn.slot]:
            row_w[turn.since : turn.slot] = 0.0
        else:
            row_w[turn.slot] = 0.0


@dataclass(frozen=True, slots=True)
class _Turn:
    """A turn in `slot` from a direction taken in slot `since`."""

    slot: int
    since: int


def _first_soon(sign: npt.NDArray[np.float64], begins_s: Seconds, dwell_s: float) -> _Turn | None:
    """The first turn that comes too soon."""
    since = -1
    for slot in np.nonzero(sign)[0].tolist():
        if since >= 0 and sign[slot] == sign[since]:
            continue
        if since >= 0 and begins_s[slot] - begins_s[since] < dwell_s - TINY_S:
            return _Turn(slot, since)
        since = slot
    return None


def _begins_s(problem: Problem) -> Seconds:
    """When each slot begins, from now."""
    begins_s: Seconds = (np.cumsum(problem.slot_h) - problem.slot_h) * 3600.0
    return begins_s
