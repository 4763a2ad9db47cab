"""One cycle of the controller as pure functions: what is known → what the guard is told, and what
its answer means for the records."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from csms.domain.discharge import SETPOINTS
from csms.domain.frequency import curve_of, swing_w
from scheduler.adapters.plant import Measured
from scheduler.domain.demand import Demand
from scheduler.domain.lines import line_ratios
from scheduler.domain.plan import EvsePlan
from scheduler.domain.reading import Sample
from scheduler.domain.signal import GridSignal
from scheduler.domain.site import Site
from scheduler.domain.slots import price_edge
from scheduler.domain.spare import may_give_w
from scheduler.planning.guard_types import EvseState, GateRules, GuardInput, GuardResult, StoreState
from scheduler.planning.limits import GridLimits, limits_during
from scheduler.services.demand_rules import demand_of, max_discharge_w, spare_of
from scheduler.services.orders import Orders
from scheduler.services.swing import Swing
from scheduler.services.turns import Turns
from scheduler.store.live import LiveEvse
from scheduler.store.plans import StoredPlan
from scheduler.store.readings import Quality, SiteReading
from scheduler.store.states import SiteState

SAMPLES_UNTIL_STALE = 3
CYCLES_UNTIL_STALE = 3
CYCLES_UNTIL_WORST = 6
CYCLES_UNTIL_SETTLED = 4
CYCLES_UNTIL_FOLLOWED = 2
EVSE_SETTLES_S = 10.0
BOOST_LAXITY_S = -7 * 86_400.0  # no other wish of a driver is as urgent


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What the database says of the site, as last read."""

    evses: tuple[LiveEvse, ...]
    plan: StoredPlan | None
    signals: tuple[GridSignal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Charging and discharging power of the plugged vehicles, both magnitudes, and how many
    EVSEs told none."""

    charge_w: float
    discharge_w: float
    silent: int

    @property
    def net_w(self) -> float:
        """+ into the vehicles."""
        return self.charge_w - self.discharge_w


def guard_input(
    site: Site,
    picture: Picture,
    measured: Measured,
    orders: Orders,
    turns: Turns,
    swing: Swing,
    interval_s: float,
) -> GuardInput:
    """The guard's input at `measured.at`; `interval_s` is the cycle in site time.

    A clock that runs fast makes a cycle long in site time; a meter is late only after some cycles.
    """
    now, control = measured.at, site.control
    limits = limits_during(site.grid_connection, picture.signals, now, interval_s)
    slot = picture.plan.plan.slot_at(now) if picture.plan else None
    planned_grid_w, metered = None, site.grid_connection.meter is not None
    if picture.plan is not None and slot is not None:
        planned_grid_w = float(picture.plan.plan.grid_w[slot])
    states = evse_states(site, picture, orders, turns, now)
    return GuardInput(
        now=now,
        import_bound_w=limits.import_max_w,
        export_bound_w=limits.export_max_w,
        circuits=site.circuits,
        evses=states,
        store=store_state(site, picture, measured, stale_after_s(site, interval_s)),
        target_grid_w=limits.target_grid_w,
        planned_grid_w=planned_grid_w,
        rebound=limits.rebound,
        grid=measured.grid,
        load=measured.load,
        solar=measured.solar,
        wind=measured.wind,
        metered=metered,
        rise_w=(swing.rise_w if metered else 0.0) + sum(one.rises_w for one in states),
        fall_w=(swing.fall_w if metered else 0.0) + sum(one.falls_w for one in states),
        load_max_w=site.load.max_w,
        generation_max_w=generation_max_w(site, measured, stale_after_s(site, interval_s)),
        stale_after_s=stale_after_s(site, interval_s),
        worst_case_after_s=max(control.worst_case_after_s, CYCLES_UNTIL_WORST * interval_s),
        evse_fresh_s=SAMPLES_UNTIL_STALE * control.sample_interval_s,
        evse_settle_s=max(EVSE_SETTLES_S, CYCLES_UNTIL_SETTLED * interval_s),
        evse_follow_s=CYCLES_UNTIL_FOLLOWED * interval_s,
        gate=gate_rules(site, picture.evses, now, interval_s),
        interval_s=interval_s,
    )


class Movable(Protocol):
    """What can be moved at an EVSE, both magnitudes."""

    @property
    def max_charge_w(self) -> float:
        """Into the vehicle."""
        ...

    @property
    def max_discharge_w(self) -> float:
        """Out of it."""
        ...


def gate_rules(site: Site, evses: Iterable[Movable], now: datetime, interval_s: float) -> GateRules:
    """The site's dispatch rules for one cycle."""
    rules, store = site.dispatch, site.store
    swing_w = sum(evse.max_charge_w + evse.max_discharge_w for evse in evses)
    swing_w += store.max_charge_w + store.max_discharge_w if store else 0.0
    return GateRules(
        ramp_w=rules.ramp_over_w_per_s(swing_w) * interval_s,
        changed_ratio=rules.changed_ratio,
        dwell_s=rules.dwell_s,
        reversals_per_h=rules.reversals_per_h,
        random_delay_s=rules.random_delay_s,
        edge_at=price_edge(site, now),
    )


def stale_after_s(site: Site, interval_s: float) -> float:
    """From what age on a meter of the site is late, in site time."""
    return max(site.control.stale_after_s, CYCLES_UNTIL_STALE * interval_s)


def generation_max_w(site: Site, measured: Measured, fresh_s: float) -> float:
    """The most that sun and wind may give now: what their inverters say, their capacity where
    those are silent."""
    solar_w, wind_w = _fresh_w(measured.solar, fresh_s), _fresh_w(measured.wind, fresh_s)
    solar_max_w = sum(farm.capacity_w for farm in site.solar) if solar_w is None else solar_w
    wind_max_w = sum(farm.capacity_w for farm in site.wind) if wind_w is None else wind_w
    return max(0.0, solar_max_w) + max(0.0, wind_max_w)


def evse_states(
    site: Site, picture: Picture, orders: Orders, turns: Turns, now: datetime
) -> tuple[EvseState, ...]:
    """Every EVSE as the guard sees it."""
    setpoint_w = _planned(picture.plan, now)
    return tuple(
        _evse_state(
            live,
            demand_of(live, site.control, now),
            setpoint_w,
            orders,
            turns,
            now,
            site.control.lease_s,
        )
        for live in picture.evses
    )


def _evse_state(
    live: LiveEvse,
    demand: Demand | None,
    planned_w: Callable[[LiveEvse], float | None],
    orders: Orders,
    turns: Turns,
    now: datetime,
    lease_s: float,
) -> EvseState:
    told, (falls_w, rises_w) = orders.of(live, now), responds_w(live)
    spare_wh = spare_of(live, demand, now) if demand else 0.0
    boost_w = demand.max_charge_w if demand and demand.boost else None
    return EvseState(
        station_id=live.station_id,
        evse_id=live.evse_id,
        transaction_id=live.transaction.transaction_id if live.transaction else None,
        circuit_id=live.circuit_id,
        line_ratios=line_ratios(live.phases, live.lines or ""),
        connected=live.connected,
        plugged=demand is not None,
        max_charge_w=demand.max_charge_w if demand and live.connected else live.max_charge_w,
        max_discharge_w=min(demand.max_discharge_w, may_give_w(spare_wh, lease_s))
        if demand
        else max_discharge_w(live, now),
        min_charge_w=live.min_charge_w,
        step_w=live.step_w,
        floor_w=live.floor_w,
        power=_sample(live, now),
        setpoint_w=told.highest_w,
        setpoint_low_w=told.lowest_w,
        setpoint_until=told.until,
        setpoint_age_s=told.age_s,
        ordered_w=told.ordered_w,
        followed_w=told.followed_w if demand else None,
        lease_ends=live.lease_ends,
        falls_w=falls_w,
        rises_w=rises_w,
        planned_w=planned_w(live) if boost_w is None else boost_w,
        laxity_s=_laxity_s(demand, now) if demand else 0.0,
        departure_known=demand.departure_known if demand else False,
        room_wh=demand.capacity_wh - demand.energy_wh if demand else 0.0,
        spare_wh=spare_wh,
        past=turns.past((live.station_id, live.evse_id), now),
    )


def responds_w(live: LiveEvse) -> tuple[float, float]:
    """How far its power may fall and rise by itself as it responds to the frequency, magnitudes."""
    able = live.discharge_dialect in SETPOINTS and live.discharge_proven_at is not None
    if live.transaction is None or not able or not live.frequency_response:
        return 0.0, 0.0
    return swing_w(curve_of(live.frequency_response))


def _sample(live: LiveEvse, now: datetime) -> Sample | None:
    if live.transaction is None or live.power_w is None or live.power_at is None:
        return None
    return Sample(live.power_w, max(0.0, (now - live.power_at).total_seconds()))


def _laxity_s(demand: Demand, now: datetime) -> float:
    if demand.boost:
        return BOOST_LAXITY_S
    missing_wh = max(0.0, demand.target_wh - demand.energy_wh)
    into_battery_w = max(demand.max_charge_w * demand.charge_efficiency_ratio, 1.0)
    return (demand.departure_at - now).total_seconds() - 3600 * missing_wh / into_battery_w


def _planned(stored: StoredPlan | None, now: datetime) -> Callable[[LiveEvse], float | None]:
    slot = stored.plan.slot_at(now) if stored else None
    if stored is None or slot is None:
        return lambda live: None
    plans: dict[object, EvsePlan] = {
        (evse.station_id, evse.evse_id, evse.transaction_id): evse for evse in stored.plan.evses
    }

    def planned_w(live: LiveEvse) -> float | None:
        running = live.transaction.transaction_id if live.transaction else None
        found = plans.get((live.station_id, live.evse_id, running))
        return None if found is None else float(found.setpoint_w[slot])

    return planned_w


def store_state(
    site: Site, picture: Picture, measured: Measured, fresh_s: float
) -> StoreState | None:
    """The stationary battery as the guard sees it; None where there is none."""
    store = site.store
    if store is None:
        return None
    soc_pct, power = measured.store_soc_pct, measured.store
    slot = picture.plan.plan.slot_at(measured.at) if picture.plan else None
    planned_w = 0.0
    if picture.plan is not None and slot is not None:
        planned_w = float(picture.plan.plan.store_w[slot])
    return StoreState(
        max_charge_w=store.max_charge_w,
        max_discharge_w=store.max_discharge_w,
        min_energy_wh=store.capacity_wh * store.min_soc_pct / 100,
        max_energy_wh=store.capacity_wh * store.max_soc_pct / 100,
        energy_wh=None if soc_pct is None else store.capacity_wh * soc_pct / 100,
        power=power,
        planned_w=planned_w,
        available=power is not None and power.fresh(fresh_s),
        answered=power is not None and power.age_s <= 0,
    )


def fleet_of(states: Sequence[EvseState], fresh_s: float) -> Fleet:
    """The plugged vehicles together, from samples not older than `fresh_s`."""
    powers = [state.power for state in states if state.plugged]
    fresh = [power.power_w for power in powers if power is not None and power.fresh(fresh_s)]
    return Fleet(
        charge_w=sum(max(0.0, power_w) for power_w in fresh),
        discharge_w=sum(max(0.0, -power_w) for power_w in fresh),
        silent=len(powers) - len(fresh),
    )


def reading_of(measured: Measured, given: GuardInput) -> SiteReading:
    """The row of this cycle. Without a site meter the load counts at its largest, and the site
    power follows from it."""
    fresh_s = given.stale_after_s
    fleet = fleet_of(given.evses, given.evse_fresh_s)
    grid_w, load_w = _fresh_w(measured.grid, fresh_s), _fresh_w(measured.load, fresh_s)
    solar_w, wind_w = _fresh_w(measured.solar, fresh_s), _fresh_w(measured.wind, fresh_s)
    store_w = _fresh_w(measured.store, fresh_s)
    quality = Quality.STALE if grid_w is None else Quality.MEASURED
    if not given.metered:
        load_w = given.load_max_w if load_w is None else load_w
        generation_w = (solar_w or 0.0) + (wind_w or 0.0)
        grid_w = load_w - generation_w + (store_w or 0.0) + fleet.net_w
        quality = Quality.ESTIMATED
    return SiteReading(
        at=measured.at,
        quality=quality,
        grid_w=grid_w,
        load_w=load_w,
        solar_w=solar_w,
        wind_w=wind_w,
        store_w=store_w,
        store_soc_pct=measured.store_soc_pct,
        fleet_charge_w=fleet.charge_w,
        fleet_discharge_w=fleet.discharge_w,
    )


def state_of(
    picture: Picture, given: GuardInput, result: GuardResult, limits: GridLimits
) -> SiteState:
    """What the controller holds now, and why, for people."""
    return SiteState(
        at=given.now,
        mode=result.mode.value,
        import_bound_w=given.import_bound_w,
        export_bound_w=given.export_bound_w,
        target_grid_w=given.target_grid_w,
        store_setpoint_w=result.store_setpoint_w,
        plan_version=picture.plan.head.version if picture.plan else None,
        signal_id=limits.instruction.signal_id if limits.instruction else None,
        explanation=[
            {"code": acted.bound, "detail": f"{acted.actuator} {acted.by_w / 1000:+.1f} kW"}
            for acted in result.acted
        ],
    )


def _fresh_w(sample: Sample | None, fresh_s: float) -> float | None:
    return sample.power_w if sample is not None and sample.fresh(fresh_s) else None
