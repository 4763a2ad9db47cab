"""The set-up compiles the planner's kernels with a problem of its own; without it the first plan
would, and might take longer than a planner may."""

import runpy
from pathlib import Path

from scheduler.planning.pose import problem_of

KERNELS = Path(__file__).parents[4] / "tools" / "kernels.py"


def test_the_set_up_still_knows_how_a_problem_is_posed() -> None:
    posed = problem_of(runpy.run_path(str(KERNELS))["an_hour_or_two"]())
    assert posed.vehicles.present_h.any(), "a vehicle to plan for, or nothing is compiled"
