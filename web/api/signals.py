"""Grid signals: sent, acknowledged, cancelled, delivered. A token sees its own and no other."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from csms.bus import EVENTS, SIGNALS
from csms.store import outbox
from scheduler.domain.settlement import HALF_HOUR_S, MINUTE_S, SettlementRow
from scheduler.domain.signal import SignalKind
from scheduler.services.accept_signal import (
    CONFLICTS,
    SignalRefusal,
    SignalRequest,
    accept_signal,
    cancel_signal,
)
from scheduler.services.emergency import EMERGENCY
from scheduler.services.settle import delivery
from scheduler.store import settlements
from scheduler.store import signals as scheduler_signals
from web.api.command_gate import approval_needed
from web.api.models import Answer, Instant, Page, Signal
from web.api.paging import page_of, slice_of
from web.api.routing import api_router
from web.api.sites import KnownSite
from web.auth import SignalReader, SignalSender
from web.errors import ApiError, FieldError, not_found, responses
from web.hub import Transaction, Work
from web.roles import Principal, Role
from web.store import audit, signals
from web.store.paging import Slice

router = api_router("/sites/{site_id}/signals", "signals", 404)

Magnitude = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Seconds = Annotated[int, Field(ge=0, le=86_400)]
Signed = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]

ADVICE: dict[SignalRefusal, tuple[str, str]] = {
    SignalRefusal.WINDOW_EMPTY: ("ends_at", "must be after starts_at"),
    SignalRefusal.WINDOW_PAST: (
        "starts_at",
        "must not lie before the present slot, nor ends_at in the past (site time)",
    ),
    SignalRefusal.WINDOW_BEYOND_PLAN: (
        "ends_at",
        "must lie within the planning horizon, with no_rebound_after_s",
    ),
    SignalRefusal.BOUNDS_MISSING: ("import_max_w", "give import_max_w, export_max_w or both"),
    SignalRefusal.BOUNDS_NEGATIVE: ("import_max_w", "bounds are magnitudes, 0 or more"),
    SignalRefusal.POWER_MISSING: ("delta_w", "give site_power_w or delta_w"),
    SignalRefusal.POWER_AMBIGUOUS: ("delta_w", "give site_power_w or delta_w, not both"),
    SignalRefusal.RESERVE_MISSING: (
        "reserve_down_w",
        "give reserve_down_w or reserve_up_w above 0, and reserve_s",
    ),
    SignalRefusal.KIND_MIXED: (
        "kind",
        "an envelope has bounds, an instruction a power, a reserve what it holds",
    ),
    SignalRefusal.REVISION_OLD: ("revision", "A higher revision was accepted: read it first."),
    SignalRefusal.REVISION_DIFFERS: (
        "revision",
        "This revision was accepted with other content: send a higher revision.",
    ),
    SignalRefusal.ALREADY_OVER: ("signal_id", "Its window is over: nothing is left to cancel."),
}


class SignalPost(BaseModel):
    """An envelope (bounds, magnitudes), an instruction (`site_power_w`, + is import, or `delta_w`
    against the baseline). Priority 0 is the highest. For `no_rebound_before_s` and
    `no_rebound_after_s` beside its window an instruction keeps the site on its side of the
    baseline: not above it beside a reduction, not below it beside an increase. Or a reserve,
    magnitudes by which site power can fall (`reserve_down_w`; of generation that is upward) and
    rise (`reserve_up_w`) on call within the window, `reserve_s` at a time; an instruction of the
    same operator calls it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [
        {
            "external_id": "dso-2026-06-01-17", "revision": 0, "kind": "instruction",
            "priority": 1, "starts_at": "2026-06-01T17:00:00Z",
            "ends_at": "2026-06-01T17:30:00Z", "delta_w": -150000,
        }
    ]})  # fmt: skip

    external_id: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
    revision: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    kind: SignalKind
    priority: Annotated[int, Field(ge=0, le=1000)] = 0
    starts_at: Instant
    ends_at: Instant
    import_max_w: Magnitude | None = None
    export_max_w: Magnitude | None = None
    site_power_w: Signed | None = None
    delta_w: Signed | None = None
    no_rebound_before_s: Seconds = 0
    no_rebound_after_s: Seconds = 0
    reserve_down_w: Magnitude | None = None
    reserve_up_w: Magnitude | None = None
    reserve_s: Seconds = 0


class DeliveryInterval(Answer):
    """Energies at the site meter, + is import; requested and delivered against the baseline."""

    starts_at: datetime
    duration_s: int
    baseline_wh: float
    metered_wh: float
    requested_wh: float
    delivered_wh: float
    delivered_ratio: float | None
    reading_count: int
    complete: bool


class Delivery(Answer):
    """What was delivered per minute and per half-hour; recomputable from the stored readings."""

    minutes: list[DeliveryInterval]
    half_hours: list[DeliveryInterval]


