"""Results: a simulation run from end to end, and its files.

`site-<scenario>.parquet`: a row per step. `stays-<scenario>.parquet`: a row per stay that is over.
`figures.json`: the outcome of each scenario. `report.html`: all of it for people.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import UTC, date
from pathlib import Path

from scheduler.domain.site import Site
from simulator.site import SiteSpec
from v2ghub.simulate import parquet
from v2ghub.simulate.outcome import Outcome, outcome_of, step_prices, value_ratio
from v2ghub.simulate.past import PAST_DAYS
from v2ghub.simulate.record import Record
from v2ghub.simulate.report import Runs, report
from v2ghub.simulate.run import DAY_S, SiteRun
from v2ghub.simulate.scenario import Scenario

HOUR_S = 3600
SITE_SERIES = (
    "grid_w", "load_w", "solar_w", "wind_w", "store_w", "store_wh", "fleet_w", "given_w",
)  # fmt: skip


def simulate(
    site: Site,
    spec: SiteSpec,
    first_day: date,
    days: int,
    *,
    scenarios: Sequence[Scenario],
    seed: int,
    step_s: int,
    say: Callable[[Scenario, int], None] = lambda scenario, hours: None,
) -> dict[Scenario, tuple[Record, Outcome]]:
    """Every scenario over the same days. `say` hears how many hours are done."""
    runs = {}
    for scenario in scenarios:
        run = SiteRun(
            site, spec, first_day, days, scenario=scenario, seed=seed, step_s=step_s,
            past_days=PAST_DAYS,
        )  # fmt: skip
        for hour in range(1, days * DAY_S // HOUR_S + 1):
            run.run(hour * HOUR_S)
            say(scenario, hour)
        runs[scenario] = (run.record, outcome_of(site, run.record))
    return runs


def figures(runs: Runs) -> dict[str, dict[str, float | int | None]]:
    """The outcomes as plain numbers, by scenario."""
    costs = {scenario: outcome.cost_gbp for scenario, (_, outcome) in runs.items()}
    return {
        scenario.value: {
            **{
                field.name: getattr(outcome, field.name)
                for field in fields(outcome)
                if field.name != "day_cost_gbp"
            },
            "ready_ratio": outcome.ready_ratio,
            "value_ratio": value_ratio(costs, scenario),
        }
        for scenario, (_, outcome) in runs.items()
    }


def write(out: Path, site: Site, runs: Runs) -> None:
    """All files into the folder `out`, which is made."""
    out.mkdir(parents=True, exist_ok=True)
    for scenario, (record, _) in runs.items():
        parquet.write(out / f"site-{scenario}.parquet", _site_table(site, record))
        parquet.write(out / f"stays-{scenario}.parquet", _stays_table(record))
    (out / "figures.json").write_text(json.dumps(figures(runs), indent=1))
    (out / "report.html").write_text(report(site, runs))


def _site_table(site: Site, record: Record) -> dict[str, parquet.Column]:
    import_gbp, export_gbp = step_prices(site, record)
    table: dict[str, parquet.Column] = {"at": record.at()}
    table |= {name: getattr(record, name) for name in SITE_SERIES}
    table |= {f"circuit_{name}_w": power_w for name, power_w in record.circuit_w.items()}
    return table | {"import_gbp_per_kwh": import_gbp, "export_gbp_per_kwh": export_gbp}


def _stays_table(record: Record) -> dict[str, parquet.Column]:
    stays = record.stays
    return {
        "station_id": [stay.session.station_id for stay in stays],
        "vehicle_id": [stay.session.vehicle.vehicle_id for stay in stays],
        "circuit_id": [stay.circuit_id for stay in stays],
        "tells": [stay.session.tells.value for stay in stays],
        "arrival_at": [stay.session.arrival_at.astimezone(UTC) for stay in stays],
        "departure_at": [stay.session.departure_at.astimezone(UTC) for stay in stays],
        "told_departure_at": [stay.session.told_departure_at.astimezone(UTC) for stay in stays],
        "capacity_wh": [stay.session.vehicle.capacity_wh for stay in stays],
        "requested_wh": [stay.session.requested_wh for stay in stays],
        "target_wh": [stay.target_wh for stay in stays],
        "energy_wh": [stay.energy_wh for stay in stays],
        "import_wh": [stay.import_wh for stay in stays],
        "export_wh": [stay.export_wh for stay in stays],
        "short_wh": [stay.short_wh for stay in stays],
    }
