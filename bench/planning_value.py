"""What is a plan worth? Weeks of real charging sessions at workplaces of 60, 300 and 1,000 chargers
behind a tight and a loose connection, by each way to decide, and by our plan if every driver told.

Value: 0 for immediate charging, 1 for our planner with all known beforehand, weather and every
coming session included, which no planner could know: the hub knows what a real one would, the last
two weeks, a weather service, and what drivers and stations tell. Sessions are real
(ACN-Data, Caltech, CC BY 4.0, see simulator/data/ATTRIBUTION.md); prices, load and sun are
synthetic. No store: what is gained is gained with vehicles, four of ten of which can give. The
short form is a week of 60 chargers. Prints JSON lines.

    .venv/bin/python bench/planning_value.py [--short] [--chargers N] [--connection tight|loose]
        [--scenario NAME] [--days N] [--seed N]
"""

import argparse
import json
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from scheduler.domain.site import Site
from scheduler.domain.site_rules import load_site
from simulator.site import SiteSpec
from simulator.site import load_site as load_spec
from v2ghub.simulate.outcome import Outcome, outcome_of
from v2ghub.simulate.past import PAST_DAYS
from v2ghub.simulate.run import DAY_S, SiteRun
from v2ghub.simulate.scenario import Scenario

BENCH = "planning_value"
FIRST_DAY = date(2026, 5, 4)  # a Monday
SIZES = (60, 300, 1_000)
STEP_S = {60: 60, 300: 60, 1_000: 300}
# W per charger: of the connection (largest load and floors are 4.5 kW), and of each feeder
CONNECTIONS = {"tight": (4_800, 2_800), "loose": (12_000, 8_000)}
FEEDER_CHARGERS = 100
ALL_TELL = "plan, all tell"
NAMES = [*(scenario.value for scenario in Scenario), ALL_TELL]
PROFILE = (
    [0.9] * 10 + [1.0, 1.2, 1.5, 1.9, 2.3, 2.6] + [2.8] * 4 + [2.9] * 10 + [2.8, 2.6, 2.3, 2.0]
    + [1.7, 1.5, 1.3, 1.2] + [1.0] * 10
)  # fmt: skip
IMPORT_GBP = [0.15] * 10 + [0.16, 0.17, 0.19, 0.20, 0.21, 0.22, 0.22, 0.22, 0.21, 0.20] + [
    0.20, 0.19, 0.19, 0.19, 0.18, 0.18, 0.18, 0.19, 0.20, 0.21, 0.24, 0.28, 0.38, 0.40, 0.41, 0.42,
    0.41, 0.39, 0.30, 0.27, 0.25, 0.24, 0.22, 0.21, 0.20, 0.18, 0.17, 0.16,
]  # fmt: skip
EXPORT_GBP = [0.06] * 32 + [0.10] * 6 + [0.06] * 10


