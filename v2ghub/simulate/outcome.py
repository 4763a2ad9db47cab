"""Outcome: what a simulated time came to, computed from its record and the site file alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scheduler.domain.plan import GbpPerKwh
from scheduler.domain.site import Site
from scheduler.domain.slots import PART_S, prices
from v2ghub.simulate.bay import Stay
from v2ghub.simulate.record import Record
from v2ghub.simulate.scenario import Scenario

READY_RATIO = 0.005  # of the battery: finer than a vehicle's own gauge
TINY_W = 1.0
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Energies in Wh. `cost_gbp`: what the site pays for import, less export, with wear; energy
    beyond a target counts at its value, what is missing at the dearest import price, what store
    and vehicles still hold at the end at the cheapest.

    `asked_wh`, `missing_wh`: of the batteries of all stays that are over; `late`: stays that were
    short, `late_known` of them those whose needs the hub could know. `over_steps`: steps in which a
    limit (the connection's less its margin) was passed, `over_w` by how much at most.
    """

    cost_gbp: float
    day_cost_gbp: Numbers
    imported_wh: float
    exported_wh: float
    fleet_wh: float
    given_wh: float
    surplus_wh: float
    taken_wh: float
    stays: int
    asked_wh: float
    missing_wh: float
    missing_known_wh: float
    late: int
    late_known: int
    over_steps: int
    over_w: float
    plans: int
    by_rule: int

    @property
    def ready_ratio(self) -> float:
        """Share of what was asked for that was in the batteries at departure."""
        return 1.0 - self.missing_wh / self.asked_wh if self.asked_wh > 0 else 1.0


def outcome_of(site: Site, record: Record) -> Outcome:
    """The figures of a run that has ended."""
    hours = record.step_s / 3600
    stays, default_wh = record.stays, site.control.default_energy_wh
    late = [s for s in stays if s.short_wh > READY_RATIO * s.session.vehicle.capacity_wh]
    over_w = _over_w(site, record)
    day_gbp = _day_gbp(site, record)
    return Outcome(
        cost_gbp=float(day_gbp.sum()) + _settled_gbp(site, record),
        day_cost_gbp=day_gbp,
        imported_wh=float(np.maximum(record.grid_w, 0.0).sum() * hours),
        exported_wh=float(np.maximum(-record.grid_w, 0.0).sum() * hours),
        fleet_wh=float(record.fleet_w.sum() * hours),
        given_wh=float(record.given_w.sum() * hours),
        surplus_wh=float(np.maximum(record.surplus_w, 0.0).sum() * hours),
        taken_wh=float(record.taken_w.sum() * hours),
        stays=len(stays),
        asked_wh=sum(s.asked_wh for s in stays),
        missing_wh=sum(s.short_wh for s in stays),
        missing_known_wh=sum(s.short_wh for s in stays if s.reachable(default_wh)),
        late=len(late),
        late_known=sum(s.reachable(default_wh) for s in late),
        over_steps=int((over_w > TINY_W).sum()),
        over_w=max(0.0, float(over_w.max())),
        plans=record.plans,
        by_rule=len(record.fallbacks),
    )


def value_ratio(costs_gbp: Mapping[Scenario, float], scenario: Scenario) -> float | None:
    """What a scenario saves, of all that could be saved: 0 for immediate charging, 1 for who knows
    all; None where those two did not run, or differ by nothing."""
    immediate_gbp = costs_gbp.get(Scenario.IMMEDIATE)
    best_gbp = costs_gbp.get(Scenario.CLAIRVOYANT)
    if immediate_gbp is None or best_gbp is None or abs(immediate_gbp - best_gbp) < 0.01:
        return None
    return (immediate_gbp - costs_gbp[scenario]) / (immediate_gbp - best_gbp)


def step_prices(site: Site, record: Record) -> tuple[GbpPerKwh, GbpPerKwh]:
    """Import and export price of each step."""
    parts = len(record.grid_w) * record.step_s // PART_S
    import_gbp, export_gbp = prices(site, record.starts_at, PART_S, parts)
    steps = PART_S // record.step_s
    return np.repeat(import_gbp, steps), np.repeat(export_gbp, steps)


def _day_gbp(site: Site, record: Record) -> Numbers:
    """Energy and wear of each day."""
    import_gbp, export_gbp = step_prices(site, record)
    kwh = record.step_s / 3.6e6
    gbp = np.where(record.grid_w > 0, record.grid_w * import_gbp, record.grid_w * export_gbp)
    gbp = gbp + record.given_w * site.tariff.vehicle_wear_gbp_per_kwh
    if site.store is not None:
        gbp = gbp + np.maximum(-record.store_w, 0.0) * site.store.wear_gbp_per_kwh
    days: Numbers = (gbp * kwh).reshape(-1, 86_400 // record.step_s).sum(axis=1)
    return days


def _settled_gbp(site: Site, record: Record) -> float:
    """What the batteries hold, or lack, in money."""
    tariff = site.tariff
    dearest, cheapest = max(tariff.import_gbp_per_kwh), min(tariff.import_gbp_per_kwh)
    beyond_wh = sum(stay.beyond_wh for stay in record.stays)
    left_wh = sum(_taken_wh(stay) for stay in record.there)
    if site.store is not None:
        left_wh += float(record.store_wh[-1])
    missing_wh = sum(stay.short_wh for stay in record.stays)
    value = beyond_wh * tariff.surplus_value_gbp_per_kwh + left_wh * cheapest
    return (missing_wh * dearest - value) / 1000


def _taken_wh(stay: Stay) -> float:
    """What a battery holds more than at its arrival."""
    return stay.energy_wh - stay.target_wh + stay.asked_wh


def _over_w(site: Site, record: Record) -> Numbers:
    """By how much the narrowest limit is passed in each step; negative where all hold."""
    connection = site.grid_connection
    over = [
        record.grid_w - connection.import_limit_w + connection.margin_w,
        -record.grid_w - connection.export_limit_w,
        *(np.abs(record.circuit_w[c.circuit_id]) - c.limit_w for c in site.circuits),
    ]
    worst_w: Numbers = np.max(over, axis=0)
    return worst_w
