"""From what is known of a plugged-in vehicle to its Demand. Pure.

Who says when it leaves and what it needs: the driver (the vehicle's row), then the vehicle itself
(NotifyEVChargingNeeds), then what visits like this one were, then the site's defaults. A word from
before the transaction is stale; but a target in percent is what the vehicle's driver likes, and
counts where nobody told what this visit needs.
Where the state of charge is known, energies are the battery's own; else they count at the meter
from plug-in, and there is no discharging; nor from a vehicle that may leave at any time, or whose
station has not told its state of charge for long.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from scheduler.domain.demand import Demand
from scheduler.domain.lines import line_ratios
from scheduler.domain.site import Control
from scheduler.domain.spare import spare_wh, unseen_wh
from scheduler.forecasting.habits import Habit
from scheduler.store.live import LiveEvse, Needs, OpenTransaction
from scheduler.store.vehicles import Vehicle

CHARGE_RATIO = 0.92
DISCHARGE_RATIO = 0.92
NEEDS_MAY_COME_EARLY = timedelta(minutes=5)
MIN_OFFER_RATIO = 0.95
HIGHEST_WISH = 9
SOC_IS_NEWS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """Energies of a Demand, Wh."""

    energy_wh: float
    target_wh: float
    capacity_wh: float
    v2g_floor_wh: float
    soc_known: bool


def demand_of(
    live: LiveEvse, control: Control, now: datetime, habit: Habit | None = None
) -> Demand | None:
    """The demand at this EVSE, or None where no transaction runs; `habit` stands in for words that
    nobody said, with its cautious sides: it leaves early and needs much."""
    running = live.transaction
    if running is None:
        return None
    needs = _fresh_needs(live, running)
    guessed_wh = habit.energy_wh[-1] if habit else control.default_energy_wh
    battery = _battery(live, running, needs, control, guessed_wh)
    told_at = _told_departure(live, running, needs)
    boost = _is_boosted(live, running, battery, now)
    may_give = (
        not boost and battery.soc_known and told_at is not None and _soc_is_news(live, running, now)
    )
    if _is_satisfied(live, running):
        full_wh = battery.energy_wh
        battery = replace(battery, target_wh=min(battery.target_wh, full_wh), capacity_wh=full_wh)
    return Demand(
        station_id=live.station_id,
        evse_id=live.evse_id,
        circuit_id=live.circuit_id,
        vehicle_id=vehicle_id_of(live, running),
        transaction_id=running.transaction_id,
        departure_at=told_at or _guessed_departure(running, control, habit),
        energy_wh=battery.energy_wh,
        target_wh=battery.target_wh,
        capacity_wh=battery.capacity_wh,
        v2g_floor_wh=battery.v2g_floor_wh,
        max_charge_w=_max_charge_w(live, needs),
        departure_known=told_at is not None,
        max_discharge_w=max_discharge_w(live, now) if may_give else 0.0,
        min_charge_w=live.min_charge_w,
        floor_w=0.0 if live.connected else unheard_w(live),
        charge_efficiency_ratio=CHARGE_RATIO if battery.soc_known else 1.0,
        discharge_efficiency_ratio=DISCHARGE_RATIO,
        soc_known=battery.soc_known,
        priority=HIGHEST_WISH if boost else 0,
        boost=boost,
        charging=(live.setpoint_w or 0.0) > max(live.floor_w, live.min_charge_w),
        line_ratios=line_ratios(live.phases, live.lines or ""),
        step_w=live.step_w,
    )


def unheard_w(live: LiveEvse) -> float:
    """What it may take without another word: its floor, if its leases end."""
    return live.floor_w if live.lease_ends else max(live.floor_w, live.max_charge_w)


def vehicle_id_of(live: LiveEvse, running: OpenTransaction) -> str:
    """The vehicle's id; an unknown one is named by its token, else by its transaction."""
    if live.vehicle is not None:
        return live.vehicle.vehicle_id
    return running.id_token or f"{live.station_id}/{running.transaction_id}"


