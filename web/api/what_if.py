"""What would be if a departure, a limit or a signal were otherwise: asked, answered, not done."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from scheduler.domain.plan import EvsePlan, Plan
from scheduler.services.accept_signal import SignalRefusal, SignalRequest
from scheduler.services.what_if import Otherwise, Refused, WhatIfRefusal, Wish, what_if
from scheduler.store import sites
from web.api.models import Answer, Instant
from web.api.routing import api_router
from web.api.signals import ADVICE, Magnitude, SignalPost
from web.auth import Operator
from web.errors import ApiError, FieldError, not_found
from web.hub import TheHub
from web.roles import Principal

router = api_router("/sites/{site_id}/what-if", "plans", 404)

Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
SHORT_WH = 10.0
MOST = 1000

TOLD: dict[WhatIfRefusal, tuple[str, str]] = {
    WhatIfRefusal.NO_SUCH_VEHICLE: ("vehicles", "is not plugged in at this site"),
    WhatIfRefusal.STATE_OF_CHARGE_UNKNOWN: (
        "vehicles",
        "tells no state of charge: a target in percent means nothing; ask without it",
    ),
    WhatIfRefusal.DEPARTURE_PAST: ("vehicles", "would have left before now (site time)"),
    WhatIfRefusal.NO_SUCH_CIRCUIT: ("circuit_limit_w", "is no circuit of this site"),
    WhatIfRefusal.NO_SUCH_SIGNAL: ("without_signals", "is no live signal of this site"),
}


class VehicleOtherwise(BaseModel):
    """What a plugged-in vehicle would want instead; what is not said stays as it is."""

    model_config = ConfigDict(extra="forbid")

    vehicle_id: Annotated[str, Field(min_length=1, max_length=64)]
    departure_at: Instant | None = None
    target_soc_pct: Percent | None = None
    priority: Annotated[int | None, Field(ge=0, le=9)] = None
    boost: bool | None = None


class WhatIfPost(BaseModel):
    """What would be otherwise. `signals` would be live as well, `without_signals` of those that are
    live would not; limits are the connection's and the circuits', before margins."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [
        {
            "vehicles": [{"vehicle_id": "van-7", "departure_at": "2026-06-01T15:00:00Z"}],
            "circuit_limit_w": {"fleet": 150000},
        }
    ]})  # fmt: skip

    vehicles: Annotated[list[VehicleOtherwise], Field(max_length=MOST)] = []
    signals: Annotated[list[SignalPost], Field(max_length=20)] = []
    without_signals: Annotated[list[UUID], Field(max_length=MOST)] = []
    import_limit_w: Magnitude | None = None
    export_limit_w: Magnitude | None = None
    circuit_limit_w: Annotated[dict[str, Magnitude], Field(max_length=MOST)] = {}


class Short(Answer):
    """A vehicle that would leave with less than it wants."""

    station_id: str
    evse_id: int
    vehicle_id: str
    departure_at: datetime
    shortfall_wh: float


class Outcome(Answer):
    """One of the two plans in figures, over its horizon; energies at the connection."""

    cost_gbp: float = Field(description="Energy and wear, without the prices of unmet wishes")
    gap_ratio: float | None
    import_wh: float
    export_wh: float
    peak_import_w: float
    curtailed_wh: float
    given_wh: float = Field(description="What vehicles would give back")
    short: list[Short]
    grid_w: list[float]
    fleet_w: list[float]
    store_w: list[float]


class WhatIf(Answer):
    """Both plans, and what the second would change. `newly_short`: vehicles that would miss what
    they have now; `no_longer_short`: the other way round."""

    starts_at: datetime
    slot_s: int
    slots: int
    as_it_is: Outcome
    otherwise: Outcome
    cost_gbp: float = Field(description="What the change would cost more; negative: save")
    shortfall_wh: float = Field(description="How much more would be missing at departures")
    newly_short: list[str]
    no_longer_short: list[str]


