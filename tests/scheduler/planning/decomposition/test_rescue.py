"""Who cannot wait is not left short for those who can."""

from dataclasses import replace

import numpy as np
import pytest
from msgspec.structs import replace as changed

from scheduler.domain.site import Circuit
from scheduler.planning.direct import solve_direct
from scheduler.planning.pose import problem_of
from scheduler.planning.solution import GOAL_RATIO, stored_wh
from tests.scheduler.planning.decomposition.test_engine import a_fleet, solved


@pytest.mark.parametrize("seed", range(2))
def test_on_feeders_nearly_full_nobody_misses_what_all_could_have(seed: int) -> None:
    given_ = a_fleet(150, seed=seed)
    yard = Circuit(circuit_id="yard", limit_w=4_400 * 150)
    bay = Circuit(circuit_id="bay", limit_w=2_200 * 150, parent_id="yard")
    given_ = replace(given_, site=changed(given_.site, circuits=(yard, bay)))
    problem = problem_of(given_)
    found, exact = solved(given_), solve_direct(problem, 60.0)
    assert exact is not None
    missing_wh, least_wh = (
        np.maximum(problem.vehicles.target_wh - stored_wh(problem, net_w)[:, -1], 0.0).sum()
        for net_w in (found.solution.net_w, exact.net_w)
    )
    assert missing_wh == pytest.approx(least_wh, abs=50)
    assert found.solution.gap_ratio <= GOAL_RATIO