def _guessed_departure(running: OpenTransaction, control: Control, habit: Habit | None) -> datetime:
    """When the vehicle leaves for all we know; nine in ten like it stay longer. It may be past: a
    vehicle that stays longer is overdue, not gone."""
    if habit is not None:
        return habit.departure_at[0]
    return running.started_at + timedelta(seconds=control.default_stay_s)


def _told_departure(
    live: LiveEvse, running: OpenTransaction, needs: Needs | None
) -> datetime | None:
    told = live.vehicle.departure_at if live.vehicle else None
    if told is not None and told > running.started_at:
        return told
    return needs.departure_at if needs is not None else None


def _is_boosted(live: LiveEvse, running: OpenTransaction, battery: Battery, now: datetime) -> bool:
    """Whether its driver wants it charged at once, and it is not yet."""
    vehicle = live.vehicle
    if vehicle is None or vehicle.boost_at is None:
        return False
    meant = vehicle.boost_at >= running.started_at - NEEDS_MAY_COME_EARLY
    lasts = vehicle.boost_until is None or now < vehicle.boost_until
    return meant and lasts and battery.energy_wh < battery.target_wh


def spare_of(live: LiveEvse, demand: Demand, now: datetime) -> float:
    """What may still be taken from the vehicle, Wh at the meter: by the state of charge as it was
    told, less what may have been given since as far as registers do not deny it."""
    running = live.transaction
    if running is None or not demand.soc_known:
        return 0.0
    counted_at = running.last_event_at
    told_at = _soc_told_at(live, running) or counted_at
    return spare_wh(
        energy_wh=demand.energy_wh,
        floor_wh=demand.v2g_floor_wh,
        capacity_wh=demand.capacity_wh,
        unseen_wh=unseen_wh(
            most_w=live.max_discharge_w,
            told_age_s=(now - told_at).total_seconds(),
            exported_wh=running.exported_wh,
            register_age_s=(now - counted_at).total_seconds(),
        ),
        discharge_ratio=demand.discharge_efficiency_ratio,
    )


def max_discharge_w(live: LiveEvse, now: datetime) -> float:
    """What the vehicle may give: nothing unless hardware, station, driver and evidence allow it."""
    vehicle = live.vehicle
    allowed = (
        live.connected
        and live.discharge_dialect != "none"
        and live.discharge_fault is None
        and live.lease_ends  # the csms gives it no discharge that would never end
        and driver_allows(live, now)
    )
    if not allowed:
        return 0.0
    told_w = vehicle.max_discharge_w if vehicle else None
    return min(live.max_discharge_w, live.max_discharge_w if told_w is None else told_w)


def driver_allows(live: LiveEvse, now: datetime) -> bool:
    """Whether the vehicle's driver lets anything be taken from it now."""
    vehicle = live.vehicle
    if vehicle is None:
        return True
    paused_until = vehicle.v2g_paused_until
    return vehicle.v2g_allowed and not (paused_until is not None and now < paused_until)


def _max_charge_w(live: LiveEvse, needs: Needs | None) -> float:
    vehicle_w = live.vehicle.max_charge_w if live.vehicle else None
    needs_w = needs.max_charge_w if needs else None
    leased_w = None if live.lease_ends else live.floor_w  # the csms gives it no lease above that
    told_w = (live.max_charge_w, vehicle_w, needs_w, leased_w)
    return min(w for w in told_w if w is not None)


def _fresh_needs(live: LiveEvse, running: OpenTransaction) -> Needs | None:
    needs = live.needs
    if needs is None or needs.at < running.started_at - NEEDS_MAY_COME_EARLY:
        return None
    return needs


def _is_satisfied(live: LiveEvse, running: OpenTransaction) -> bool:
    """The vehicle takes nothing of what it is offered: to plan more for it would waste the power
    of others. The floor stays on offer, and when it takes that the state changes back."""
    offered_w = live.setpoint_w or 0.0
    return running.charging_state == "SuspendedEV" and offered_w >= (
        MIN_OFFER_RATIO * max(live.min_charge_w, 1.0)
    )


