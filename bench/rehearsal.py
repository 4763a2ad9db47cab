"""The hub under random faults in virtual time: simulated hours, breaches (0 is the target), and how
much faster than real time that is.

    python bench/rehearsal.py [--hours 200] [--seeds 8] [--stations 8] [--first-seed N]

The hours are shared by the seeds, and a core runs one seed at a time. Each seed is printed before
it runs; one that breaks an invariant says so, with the command that replays it.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

BENCH = "rehearsal"


def run(seed: int, stations: int, hours: float) -> dict[str, Any]:
    """One seed in a process of its own."""
    words = ["rehearse", "--json", "--seed", seed, "--stations", stations, "--hours", hours]
    print(f"# v2ghub {' '.join(map(str, words))}", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "v2ghub", *map(str, words)],
        env={**os.environ, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode not in (0, 1) or not done.stdout:
        raise SystemExit(done.stderr)
    told: dict[str, Any] = json.loads(done.stdout)
    for breach in told["breaches"]:
        print(f"# seed {seed}: {breach}", flush=True)
    if told["breaches"]:
        print(f"# {done.stderr.strip()}; options {json.dumps(told['options'])}", flush=True)
    return told


def say(metric: str, value: float, unit: str) -> None:
    line = {"bench": BENCH, "metric": metric, "value": round(value, 3), "unit": unit,
            "peer": None, "ratio": None}  # fmt: skip
    print(json.dumps(line), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=200.0)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--stations", type=int, default=8)
    asked = parser.parse_args()
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    before, began_s = os.times(), time.monotonic()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        told = list(
            pool.map(lambda seed: run(seed, asked.stations, asked.hours / asked.seeds), seeds)
        )
    after = os.times()
    cpu_s = after.children_user + after.children_system
    cpu_s -= before.children_user + before.children_system
    simulated_s = sum(one["seconds"] for one in told)
    say("simulated time", simulated_s / 3600, "h")
    say("breaches", sum(len(one["breaches"]) for one in told), "breaches")
    say("faults", sum(one["faults"] for one in told), "faults")
    say("healings", sum(one["healings"] for one in told), "healings")
    say("slowest convergence", max(one["slowest_convergence_s"] for one in told), "s")
    say("acknowledged events", sum(one["acknowledged"] for one in told), "events")
    for name in told[0]["worst_ratio"]:
        over_s = sum(one["over_limit_s"][name] for one in told)
        say(f"{name}: time above the limit", over_s, "s")
        say(f"{name}: worst", max(one["worst_ratio"][name] for one in told), "of the limit")
        nearest = max(one["hottest_ratio"][name] for one in told)
        say(f"{name}: closest to tripping", nearest, "of what its breaker stands")
    for name in told[0]["events"]:
        say(name, sum(one["events"][name] for one in told), "times")
    say("simulated per CPU second", simulated_s / cpu_s, "s")
    say("simulated per second", simulated_s / (time.monotonic() - began_s), "s")


if __name__ == "__main__":
    main()
