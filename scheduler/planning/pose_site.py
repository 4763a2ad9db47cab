"""From a site to what a `Problem` holds beside vehicles: the tree of circuits and the store."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np

from scheduler.domain.circuits import limits_of_circuits, paths_of
from scheduler.domain.lines import LINES, LineRatios
from scheduler.domain.plan import GramsPerKwh, WattHours, Watts
from scheduler.domain.site import Circuit
from scheduler.planning.pose_vehicles import column
from scheduler.planning.problem import Peak, PlanningInput, Ratios, Store, Vehicles

INSTRUCTION_ERROR_RATIO = 0.02
BELOW_RATIO = 0.99  # of a price: what is worth less is not bought at it


def arrivals_w(given: PlanningInput, vehicles: Vehicles, below: Ratios) -> Watts:
    """Per circuit and slot the floors of the EVSEs without a vehicle: whoever is plugged in takes
    one unasked, and while the hub is away nobody makes room."""
    site = given.site
    taken = {(d.station_id, d.evse_id) for d in given.demands}
    free = [evse for evse in site.evses() if (evse.station_id, evse.evse_id) not in taken]
    floors_w = np.array([min(site.control.floor_w, evse.max_charge_w) for evse in free])
    free_w = below_of(site.circuits, [(e.circuit_id, e.line_ratios) for e in free]) @ floors_w
    left_w = column(given.demands, "floor_w")[:, None] * (vehicles.present_h <= 0)
    taken_w: Watts = free_w[:, None] + below @ left_w
    return taken_w


def below_of(circuits: tuple[Circuit, ...], places: Sequence[tuple[str, LineRatios]]) -> Ratios:
    """How much of the power at each place (its circuit, and what its lines carry) counts at each
    limit of the circuits, however deep it hangs."""
    paths = paths_of(circuits)
    row = {circuit_id: k for k, circuit_id in enumerate(paths)}
    whole = np.zeros((len(circuits), len(places)))
    for i, (circuit_id, _) in enumerate(places):
        whole[[row[above] for above in paths.get(circuit_id, ())], i] = 1.0
    ratios = np.array([ratios for _, ratios in places]).reshape(-1, len(LINES)).T
    limits = limits_of_circuits(circuits)
    below = whole[[row[limit.circuit_id] for limit in limits]]
    for k, limit in enumerate(limits):
        if limit.line is not None:
            below[k] *= ratios[limit.line]
    return below


def carbon_of(given: PlanningInput) -> GramsPerKwh | None:
    """CO2 of imported energy per slot; the most that the site's file tells where it is unknown."""
    if given.carbon_g_per_kwh is None:
        return None
    most = max(given.site.tariff.carbon_g_per_kwh, default=0.0)
    intensity: GramsPerKwh = np.nan_to_num(given.carbon_g_per_kwh, nan=most, posinf=most)
    return np.maximum(intensity, 0.0)


def peaks_of(given: PlanningInput) -> tuple[Peak, ...]:
    """The local months that the plan sees. A slot's average stands for its half-hour's, which is
    not above the higher of its slots; of a month to come nothing is known, so all of it counts."""
    gbp_per_kw = given.site.tariff.demand_charge_gbp_per_kw
    if gbp_per_kw <= 0.0:
        return ()
    zone, length = ZoneInfo(given.site.time_zone), timedelta(seconds=given.slot_s)
    begins = [(given.starts_at + k * length).astimezone(zone) for k in range(given.slots)]
    months = np.array([at.year * 12 + at.month for at in begins])
    so_far_w = given.peak_so_far_w if np.isfinite(given.peak_so_far_w) else 0.0
    return tuple(
        Peak(
            slots=months == month,
            so_far_w=max(so_far_w, 0.0) if month == months[0] else 0.0,
            gbp_per_kw=gbp_per_kw,
        )
        for month in np.unique(months)
    )


def store_of(given: PlanningInput, cheapest_gbp_per_kwh: float) -> Store | None:
    """The stationary battery; None where nobody could command it."""
    spec, energy_wh = given.site.store, given.store_energy_wh
    if spec is None or energy_wh is None or not np.isfinite(energy_wh):
        return None
    start_wh = min(max(energy_wh, 0.0), spec.capacity_wh)
    min_wh = min(start_wh, spec.capacity_wh * spec.min_soc_pct / 100.0)
    max_wh = max(start_wh, spec.capacity_wh * spec.max_soc_pct / 100.0)
    reserve_wh, room_wh = _instruction_reserves_wh(given)
    return Store(
        start_wh=start_wh,
        min_wh=min_wh,
        least_wh=np.minimum(min_wh + reserve_wh, start_wh),
        most_wh=np.maximum(max_wh - room_wh * spec.charge_efficiency_ratio, min_wh + reserve_wh),
        call_least_wh=np.full(given.slots, min_wh),
        call_most_wh=np.full(given.slots, max_wh),
        max_wh=max_wh,
        charge_max_w=np.full(given.slots, spec.max_charge_w),
        discharge_max_w=np.full(given.slots, spec.max_discharge_w),
        charge_ratio=spec.charge_efficiency_ratio,
        discharge_ratio=spec.discharge_efficiency_ratio,
        wear_gbp_per_kwh=max(spec.wear_gbp_per_kwh, 1e-4),
        keep_gbp_per_kwh=max(0.0, BELOW_RATIO * cheapest_gbp_per_kwh),
    )


def _instruction_reserves_wh(given: PlanningInput) -> tuple[WattHours, WattHours]:
    """Energy and room to keep so that the instructions can be met though the site draws
    `INSTRUCTION_ERROR_RATIO` of its load more than forecast, or less: the energy until the last
    one is over, the room, for what is left of them, from the slot before each."""
    load_w = np.nan_to_num(given.forecast.load.p50_w, nan=given.site.load.max_w)
    asked = np.isfinite(given.grid_target_w)
    each_wh = INSTRUCTION_ERROR_RATIO * load_w * asked * given.slot_s / 3600.0
    not_over = np.cumsum(asked[::-1])[::-1] > 0
    to_come_wh = np.append(np.cumsum(each_wh[::-1])[::-1][1:], 0.0)
    soon = asked | np.append(asked[1:], False)
    return np.where(not_over, each_wh.sum(), 0.0), np.where(soon, to_come_wh, 0.0)
