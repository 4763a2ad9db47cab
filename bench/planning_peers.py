"""The decomposition beside others: on the instances that it was first tried on, and beside the same
problem modelled in cvxpy.

`published` are those instances (`_published`): cost, proven gap and CPU seconds, cold and from the
prices it ended with, beside the seconds published for the first prototype, whose costs were proven
to a thousandth: `ratio` below 1 is better. `modelled` is a depot of `planning_scale` written in
cvxpy (`_modelled`) and solved by CLARABEL and by HiGHS, if they end in time. cvxpy is no part of
the platform and not in its locks (Apache-2.0, as CLARABEL; HiGHS is MIT): put it into a folder and
name that, else this part tells that it is missing. Prints JSON lines.

    pip install --target /tmp/peers cvxpy-base clarabel
    PYTHONPATH=/tmp/peers .venv/bin/python bench/planning_peers.py [--short]
        [--part published|modelled] [--sizes 1000] [--limit-s 600]
"""

import argparse
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from _modelled import modelled
from _published import published
from planning_scale import ENVIRONMENT, LIMIT_S, a_depot, timed

from scheduler.planning.decomposition.engine import solve_decomposed
from scheduler.planning.pose import problem_of

BENCH = "planning_peers"
AIM_RATIO = 0.001  # what the prototype was held to
PUBLISHED_S = {1_000: {"cold": 0.8, "warm": 0.37}, 10_000: {"cold": 5.2, "warm": 2.16}}
PUBLISHED = "first prototype, published"
SOLVERS = ("CLARABEL", "HIGHS")
MODELLED = 1_000


def tell(metric: str, value: float, unit: str, **more: Any) -> None:
    row = {"bench": BENCH, "metric": metric, "value": round(value, 6), "unit": unit}
    print(json.dumps(row | more), flush=True)


def skip(reason: str, **more: Any) -> None:
    row = {"bench": BENCH, "metric": "modelled_cpu_s", "skipped": reason}
    print(json.dumps(row | more), flush=True)


def against_published(size: int) -> None:
    problem = published(size)
    solve_decomposed(published(10), LIMIT_S)  # the machine code
    cold, cold_s, _ = timed(lambda: solve_decomposed(problem, LIMIT_S, aim_ratio=AIM_RATIO))
    warm, warm_s, _ = timed(
        lambda: solve_decomposed(problem, LIMIT_S, aim_ratio=AIM_RATIO, start=cold.prices)
    )
    for name, found, cpu_s in (("cold", cold, cold_s), ("warm", warm, warm_s)):
        of = {"vehicles": size, "instance": "published"}
        peer: dict[str, Any] = {}
        if size in PUBLISHED_S:
            peer_s = PUBLISHED_S[size][name]
            peer = {"peer": PUBLISHED, "peer_value": peer_s, "ratio": round(cpu_s / peer_s, 3)}
        tell(f"{name}_cpu_s", cpu_s, "s", **of, **peer)
        tell(f"{name}_gap", found.solution.gap_ratio, "ratio", **of)
        tell(f"{name}_cost", found.solution.objective_gbp, "GBP", **of)


def against_modelled(size: int, limit_s: float) -> None:
    if find_spec("cvxpy") is None:
        skip("cvxpy is not installed", peer="cvxpy")
        return
    problem = problem_of(a_depot(size, 0))
    solve_decomposed(problem_of(a_depot(4, 0)), LIMIT_S)
    ours, ours_s, _ = timed(lambda: solve_decomposed(problem, LIMIT_S).solution)
    for solver in SOLVERS:
        of = {"vehicles": size, "peer": f"cvxpy, {solver}"}
        command = [sys.executable, __file__, "--solve", solver, str(size)]
        try:
            said = subprocess.run(command, env=ENVIRONMENT, timeout=limit_s, capture_output=True)
        except subprocess.TimeoutExpired:
            skip(f"not solved in {limit_s:.0f} s", **of)
            continue
        if said.returncode != 0:
            skip(" ".join(said.stderr.decode().strip().splitlines()[-1:]), **of)
            continue
        told = json.loads(said.stdout.splitlines()[-1])
        tell("modelled_cpu_s", told["cpu_s"], "s", **of)
        tell("faster", told["cpu_s"] / ours_s, "times", **of)
        tell("above_modelled", ours.objective_gbp / told["gbp"] - 1, "ratio", **of)


def solve(solver: str, size: int) -> None:
    """The depot by cvxpy, in a process of its own that may be ended."""
    import cvxpy  # type: ignore[import-not-found]

    given = problem_of(a_depot(size, 0))
    problem, built_s, _ = timed(lambda: modelled(cvxpy, given))
    gbp, solved_s, _ = timed(lambda: problem.solve(solver=solver))
    if problem.status != cvxpy.OPTIMAL:
        raise SystemExit(f"{solver}: {problem.status}")
    print(json.dumps({"gbp": gbp, "cpu_s": built_s + solved_s}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--part", choices=("published", "modelled"), action="append")
    parser.add_argument("--sizes", default="")
    parser.add_argument("--limit-s", type=float, default=900.0)
    asked = parser.parse_args()
    sizes = [int(size) for size in asked.sizes.split(",") if size]
    parts = asked.part or ("published", "modelled")
    if "published" in parts:
        for size in sizes or ([1_000] if asked.short else PUBLISHED_S):
            against_published(size)
    if "modelled" in parts:
        for size in sizes or [100 if asked.short else MODELLED]:
            against_modelled(size, asked.limit_s)


if __name__ == "__main__":
    if "--solve" in sys.argv:
        solve(sys.argv[2], int(sys.argv[3]))
    else:
        main()
