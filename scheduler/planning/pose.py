"""From domain objects to a `Problem`: where bad input ends.

After `problem_of` every number is finite and every vehicle's bounds can be met.
"""

import numpy as np

from scheduler.domain.circuits import limits_of_circuits
from scheduler.domain.plan import Watts
from scheduler.domain.site import GRAMS_PER_TONNE
from scheduler.planning.chance import expected_price, fall_w, rise_w, surplus_chance
from scheduler.planning.pose_reserve import with_reserve
from scheduler.planning.pose_site import (
    BELOW_RATIO,
    arrivals_w,
    below_of,
    carbon_of,
    peaks_of,
    store_of,
)
from scheduler.planning.pose_vehicles import HIGHEST_PRIORITY, RANK_RATIO, vehicles_of
from scheduler.planning.problem import PlanningInput, Problem

CONTRACT_RATIO = 20.0  # a kWh of contract over the dearest kWh of comfort; of limit over contract


def problem_of(given: PlanningInput) -> Problem:
    """The arrays of `given`, with what is not finite replaced by the cautious side."""
    site, tariff = given.site, given.site.tariff
    slot_h = np.full(given.slots, given.slot_s / 3600.0)
    now_h = (given.now - given.starts_at).total_seconds() / 3600.0
    slot_h[:1] -= max(0.0, now_h)
    slot_h = np.maximum(slot_h, 1e-4)
    load_w = np.nan_to_num(given.forecast.load.p50_w, nan=site.load.max_w)
    solar_w = np.maximum(np.nan_to_num(given.forecast.solar.p50_w), 0.0)
    wind_w = np.maximum(np.nan_to_num(given.forecast.wind.p50_w), 0.0)
    above_w, below_w = rise_w(given.forecast), fall_w(given.forecast)
    import_gbp = np.nan_to_num(given.import_gbp_per_kwh, nan=max(tariff.import_gbp_per_kwh))
    export_gbp = np.nan_to_num(given.export_gbp_per_kwh, nan=min(tariff.export_gbp_per_kwh))
    carbon_g_per_kwh = carbon_of(given)
    buy_gbp = import_gbp
    if carbon_g_per_kwh is not None:
        buy_gbp = import_gbp + carbon_g_per_kwh * tariff.carbon_gbp_per_t / GRAMS_PER_TONNE
    extra_gbp = max(0.0, min(tariff.surplus_value_gbp_per_kwh, BELOW_RATIO * buy_gbp.min()))
    expected_gbp = expected_price(
        buy_gbp,
        np.maximum(export_gbp, extra_gbp / BELOW_RATIO),
        surplus_chance(load_w, solar_w + wind_w, above_w, below_w),
    )
    vehicles = vehicles_of(given, extra_gbp)
    below = below_of(site.circuits, [(d.circuit_id, d.line_ratios) for d in given.demands])
    limits = limits_of_circuits(site.circuits)
    limits_w = np.array([limit.limit_w for limit in limits], dtype=float)
    room_w = limits_w[:, None] - arrivals_w(given, vehicles, below)
    import_max_w = np.maximum(np.nan_to_num(given.import_max_w), 0.0)
    export_max_w = np.maximum(np.nan_to_num(given.export_max_w), 0.0)
    unasked_w = load_w - solar_w - wind_w + vehicles.floor_w.sum(axis=0)
    comfort_gbp = tariff.shortfall_gbp_per_kwh * (1 + HIGHEST_PRIORITY) * (1 + RANK_RATIO)
    contract_gbp = CONTRACT_RATIO * max(comfort_gbp, 1.0)
    problem = Problem(
        slot_h=slot_h,
        load_w=load_w,
        solar_w=solar_w,
        wind_w=wind_w,
        rise_w=above_w,
        fall_w=below_w,
        import_max_w=import_max_w,
        import_plan_w=_counted_on_w(given, import_max_w, unasked_w, above_w),
        export_max_w=export_max_w,
        target_w=given.grid_target_w,
        kept_max_w=np.maximum(_told_w(given.rebound_max_w, np.inf, given.slots), -export_max_w),
        kept_min_w=np.minimum(_told_w(given.rebound_min_w, -np.inf, given.slots), import_max_w),
        import_gbp_per_kwh=import_gbp,
        export_gbp_per_kwh=export_gbp,
        carbon_g_per_kwh=carbon_g_per_kwh,
        buy_gbp_per_kwh=buy_gbp,
        expected_gbp_per_kwh=expected_gbp,
        contract_gbp_per_kwh=contract_gbp,
        limit_gbp_per_kwh=CONTRACT_RATIO * contract_gbp,
        circuit_ids=tuple(limit.limit_id for limit in limits),
        circuit_limit_w=limits_w,
        circuit_max_w=np.maximum(np.maximum(room_w, 0.0), below @ vehicles.floor_w),
        below=below,
        vehicles=vehicles,
        store=store_of(given, float(expected_gbp.min())),
        dwell_s=site.dispatch.dwell_s,
        asked_by=given.asked_by or ("",) * given.slots,
        import_by=given.import_by or ("",) * given.slots,
        call_down_w=np.zeros(given.slots),
        call_up_w=np.zeros(given.slots),
        peaks=peaks_of(given),
    )
    return with_reserve(problem, given)


def _told_w(told_w: Watts | None, none_w: float, slots: int) -> Watts:
    """A bound per slot, `none_w` where nothing is told."""
    return np.full(slots, none_w) if told_w is None else np.where(np.isnan(told_w), none_w, told_w)


def _counted_on_w(
    given: PlanningInput, import_max_w: Watts, unasked_w: Watts, rise_w: Watts
) -> Watts:
    """The import limit less how far load less generation may rise. Nothing gives for what may only
    happen: it is never below what flows unasked; and an instruction names the power itself."""
    least_w = np.clip(unasked_w, 0.0, import_max_w)
    cautious_w = np.maximum(import_max_w - rise_w, least_w)
    return np.where(np.isfinite(given.grid_target_w), import_max_w, cautious_w)