def a_workplace(chargers: int, connection: str) -> str:
    """A site file: feeders of a hundred chargers, 8 kW of sun per charger."""
    import_w, feeder_w = CONNECTIONS[connection]
    feeders = -(-chargers // FEEDER_CHARGERS)
    each = chargers // feeders
    parts = [
        f"""
site_id = "workplace"
name = "Workplace"
time_zone = "Europe/London"
latitude_deg = 51.5
longitude_deg = -0.1
[grid_connection]
import_limit_w = {import_w * chargers}
export_limit_w = {8_000 * chargers}
margin_w = {50 * chargers}
meter = {{ host = "127.0.0.1", port = 5020, unit_id = 1 }}
[[solar]]
farm_id = "roof"
capacity_w = {8_000 * chargers}
tilt_deg = 20
azimuth_deg = 180
[load]
max_w = {3_100 * chargers}
profile_w = {[1_000.0 * chargers * kw for kw in PROFILE]}
[tariff]
surplus_value_gbp_per_kwh = 0.09
import_gbp_per_kwh = {IMPORT_GBP}
export_gbp_per_kwh = {EXPORT_GBP}
"""
    ]
    for feeder in range(feeders):
        size = each + (chargers - each * feeders if feeder == feeders - 1 else 0)
        two_way, fast = 2 * size // 5, size // 10
        parts.append(f'[[circuits]]\ncircuit_id = "f{feeder}"\nlimit_w = {feeder_w * size}\n')
        for kind, model, count, power_w in (
            ("v2g", "Bidirectional-11", two_way, "11_000\nmax_discharge_w = 10_000"),
            ("ac", "AC-11", size - two_way - fast, "11_040"),
            ("fast", "AC-22", fast, "22_080"),
        ):
            parts.append(
                f'[[stations]]\nprefix = "f{feeder}-{kind}-"\ncount = {count}\n'
                f'circuit_id = "f{feeder}"\nvendor = "V2GHubSim"\nmodel = "{model}"\n'
                f"max_charge_w = {power_w}\n"
            )
    return "".join(parts)


def loaded(text: str) -> tuple[Site, SiteSpec]:
    """The file as hub and simulator read it."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(text)
        file.flush()
        return load_site(text), load_spec(Path(file.name))


def told(metric: str, value: float, unit: str, **where: object) -> None:
    row = {"bench": BENCH, "metric": metric, "value": round(value, 4), "unit": unit}
    print(json.dumps(row | where), flush=True)


def measure(chargers: int, connection: str, days: int, seed: int, names: list[str]) -> None:
    """All ways to decide over the same days."""
    site, spec = loaded(a_workplace(chargers, connection))
    where: dict[str, object] = {"chargers": chargers, "connection": connection}
    where |= {"days": days, "seed": seed}
    outcomes: dict[str, Outcome] = {}
    for name in names:
        scenario = Scenario.PLAN if name == ALL_TELL else Scenario(name)
        run = SiteRun(
            site, spec, FIRST_DAY, days, scenario=scenario, seed=seed, step_s=STEP_S[chargers],
            past_days=PAST_DAYS,
        )  # fmt: skip
        for bay in run.bays.values():
            bay.knows_all |= name == ALL_TELL
        cpu_s = time.process_time()
        outcome = outcomes[name] = outcome_of(site, run.run(days * DAY_S))
        cpu_s = (time.process_time() - cpu_s) / days
        tell(outcome, cpu_s, where | {"scenario": name})
    immediate, best = outcomes.get(Scenario.IMMEDIATE), outcomes.get(Scenario.CLAIRVOYANT)
    if immediate is None or best is None:
        return
    for name, outcome in outcomes.items():
        here = where | {"scenario": name, "peer": "clairvoyant"}
        value = (immediate.cost_gbp - outcome.cost_gbp) / (immediate.cost_gbp - best.cost_gbp)
        told("value", value, "ratio", target=0.97, **here)
        possible = (outcome.asked_wh - outcome.missing_wh) / (best.asked_wh - best.missing_wh)
        told("ready_of_possible", possible, "ratio", target=0.999, **here)


def tell(outcome: Outcome, cpu_s: float, where: dict[str, object]) -> None:
    """The figures of one run."""
    told("cpu_per_day", cpu_s, "s", **where)
    told("cost", outcome.cost_gbp, "GBP", **where)
    told(
        "surplus_taken",
        outcome.taken_wh / 1000,
        "kWh",
        of=round(outcome.surplus_wh / 1000),
        **where,
    )
    told("asked", outcome.asked_wh / 1000, "kWh", **where)
    told(
        "missing", outcome.missing_wh / 1000, "kWh", known=outcome.missing_known_wh / 1000, **where
    )
    told("short", outcome.late, "stays", of=outcome.stays, known=outcome.late_known, **where)
    told("over_a_limit", outcome.over_steps, "steps", worst_w=round(outcome.over_w), **where)
    told("made_by_rule", outcome.by_rule, "plans", of=outcome.plans, **where)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--chargers", type=int, choices=SIZES)
    parser.add_argument("--connection", choices=list(CONNECTIONS))
    parser.add_argument("--scenario", action="append", choices=NAMES)
    parser.add_argument("--days", type=int)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    sizes = [asked.chargers] if asked.chargers else SIZES[:1] if asked.short else SIZES
    for chargers in sizes:
        for connection in [asked.connection] if asked.connection else CONNECTIONS:
            days = asked.days or (7 if asked.short else 28)
            measure(chargers, connection, days, asked.seed, asked.scenario or NAMES)


if __name__ == "__main__":
    main()
