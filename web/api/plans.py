"""The plan in force with the reason behind each setpoint, and asking for a new one."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import Field

from csms.bus import EVENTS
from scheduler.domain.plan import Why
from scheduler.services.replan import ask_replan
from scheduler.store import plans
from scheduler.store.plans import StoredPlan
from web.api.models import Answer, Fix
from web.api.routing import api_router
from web.api.sites import KnownSite
from web.auth import Operator, Viewer
from web.errors import ApiError, not_found
from web.hub import Transaction
from web.store import audit
from web.why import Alternative, Reason
from web.wording import Language, fix_sentence, whole_sentence

router = api_router("/sites", "plans", 404)


class PlanRunnerUp(Answer):
    """The next best thing to do, in another `slot` where one belongs to it: each kWh of it would
    cost `extra_gbp_per_kwh` more, in the plan's own prices."""

    action: str = Field(examples=["charge_then"])
    slot: int | None
    extra_gbp_per_kwh: float


class PlanWhy(Answer):
    """The reason of a run of slots; `cost_gbp_per_kwh` is what one more kWh would cost there,
    `price_slot` the slot whose price decides, `text` all of it in one sentence."""

    code: str
    first_slot: int
    last_slot: int
    detail: str
    cost_gbp_per_kwh: float
    price_slot: int | None
    runner_up: PlanRunnerUp | None
    text: str


class PlanFix(Fix):
    """With all of it in a sentence."""

    text: str


class EvsePlan(Answer):
    """One EVSE's setpoints, + into the vehicle, and the energy they lead to at each slot's end."""

    station_id: str
    evse_id: int
    vehicle_id: str | None
    transaction_id: str | None
    departure_at: datetime | None
    setpoint_w: list[float]
    energy_wh: list[float]
    shortfall_wh: float
    fixes: list[PlanFix] = Field(description="what would have it ready, the cheapest first")
    why: list[PlanWhy]


class LoadPlan(Answer):
    """Schedule of a flexible load, for whoever runs it: average power per slot, what its window has
    got at each slot's end, and what the windows of this plan will miss."""

    load_id: str
    power_w: list[float]
    energy_wh: list[float]
    shortfall_wh: float


class PlanSeries(Answer):
    """Site series, one value per slot: `grid_w` + is import, generation is a magnitude."""

    grid_w: list[float]
    load_w: list[float]
    solar_w: list[float]
    wind_w: list[float]
    curtailed_w: list[float]
    store_w: list[float]
    store_energy_wh: list[float]
    fleet_w: list[float]
    import_gbp_per_kwh: list[float]
    export_gbp_per_kwh: list[float]


class Plan(Answer):
    """A plan; `status` says how it came about, `cause` why it was made. `carbon_g`: CO2 of what is
    imported in each slot, null where the site's file does not tell the intensity. `gap_ratio`: how
    much more than the least possible it may cost, wishes that went unmet included."""

    plan_id: UUID
    site_id: str
    version: int
    made_at: datetime
    status: str = Field(examples=["optimal"])
    cause: str
    solve_s: float
    objective_gbp: float | None
    gap_ratio: float | None
    starts_at: datetime
    slot_s: int
    slots: int
    series: PlanSeries
    carbon_g: list[float] | None
    evses: list[EvsePlan]
    loads: list[LoadPlan]
    notes: list[dict[str, Any]]


class ReplanAccepted(Answer):
    """The request is queued; the plan that answers it has `version` above `plan_version`."""

    site_id: str
    plan_version: int | None


