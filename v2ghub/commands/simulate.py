"""`v2ghub simulate`: planning and control of a site over days to a year, without a network."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from v2ghub.errors import HubError
from v2ghub.output import AsJson, answer, err
from v2ghub.simulate.scenario import Scenario

FIRST_DAY = datetime(2026, 3, 24, tzinfo=UTC)
LONGEST_DAYS = 366
STEPS_S = (1, 5, 10, 30, 60, 300, 900)


def simulate(
    site: Annotated[Path, typer.Argument(help="A site file, or `ev36zero` or `depot`.")],
    out: Annotated[
        Path, typer.Option("--out", help="Folder for the report and the Parquet files.")
    ],
    days: Annotated[int, typer.Option(min=1, max=LONGEST_DAYS, help="How many UTC days.")] = 7,
    first: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")
    ] = FIRST_DAY,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weather and drivers.")] = 1,
    scenario: Annotated[
        list[Scenario] | None,
        typer.Option(help="Who decides; may be repeated. [default: all of them]"),
    ] = None,
    step: Annotated[int, typer.Option(help="Seconds per step: 1, 5, 10, 30, 60, 300 or 900.")] = 60,
    as_json: AsJson = False,
) -> None:
    """Simulate a site with its planner and controller, and compare ways to decide."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from simulator.site import load_site
    from v2ghub.settings import site_file
    from v2ghub.simulate.results import figures, write
    from v2ghub.simulate.results import simulate as run
    from v2ghub.sitefiles import read_sites

    if step not in STEPS_S:
        raise HubError(f"--step {step}: it must be one of {', '.join(map(str, STEPS_S))}")
    (one,) = read_sites([site_file(site)])
    chosen = list(dict.fromkeys(scenario or Scenario))
    words = TextColumn("[dim]▸[/dim] {task.description}")
    with Progress(words, BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
                  TimeRemainingColumn(), console=err) as bar:  # fmt: skip
        tasks = {name: bar.add_task(name.value, total=24 * days) for name in chosen}
        runs = run(
            one.site,
            load_site(one.path),
            first.date(),
            days,
            scenarios=chosen,
            seed=seed,
            step_s=step,
            say=lambda name, hours: bar.update(tasks[name], completed=hours),
        )
    write(out, one.site, runs)
    lines = [
        f"  {name:12} {o.cost_gbp:12,.2f} GBP  {100 * o.ready_ratio:6.2f} % of the energy asked for"
        f"  {o.over_steps} steps over a limit"
        for name, (_, o) in runs.items()
    ]
    answer(as_json, figures(runs), "\n".join([*lines, f"  {out / 'report.html'}"]))
