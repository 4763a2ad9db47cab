"""The controller's pure step: measured power, plan and bounds → what to hold for the next second.

Stateless per cycle: all it knows is its input. The store is the fast actuator, vehicles the slow.
"""

from scheduler.planning.guard_types import GuardInput, GuardResult


def guard(given: GuardInput) -> GuardResult:
    """Setpoints that keep every bound where physics allows, nearest to plan and instruction."""
    raise NotImplementedError
