"""Everything a plan depends on, read from the store: demands, forecast, store, prices, limits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from csms.store import outbox
from scheduler.domain.demand import Demand
from scheduler.domain.forecast import Forecast
from scheduler.domain.signal import GridSignal, SignalKind
from scheduler.domain.site import Site
from scheduler.domain.slots import carbon_g_per_kwh, slot_start
from scheduler.domain.slots import prices as tariff_prices
from scheduler.domain.windows import done_wh
from scheduler.forecasting.habits import Habit
from scheduler.planning.limits import limits_per_slot
from scheduler.planning.problem import PlanningInput
from scheduler.services.arrivals import expected
from scheduler.services.as_proven import PROVEN_FOR, as_proven
from scheduler.services.demand_rules import demand_of
from scheduler.services.forecast import forecast
from scheduler.services.habits import habits
from scheduler.store import live, plans, proofs, readings, signals, vehicles

HALF_HOUR = timedelta(minutes=30)
STORE_HEARD_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """A PlanningInput and the newest outbox row it knows of."""

    given: PlanningInput
    as_of_outbox_id: int


async def gather(
    conn: AsyncConnection,
    site: Site,
    now: datetime,
    *,
    instructed: bool = True,
    called_by: str = "",
) -> Gathered:
    """Read the site as it is; `instructed` False leaves instructions and reserves out (envelopes
    stay), `called_by` the reserves of an operator, who calls them."""
    as_of_outbox_id = await outbox.newest_id(conn)  # first: what is read later is at least as new
    picture = await _live_with_vehicles(conn, site.site_id, now)
    guesses = await habits(conn, site, picture, now)
    found = await proofs.newest_deviations(conn, site.site_id, since=now - PROVEN_FOR)
    demands = [
        as_proven(demand_of(evse, site.control, now, habit_of(evse, guesses)), found)
        for evse in picture
    ]
    starts_at, ends_at = horizon_of(site, now)
    live_now = await signals.live(conn, site.site_id, now)
    held = [s for s in live_now if s.kind is not SignalKind.RESERVE or s.operator != called_by]
    given = given_of(
        site,
        now,
        held if instructed else envelopes(held),
        tuple(demand for demand in demands if demand is not None),
        await forecast(conn, site, now, starts_at),
        await _store_energy_wh(conn, site, now),
    )
    given = replace(
        given,
        prices=await plans.newest_prices(conn, site.site_id),
        peak_so_far_w=await _peak_so_far_w(conn, site, now),
        loads_done_wh=await _loads_done_wh(conn, site, now),
        expected=await expected(conn, site, zip(picture, demands, strict=True), now, ends_at),
    )
    return Gathered(given=given, as_of_outbox_id=as_of_outbox_id)


def horizon_of(site: Site, now: datetime) -> tuple[datetime, datetime]:
    """When a plan made now begins and ends."""
    control = site.control
    starts_at = slot_start(now, control.slot_s)
    return starts_at, starts_at + timedelta(seconds=control.slot_s * control.horizon_slots)


def given_of(
    site: Site,
    now: datetime,
    held: Iterable[GridSignal],
    demands: tuple[Demand, ...],
    forecast: Forecast,
    store_energy_wh: float | None,
) -> PlanningInput:
    """The input of a plan made now, on the site's grid of slots, with the tariff and the limits of
    each; `held`: the signals. What came before the plan, and who is expected, are added to it."""
    starts_at, _ = horizon_of(site, now)
    grid = (starts_at, site.control.slot_s, site.control.horizon_slots)
    import_gbp, export_gbp = tariff_prices(site, *grid)
    limits = limits_per_slot(site.grid_connection, held, *grid)
    return PlanningInput(
        now=now,
        starts_at=starts_at,
        slot_s=grid[1],
        slots=grid[2],
        site=site,
        demands=demands,
        forecast=forecast,
        store_energy_wh=store_energy_wh,
        import_gbp_per_kwh=import_gbp,
        export_gbp_per_kwh=export_gbp,
        carbon_g_per_kwh=carbon_g_per_kwh(site, *grid),
        **limits._asdict(),
    )


def under(given: PlanningInput, site: Site, held: Iterable[GridSignal]) -> PlanningInput:
    """The same vehicles, forecast and prices under other limits of the site and other signals."""
    limits = limits_per_slot(site.grid_connection, held, given.starts_at, given.slot_s, given.slots)
    return replace(given, site=site, **limits._asdict())


def envelopes(held: Iterable[GridSignal]) -> tuple[GridSignal, ...]:
    """The signals without instructions and reserves."""
    return tuple(signal for signal in held if signal.kind is SignalKind.ENVELOPE)


def habit_of(evse: live.LiveEvse, guesses: Mapping[tuple[str, str], Habit]) -> Habit | None:
    """The habit found for what runs at this EVSE."""
    running = evse.transaction
    return guesses.get((evse.station_id, running.transaction_id)) if running else None


async def _live_with_vehicles(
    conn: AsyncConnection, site_id: str, now: datetime
) -> tuple[live.LiveEvse, ...]:
    """The live picture; a token seen for the first time gets its vehicle."""
    picture = await live.evses(conn, site_id)
    unknown = {
        evse.transaction.id_token
        for evse in picture
        if evse.vehicle is None and evse.transaction and evse.transaction.id_token
    }
    if not unknown:
        return picture
    await vehicles.see_tokens(conn, site_id, unknown, now=now)
    return await live.evses(conn, site_id)


async def _peak_so_far_w(conn: AsyncConnection, site: Site, now: datetime) -> float:
    """The highest import of a whole half-hour of the local month, by the site's readings."""
    if site.tariff.demand_charge_gbp_per_kw <= 0.0:
        return 0.0
    local = now.astimezone(ZoneInfo(site.time_zone))
    begins_at = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    whole = (now - begins_at) // HALF_HOUR * HALF_HOUR
    return await readings.highest_import_w(
        conn, site.site_id, begins_at, begins_at + whole, int(HALF_HOUR.total_seconds())
    )


async def _loads_done_wh(conn: AsyncConnection, site: Site, now: datetime) -> tuple[float, ...]:
    """What each flexible load has got in its open window, by the schedule that was in force."""
    if not site.flexible_loads:
        return ()
    newest = await plans.newest_schedules(conn, site.site_id)
    if newest is None:
        return tuple(0.0 for _ in site.flexible_loads)
    told = {schedule.load_id: schedule for schedule in newest.loads}
    grid = (newest.starts_at, newest.slot_s)
    return tuple(
        done_wh(load, site.time_zone, told[load.load_id], grid, newest.made_at, now)
        if load.load_id in told
        else 0.0
        for load in site.flexible_loads
    )


async def _store_energy_wh(conn: AsyncConnection, site: Site, now: datetime) -> float | None:
    """What the store holds; None where it or its controller is silent: nobody could command it."""
    if site.store is None:
        return None
    newest = await readings.newest(conn, site.site_id)
    if newest is None or now - newest.at > STORE_HEARD_WITHIN:
        return None
    if newest.store_w is None or newest.store_soc_pct is None:
        return None
    return site.store.capacity_wh * newest.store_soc_pct / 100