@router.post("", summary="Ask what would be")
async def post_what_if(who: Operator, site_id: str, asked: WhatIfPost, hub: TheHub) -> WhatIf:
    """Plans twice by what is known now, as it is and as it would be. Nothing is stored and nothing
    is sent. One question at a time is worked on; a fleet of 1,000 takes about two seconds."""
    async with hub.engine.connect() as conn:
        site = await sites.load(conn, site_id)
    if site is None:
        raise not_found("site", site_id)
    async with hub.one_question:
        now = hub.clock.now()
        found = await what_if(hub.engine, site, question(asked, site_id, who), now=now)
    if isinstance(found, Refused):
        raise refusal(found)
    return answer(found.as_it_is, found.otherwise, now)


def question(asked: WhatIfPost, site_id: str, who: Principal) -> Otherwise:
    """The same in the words of the planner."""
    return Otherwise(
        vehicles=tuple(Wish(**one.model_dump()) for one in asked.vehicles),
        signals=tuple(
            SignalRequest(site_id=site_id, operator=who.actor, **one.model_dump())
            for one in asked.signals
        ),
        without=frozenset(asked.without_signals),
        import_limit_w=asked.import_limit_w,
        export_limit_w=asked.export_limit_w,
        circuit_limit_w=asked.circuit_limit_w,
    )


def refusal(refused: Refused) -> ApiError:
    """422 with what of the question is wrong."""
    if isinstance(refused.reason, SignalRefusal):
        field, advice = ADVICE[refused.reason]
        field = f"signals.{refused.about}.{field}"
    else:
        field, words = TOLD[refused.reason]
        advice = f"{refused.about} {words}"
    errors = [FieldError(field=field, message=advice)]
    return ApiError(422, name=refused.reason.replace("_", "-"), errors=errors)


def answer(as_it_is: Plan, otherwise: Plan, now: datetime) -> WhatIf:
    """The two plans side by side."""
    before, after = outcome(as_it_is, now), outcome(otherwise, now)
    short_before = {one.vehicle_id for one in before.short}
    short_after = {one.vehicle_id for one in after.short}
    missing_wh = [sum(one.shortfall_wh for one in side.short) for side in (before, after)]
    return WhatIf(
        starts_at=as_it_is.starts_at,
        slot_s=as_it_is.slot_s,
        slots=as_it_is.slots,
        as_it_is=before,
        otherwise=after,
        cost_gbp=after.cost_gbp - before.cost_gbp,
        shortfall_wh=missing_wh[1] - missing_wh[0],
        newly_short=sorted(short_after - short_before),
        no_longer_short=sorted(short_before - short_after),
    )


def outcome(plan: Plan, now: datetime) -> Outcome:
    """A plan in figures, of what is left of its first slot on."""
    hours = np.full(plan.slots, plan.slot_s / 3600)
    hours[:1] -= (now - plan.starts_at).total_seconds() / 3600
    given_w = sum((np.maximum(-evse.setpoint_w, 0.0) for evse in plan.evses), np.zeros(plan.slots))
    return Outcome(
        cost_gbp=plan.objective_gbp,
        gap_ratio=plan.gap_ratio,
        import_wh=float(np.maximum(plan.grid_w, 0.0) @ hours),
        export_wh=float(np.maximum(-plan.grid_w, 0.0) @ hours),
        peak_import_w=float(max(plan.grid_w.max(initial=0.0), 0.0)),
        curtailed_wh=float(plan.curtailed_w @ hours),
        given_wh=float(given_w @ hours),
        short=[short(evse) for evse in plan.evses if evse.shortfall_wh > SHORT_WH],
        grid_w=plan.grid_w.tolist(),
        fleet_w=plan.fleet_w.tolist(),
        store_w=plan.store_w.tolist(),
    )


def short(evse: EvsePlan) -> Short:
    """What a vehicle would miss."""
    return Short(
        station_id=evse.station_id,
        evse_id=evse.evse_id,
        vehicle_id=evse.vehicle_id,
        departure_at=evse.departure_at,
        shortfall_wh=round(evse.shortfall_wh, 1),
    )
