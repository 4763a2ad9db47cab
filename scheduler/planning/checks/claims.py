"""What a plan says of itself: its shape, its sums, what it repeats of its input, its notes."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from scheduler.domain.plan import Plan, Watts
from scheduler.planning.checks.case import (
    TOLERANCE_W,
    TOLERANCE_WH,
    Case,
    Violation,
    found,
    worst_case_w,
)  # fmt: skip
from scheduler.planning.problem import PlanningInput

SERIES = (
    "grid_w", "load_w", "solar_w", "wind_w", "curtailed_w", "store_w", "store_energy_wh",
    "fleet_w", "import_gbp_per_kwh", "export_gbp_per_kwh",
)  # fmt: skip


def shape(given: PlanningInput, plan: Plan) -> Iterator[Violation]:
    """The slots of the input, a finite number in each, and one row per demand, in order."""
    if (plan.starts_at, plan.slot_s) != (given.starts_at, given.slot_s):
        text = f"from {plan.starts_at} by {plan.slot_s} s"
        yield Violation(rule="slots", where="plan", slot=None, text=text)
    rows = [(name, getattr(plan, name)) for name in SERIES]
    for evse in plan.evses:
        where = f"{evse.station_id}/{evse.evse_id}"
        rows += [(where, evse.setpoint_w), (where, evse.energy_wh)]
    for load in plan.loads:
        rows += [(load.load_id, load.power_w), (load.load_id, load.energy_wh)]
    for where, values in rows:
        if np.shape(values) != (given.slots,):
            text = f"{np.shape(values)} of {given.slots} slots"
            yield Violation(rule="length", where=where, slot=None, text=text)
        elif not np.isfinite(values).all():
            slot = int(np.isfinite(values).argmin())
            yield Violation(rule="finite", where=where, slot=slot, text="not a number")
    names = ("station_id", "evse_id", "transaction_id", "vehicle_id", "departure_at")
    planned, asked = (
        [tuple(getattr(row, name) for name in names) for row in rows]
        for rows in (plan.evses, given.demands)
    )
    if planned != asked:
        yield Violation(rule="demands", where="plan", slot=None, text="not one row per demand")
    known = [load.load_id for load in given.site.flexible_loads]
    if [load.load_id for load in plan.loads] != known:
        yield Violation(rule="loads", where="plan", slot=None, text="not one schedule per load")


def repeated(case: Case) -> Iterator[Violation]:
    """Load and generation are the medians of the input's forecast, the largest load and nothing
    where it has a hole; prices are the input's."""
    given, plan = case.given, case.plan
    forecast, most_w = given.forecast, given.site.load.max_w
    load_w = np.where(np.isnan(forecast.load.p50_w), most_w, forecast.load.p50_w)
    solar_w, wind_w = worst_case_w(forecast.solar.p50_w), worst_case_w(forecast.wind.p50_w)
    for name, told_w, known_w in (
        ("load_w", plan.load_w, load_w),
        ("solar_w", plan.solar_w, solar_w),
        ("wind_w", plan.wind_w, wind_w),
    ):
        off_w = told_w - known_w
        yield from found("given", (np.abs(off_w) > TOLERANCE_W)[None], off_w, "W off", [name])
    for name in ("import_gbp_per_kwh", "export_gbp_per_kwh"):
        told_gbp, known_gbp = getattr(plan, name), getattr(given, name)
        wrong = np.isfinite(known_gbp) & (np.abs(told_gbp - known_gbp) > 1e-6)
        yield from found("given", wrong[None], told_gbp, "GBP/kWh", [name])


def sums(case: Case) -> Iterator[Violation]:
    """Site power and fleet power add up."""
    for name, off_w in (
        ("grid_w", case.plan.grid_w - case.site_w),
        ("fleet_w", case.plan.fleet_w - case.setpoint_w.sum(axis=0)),
    ):
        yield from found("sum", (np.abs(off_w) > TOLERANCE_W)[None], off_w, "W off", [name])


def notes(case: Case) -> Iterator[Violation]:
    """What could not be had is told, and so is how much: bounds exceeded, an instruction missed, a
    rebound beside one, vehicles short. Nothing else is claimed to be missing."""
    given, site_w = case.given, case.site_w
    gap_w = np.abs(site_w - given.grid_target_w)
    gap_w = np.where(np.isfinite(gap_w), gap_w, 0.0)
    over_w = site_w - worst_case_w(given.import_max_w)
    under_w = -site_w - worst_case_w(given.export_max_w)
    back_w = _rebound_w(case)
    back_wh = float((back_w * case.ahead_h).sum())
    gap_wh = float((gap_w * case.ahead_h).sum())
    yield from _span(case, "import_exceeded", over_w, {"excess_w": float(over_w.max(initial=0.0))})
    yield from _span(
        case, "export_exceeded", under_w, {"excess_w": float(under_w.max(initial=0.0))}
    )
    yield from _span(case, "instruction_shortfall", gap_w, {"shortfall_wh": gap_wh})
    yield from _span(case, "rebound", back_w, {"rebound_wh": back_wh})
    told: dict[object, Any] = {
        (note.get("station_id"), note.get("evse_id")): note.get("shortfall_wh", np.nan)
        for note in case.plan.notes
        if note["code"] == "shortfall"
    }
    for evse in case.plan.evses:
        told_wh = told.get((evse.station_id, evse.evse_id), 0.0)
        if not abs(told_wh - evse.shortfall_wh) <= 2 * TOLERANCE_WH:
            where = f"{evse.station_id}/{evse.evse_id}"
            text = f"{told_wh} Wh short of {evse.shortfall_wh:.0f} Wh told"
            yield Violation(rule="shortfall_note", where=where, slot=None, text=text)


def _rebound_w(case: Case) -> Watts:
    """How far site power lies on the wrong side of a baseline, where no rebound is allowed: the
    connection's limits go first."""
    given, none_w = case.given, np.full(case.given.slots, np.inf)
    most_w = none_w if given.rebound_max_w is None else given.rebound_max_w
    least_w = -none_w if given.rebound_min_w is None else given.rebound_min_w
    most_w = np.maximum(most_w, -worst_case_w(given.export_max_w))
    least_w = np.minimum(least_w, worst_case_w(given.import_max_w))
    back_w: Watts = np.fmax(np.fmax(case.site_w - most_w, least_w - case.site_w), 0.0)
    return back_w


def _span(case: Case, code: str, beyond_w: Watts, sizes: dict[str, float]) -> Iterator[Violation]:
    """A note of `code` spans what is clearly beyond with the right sizes, or nothing is beyond."""
    told = [note for note in case.plan.notes if note["code"] == code]
    note = told[0] if told else None
    slots = np.nonzero(beyond_w > 2 * TOLERANCE_W)[0]
    text = None
    if note is None:
        text = "not told" if len(slots) else None
    elif len(told) > 1 or not (beyond_w > 0).any():
        text = "told, but not so"
    elif len(slots) and not note["first_slot"] <= slots[0] <= slots[-1] <= note["last_slot"]:
        text = f"slots {slots[0]} to {slots[-1]}"
    else:
        wrong = [n for n, size in sizes.items() if not abs(note[n] - size) <= TOLERANCE_WH]
        text = ", ".join(f"{name} is {sizes[name]:.0f}" for name in wrong) or None
    if text is not None:
        yield Violation(rule=f"{code}_note", where="notes", slot=None, text=text)