@router.post(
    "",
    status_code=201,
    summary="Send a grid signal",
    responses=responses(404, 409) | {200: {"description": "Known already", "model": Signal}},
)
async def post_signal(
    who: SignalSender,
    site: KnownSite,
    asked: SignalPost,
    work: Transaction,
    response: Response,
) -> Signal:
    """Its identity is (operator, external_id, revision): the same words again get the same answer,
    so no Idempotency-Key is needed; other words under the same revision are refused."""
    request = SignalRequest(site_id=site.site_id, operator=who.actor, **asked.model_dump())
    accepted = await accept_signal(work.conn, request, now=work.hub.clock.now())
    if isinstance(accepted, SignalRefusal):
        raise refusal(accepted)
    signal_id = accepted.signal.signal.signal_id
    if accepted.created:
        detail = asked.model_dump(mode="json")
        await audit.record(work.conn, who.actor, "signal.accept", str(signal_id), detail)
        work.hint(EVENTS, await outbox.newest_id(work.conn))
        work.hint(SIGNALS, site.site_id)
    response.status_code = 201 if accepted.created else 200
    return await visible_signal(work, who, site.site_id, signal_id)


def refusal(reason: SignalRefusal) -> ApiError:
    """What the API says of each refusal: 409 for what time or revisions forbid, else 422."""
    if reason is SignalRefusal.NO_SUCH_SITE:
        return ApiError(404, "There is no such site.")
    field, advice = ADVICE[reason]
    name = reason.replace("_", "-")
    if reason in CONFLICTS:
        return ApiError(409, advice, name=name)
    return ApiError(422, name=name, errors=[FieldError(field=field, message=advice)])


@router.get("", summary="List the signals")
async def list_signals(
    who: SignalReader,
    site: KnownSite,
    work: Transaction,
    part: Annotated[Slice, Depends(slice_of)],
) -> Page[Signal]:
    """The last to start first."""
    rows = await signals.page(work.conn, site.site_id, part, operator=only_of(who))
    return page_of(rows, Signal.model_validate)


@router.get("/{signal_id}", summary="One signal")
async def get_signal(
    who: SignalReader, site: KnownSite, signal_id: UUID, work: Transaction
) -> Signal:
    """With its acknowledgement, its frozen baseline and its fate."""
    return await visible_signal(work, who, site.site_id, signal_id)


@router.delete("/{signal_id}", summary="Cancel a signal", responses=responses(409))
async def delete_signal(
    who: SignalSender, site: KnownSite, signal_id: UUID, work: Transaction
) -> Signal:
    """What had run of it is settled still. Cancelling twice is cancelling once. 403
    `approval-needed` for an envelope that somebody else sent: without it the site may take more."""
    told = await visible_signal(work, who, site.site_id, signal_id)
    if raises_a_limit(who, told):
        raise approval_needed("Lifting a limit that another set", "signal.cancel")
    return await cancel(work, who, site.site_id, signal_id)


def raises_a_limit(who: Principal, told: Signal) -> bool:
    """Whether the site may take or give more when it is cancelled, and it is not the caller's own.
    What the emergency button made, one person lifts as one person set it."""
    return (
        told.kind == SignalKind.ENVELOPE
        and told.status in scheduler_signals.LIVE
        and told.operator not in (who.actor, EMERGENCY)
    )


async def cancel(work: Work, who: Principal, site_id: str, signal_id: UUID) -> Signal:
    """Cancel it, whoever sent it. Raises 404 and 409."""
    await visible_signal(work, who, site_id, signal_id)
    cancelled = await cancel_signal(work.conn, signal_id, now=work.hub.clock.now())
    if isinstance(cancelled, SignalRefusal):
        raise refusal(cancelled)
    await audit.record(work.conn, who.actor, "signal.cancel", str(signal_id), {})
    work.hint(EVENTS, await outbox.newest_id(work.conn))
    work.hint(SIGNALS, site_id)
    return await visible_signal(work, who, site_id, signal_id)


@router.get("/{signal_id}/delivery", summary="What was delivered")
async def get_delivery(
    who: SignalReader, site: KnownSite, signal_id: UUID, work: Transaction
) -> Delivery:
    """Against the baseline, from the site meter: as settled, or so far while that is to come.
    Empty before the window and for an envelope."""
    await visible_signal(work, who, site.site_id, signal_id)
    rows = await settlements.of_signal(work.conn, signal_id) or await so_far(work, signal_id)
    minutes, half_hours = (
        [DeliveryInterval.model_validate(row) for row in rows if row.interval_s == interval_s]
        for interval_s in (MINUTE_S, HALF_HOUR_S)
    )
    return Delivery(minutes=minutes, half_hours=half_hours)


async def so_far(work: Work, signal_id: UUID) -> tuple[SettlementRow, ...]:
    """What the readings that are stored by now say of a signal that is not settled."""
    stored = await scheduler_signals.get(work.conn, signal_id)
    if stored is None or stored.signal.starts_at >= work.hub.clock.now():
        return ()
    minutes, half_hours = await delivery(work.conn, stored)
    return tuple(row for row in (*minutes, *half_hours) if row.reading_count)


def only_of(who: Principal) -> str | None:
    """Whose signals a caller may see: a viewer everybody's, a grid operator's token its own."""
    return None if who.may(Role.VIEWER) else who.actor


async def visible_signal(work: Work, who: Principal, site_id: str, signal_id: UUID) -> Signal:
    """The signal. Raises 404 also for one that the caller may not see."""
    row = await signals.get(work.conn, site_id, signal_id, operator=only_of(who))
    if row is None:
        raise not_found("signal", signal_id)
    return Signal.model_validate(row)
