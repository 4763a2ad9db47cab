"""The report of a simulation: one HTML page that needs nothing else, in light and dark."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from html import escape
from pathlib import Path
from string import Template
from zoneinfo import ZoneInfo

import numpy as np

from scheduler.domain.site import Site
from v2ghub.simulate.charts import Line, Numbers, line_chart
from v2ghub.simulate.outcome import Outcome, value_ratio
from v2ghub.simulate.record import Record
from v2ghub.simulate.scenario import Scenario

PAGE = Path(__file__).with_name("report.html")
DAY_S, QUARTER_S = 86_400, 900
QUARTERS = DAY_S // QUARTER_S
SHOWN_DAYS = 7
FINE_GBP = 10_000  # below it pence are shown
NAMES: Mapping[Scenario, str] = {
    Scenario.IMMEDIATE: "Immediate",
    Scenario.EDF: "Earliest deadline",
    Scenario.LLF: "Least laxity",
    Scenario.PLAN: "Our plan",
    Scenario.CLAIRVOYANT: "Clairvoyant",
}
STYLES = dict(zip(NAMES, "abcde", strict=True))
HEADS = (
    "Scenario",
    "Cost, £",
    "Of what could<br>be saved",
    "Surplus<br>taken, MWh",
    "Into vehicles,<br>MWh",
    "Given back,<br>MWh",
    "Of the energy<br>asked for",
    "Vehicles<br>short",
    "Steps over<br>a limit",
)

Runs = Mapping[Scenario, tuple[Record, Outcome]]


def report(site: Site, runs: Runs) -> str:
    """The page."""
    record = next(iter(runs.values()))[0]
    zone = ZoneInfo(site.time_zone)
    first = record.starts_at.astimezone(zone).date()
    days = len(record.grid_w) * record.step_s // DAY_S
    last = first + timedelta(days=days - 1)
    span = f"{first:%-d %B %Y}" if days == 1 else f"{first:%-d %B %Y} to {last:%-d %B %Y}"
    evses = sum(1 for _ in site.evses())
    return Template(PAGE.read_text()).substitute(
        title=escape(f"{site.name}, simulated"),
        subtitle=escape(f"{span} (UTC days), {evses} chargers, steps of {record.step_s} s."),
        table=_table(runs),
        charts="\n".join(_charts(site, runs)),
    )


def _table(runs: Runs) -> str:
    costs = {scenario: outcome.cost_gbp for scenario, (_, outcome) in runs.items()}
    rows = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in _cells(scenario, outcome, costs)) + "</tr>"
        for scenario, (_, outcome) in runs.items()
    )
    heads = "".join(f"<th>{head}</th>" for head in HEADS)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _cells(
    scenario: Scenario, outcome: Outcome, costs_gbp: Mapping[Scenario, float]
) -> Iterator[str]:
    value = value_ratio(costs_gbp, scenario)
    yield f'<i class="{STYLES[scenario]}"></i>{NAMES[scenario]}'
    yield f"{outcome.cost_gbp:,.{0 if outcome.cost_gbp >= FINE_GBP else 2}f}"
    yield "–" if value is None else f"{100 * value:.1f} %"
    yield f"{outcome.taken_wh / 1e6:,.2f} of {outcome.surplus_wh / 1e6:,.2f}"
    yield f"{outcome.fleet_wh / 1e6:,.2f}"
    yield f"{outcome.given_wh / 1e6:,.2f}"
    yield f"{100 * outcome.ready_ratio:.2f} %"
    yield f"{outcome.late} ({outcome.late_known}) of {outcome.stays}"
    style = "bad" if outcome.over_steps else "good"
    worst = f", by {outcome.over_w / 1000:.1f} kW" if outcome.over_steps else ""
    yield f'<span class="{style}">{outcome.over_steps}{worst}</span>'


def _charts(site: Site, runs: Runs) -> Iterator[str]:
    hours = [(h / 24, f"{h:02d}:00") for h in range(0, 25, 3)]
    yield line_chart(
        "Vehicles, average day", "kW, + is charging; UTC",
        [
            Line(NAMES[s], STYLES[s], _quarters(r.fleet_w, r).reshape(-1, QUARTERS).mean(0) / 1e3)
            for s, (r, _) in runs.items()
        ],
        hours,
    )  # fmt: skip
    chosen = Scenario.PLAN if Scenario.PLAN in runs else next(iter(runs))
    record, outcome = runs[chosen]
    if len(outcome.day_cost_gbp) > 1:
        yield _day_chart(runs)
    yield from _week(site, chosen, record)


def _day_chart(runs: Runs) -> str:
    """What each scenario saves against the first; alone, what it costs."""
    base, (record, first) = next(iter(runs.items()))
    days = len(first.day_cost_gbp)
    labels = _dates(record, days, inclusive=True)
    if len(runs) == 1:
        line = Line(NAMES[base], STYLES[base], first.day_cost_gbp)
        return line_chart("Cost per day", "£, energy and wear", [line], labels)
    lines = [
        Line(NAMES[s], STYLES[s], first.day_cost_gbp - outcome.day_cost_gbp)
        for s, (_, outcome) in runs.items()
        if s is not base
    ]
    title = f"Saved per day, against {NAMES[base].lower()}"
    return line_chart(title, "£, energy and wear", lines, labels)


def _week(site: Site, chosen: Scenario, record: Record) -> Iterator[str]:
    """The first days in full, of one scenario."""
    days = min(SHOWN_DAYS, len(record.grid_w) * record.step_s // DAY_S)
    shown = days * QUARTERS
    labels = _dates(record, days, inclusive=False)
    limit_w = site.grid_connection.import_limit_w - site.grid_connection.margin_w
    megawatts = {
        name: _quarters(w, record)[:shown] / 1e6
        for name, w in (
            ("load", record.load_w),
            ("sun", record.solar_w),
            ("wind", record.wind_w),
            ("grid", record.grid_w),
        )
    }
    yield line_chart(
        f"{NAMES[chosen]}: the site", "MW, + is import; averages of 15 min",
        [
            Line("Load", "a", megawatts["load"]),
            Line("Sun", "b", megawatts["sun"]),
            Line("Wind", "c", megawatts["wind"]),
            Line("Grid", "d", megawatts["grid"]),
            Line("Import limit less margin", "limit", np.full(shown, limit_w / 1e6)),
        ],
        labels,
    )  # fmt: skip
    lines = [Line("Vehicles", "d", _quarters(record.fleet_w, record)[:shown] / 1e3)]
    if site.store is not None:
        lines.append(Line("Store", "e", _quarters(record.store_w, record)[:shown] / 1e3))
    yield line_chart(f"{NAMES[chosen]}: vehicles and store", "kW, + is charging", lines, labels)
    for circuit in site.circuits:
        used_w = _quarters(record.circuit_w[circuit.circuit_id], record)[:shown]
        yield line_chart(
            f"{NAMES[chosen]}: circuit {circuit.circuit_id}", "kW",
            [
                Line("Vehicles", "d", used_w / 1e3),
                Line("Limit", "limit", np.full(shown, circuit.limit_w / 1e3)),
            ],
            labels,
        )  # fmt: skip


def _quarters(power_w: Numbers, record: Record) -> Numbers:
    """Averages of quarter-hours."""
    means: Numbers = power_w.reshape(-1, QUARTER_S // record.step_s).mean(axis=1)
    return means


def _dates(record: Record, days: int, *, inclusive: bool) -> list[tuple[float, str]]:
    """A date where each day begins, or where each day's value stands; at most a dozen."""
    spaces = max(days - 1, 1) if inclusive else days
    every = -(-days // 12)
    return [
        (k / spaces, f"{record.starts_at + timedelta(days=k):%-d %b}")
        for k in range(0, days, every)
    ]