def _battery(
    live: LiveEvse,
    running: OpenTransaction,
    needs: Needs | None,
    control: Control,
    guessed_wh: float,
) -> Battery:
    vehicle = live.vehicle
    capacity_wh = _first(
        vehicle.capacity_wh if vehicle else None, needs.capacity_wh if needs else None
    )
    now_told = vehicle if vehicle and _is_of_this_visit(vehicle, running) else None
    needed_wh = needs.energy_wh if needs else None
    asked_wh = _first(now_told.requested_wh if now_told else None, needed_wh, guessed_wh)
    target_pct = vehicle.target_soc_pct if vehicle and (now_told or needed_wh is None) else None
    soc_pct = _soc_pct(live, running, needs, capacity_wh)
    if capacity_wh is None or soc_pct is None:
        return _battery_from_plug_in(running, asked_wh or 0.0)
    energy_wh = capacity_wh * min(max(soc_pct, 0.0), 100.0) / 100
    floor_pct = _first(vehicle.v2g_floor_soc_pct if vehicle else None, control.v2g_floor_soc_pct)
    if target_pct is not None:
        target_wh = capacity_wh * target_pct / 100
    else:
        target_wh = energy_wh - _net_wh(running) + (asked_wh or 0.0) * CHARGE_RATIO
    return Battery(
        energy_wh=energy_wh,
        target_wh=min(target_wh, capacity_wh),
        capacity_wh=capacity_wh,
        v2g_floor_wh=capacity_wh * (floor_pct or 0.0) / 100,
        soc_known=True,
    )


def _is_of_this_visit(vehicle: Vehicle, running: OpenTransaction) -> bool:
    """Whether its row is not what was told, with a departure, for a visit before."""
    return vehicle.departure_at is None or vehicle.departure_at > running.started_at


def _battery_from_plug_in(running: OpenTransaction, asked_wh: float) -> Battery:
    taken_wh = max(0.0, running.imported_wh - running.exported_wh)
    return Battery(
        energy_wh=taken_wh,
        target_wh=asked_wh,
        capacity_wh=max(asked_wh, taken_wh),
        v2g_floor_wh=0.0,
        soc_known=False,
    )


def _first(*values: float | None) -> float | None:
    """The first that was told."""
    return next((value for value in values if value is not None), None)


def _soc_pct(
    live: LiveEvse, running: OpenTransaction, needs: Needs | None, capacity_wh: float | None
) -> float | None:
    """The state of charge now: the newest word of it, plus what has flowed since plug-in where
    that word is from the plug-in itself."""
    if _soc_told_at(live, running) is not None:
        return live.soc_pct
    if needs is None or needs.soc_pct is None or capacity_wh is None:
        return None
    into_wh = running.imported_wh * CHARGE_RATIO - running.exported_wh / DISCHARGE_RATIO
    return needs.soc_pct + 100 * into_wh / capacity_wh


def _soc_told_at(live: LiveEvse, running: OpenTransaction) -> datetime | None:
    """When the station told the state of charge in this transaction, None if it did not."""
    if live.soc_pct is None or live.soc_at is None or live.soc_at < running.started_at:
        return None
    return live.soc_at


def _soc_is_news(live: LiveEvse, running: OpenTransaction, now: datetime) -> bool:
    """Whether a battery may be emptied by it: what was given since an old word of its state of
    charge is in no figure, and the V2G floor would be passed unseen."""
    told_at = _soc_told_at(live, running)
    return told_at is None or now - told_at <= SOC_IS_NEWS


def _net_wh(running: OpenTransaction) -> float:
    """What the transaction has put into the battery so far."""
    return running.imported_wh * CHARGE_RATIO - running.exported_wh / DISCHARGE_RATIO
