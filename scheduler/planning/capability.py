"""What the fleet and the store can give up and down over a window, to acknowledge a signal."""

from scheduler.domain.plan import Plan
from scheduler.domain.settlement import Acknowledgement
from scheduler.domain.signal import Baseline, GridSignal
from scheduler.planning.problem import PlanningInput


def freeze_baseline(plan: Plan, signal: GridSignal, plan_version: int | None) -> Baseline:
    """The plan's site power over the signal's window: what would be without the instruction."""
    raise NotImplementedError


def acknowledge(given: PlanningInput, plan: Plan, signal: GridSignal) -> Acknowledgement:
    """What of the signal can be delivered, from the plan made without it."""
    raise NotImplementedError