def plan_of(stored: StoredPlan, language: Language, zone: ZoneInfo) -> Plan:
    """The answer for a stored plan; times in its sentences are local to `zone`."""
    head, plan = stored.head, stored.plan
    return Plan(
        plan_id=head.plan_id,
        site_id=head.site_id,
        version=head.version,
        made_at=head.made_at,
        cause=head.cause,
        status=plan.status.value,
        solve_s=plan.solve_s,
        objective_gbp=plan.objective_gbp,
        gap_ratio=plan.gap_ratio,
        starts_at=plan.starts_at,
        slot_s=plan.slot_s,
        slots=plan.slots,
        series=PlanSeries(**{name: getattr(plan, name).tolist() for name in plans.SERIES}),
        carbon_g=None if plan.carbon_g is None else plan.carbon_g.tolist(),
        evses=[
            EvsePlan(
                station_id=evse.station_id,
                evse_id=evse.evse_id,
                vehicle_id=evse.vehicle_id,
                transaction_id=evse.transaction_id,
                departure_at=evse.departure_at,
                setpoint_w=evse.setpoint_w.tolist(),
                energy_wh=evse.energy_wh.tolist(),
                shortfall_wh=evse.shortfall_wh,
                fixes=[_fix(stored, fix.told(), language, zone) for fix in evse.fixes],
                why=[_why(stored, why, language, zone) for why in evse.why],
            )
            for evse in plan.evses
        ],
        loads=[
            LoadPlan(
                load_id=load.load_id,
                power_w=load.power_w.tolist(),
                energy_wh=load.energy_wh.tolist(),
                shortfall_wh=load.shortfall_wh,
            )
            for load in plan.loads
        ],
        notes=list(plan.notes),
    )


def _fix(stored: StoredPlan, told: dict[str, Any], language: Language, zone: ZoneInfo) -> PlanFix:
    slot = timedelta(seconds=stored.plan.slot_s)
    spans = [told.get(name) for name in ("first_slot", "last_slot")]
    begins_at, ends_at = (
        None if index is None else stored.plan.starts_at + (index + after) * slot
        for after, index in enumerate(spans)
    )
    text = fix_sentence(told, begins_at, ends_at, language, zone)
    return PlanFix(**{**told, "where": told.get("where") or None}, text=text)


def _why(stored: StoredPlan, why: Why, language: Language, zone: ZoneInfo) -> PlanWhy:
    plan, other = stored.plan, why.runner_up

    def begins_at(slot: int) -> datetime:
        return plan.starts_at + slot * timedelta(seconds=plan.slot_s)

    alternative = None
    if other is not None:
        at = None if other.slot is None else begins_at(other.slot)
        alternative = Alternative(other.action, at, other.extra_gbp_per_kwh)
    until = begins_at(why.last_slot + 1)
    reason = Reason(why.code, why.detail, until, why.cost_gbp_per_kwh, alternative)
    return PlanWhy(
        code=why.code,
        first_slot=why.first_slot,
        last_slot=why.last_slot,
        detail=why.detail,
        cost_gbp_per_kwh=why.cost_gbp_per_kwh,
        price_slot=why.price_slot,
        runner_up=None if other is None else PlanRunnerUp.model_validate(other),
        text=whole_sentence(reason, language, zone, begins_at(why.first_slot)),
    )


@router.get("/{site_id}/plan", summary="The plan in force")
async def get_plan(
    _: Viewer,
    site: KnownSite,
    work: Transaction,
    version: Annotated[int | None, Query(ge=1, le=2**62, description="an older one")] = None,
    language: Annotated[Language, Query(description="of the sentences")] = "en-GB",
) -> Plan:
    """The newest plan; 404 before the first one."""
    if version is None:
        stored = await plans.newest(work.conn, site.site_id)
    else:
        stored = await plans.at_version(work.conn, site.site_id, version)
    if stored is None and version is None:
        raise ApiError(404, "There is no plan yet: the worker makes the first one soon.")
    if stored is None:
        raise not_found("plan", version)
    return plan_of(stored, language, ZoneInfo(site.time_zone))


@router.post("/{site_id}/replan", status_code=202, summary="Ask for a new plan")
async def replan(who: Operator, site: KnownSite, work: Transaction) -> ReplanAccepted:
    """Asking twice makes one plan if the first was not made yet: no Idempotency-Key is needed."""
    newest = await plans.newest_head(work.conn, site.site_id)
    await audit.record(work.conn, who.actor, "site.replan", site.site_id, {})
    now = work.hub.clock.now()
    outbox_id = await ask_replan(work.conn, site.site_id, now=now, reason=who.actor)
    work.hint(EVENTS, outbox_id)
    return ReplanAccepted(
        site_id=site.site_id, plan_version=None if newest is None else newest.version
    )
