"""A grid signal comes in: checked, acknowledged with what can be given, and planned for.

The same words under the same (operator, external_id, revision) get the same answer; other words,
or an older revision, are refused. The baseline is frozen here: the site power that is planned
without any instruction.
"""

import asyncio
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from csms.store import outbox
from scheduler.domain.plan import Plan
from scheduler.domain.signal import GridSignal, SignalKind, SignalStatus
from scheduler.domain.site import Site
from scheduler.domain.slots import slot_start
from scheduler.planning.capability import acknowledge, acknowledge_reserve, freeze_baseline
from scheduler.planning.reserve import reserve_shortfall_w
from scheduler.services.planning_input import Gathered, gather, under
from scheduler.services.replan import make_plan_in_time
from scheduler.services.settle import store_settlement
from scheduler.store import inputs, plans, signals, sites
from scheduler.store.signals import StoredSignal

SIGNAL_ACCEPTED = "SignalAccepted"
SIGNAL_CANCELLED = "SignalCancelled"
ACKNOWLEDGE_WITHIN_S = 5.0


class SignalRefusal(StrEnum):
    """Why a signal was not accepted."""

    NO_SUCH_SITE = "no_such_site"
    WINDOW_EMPTY = "window_empty"
    WINDOW_PAST = "window_past"
    WINDOW_BEYOND_PLAN = "window_beyond_plan"
    BOUNDS_MISSING = "bounds_missing"
    BOUNDS_NEGATIVE = "bounds_negative"
    POWER_MISSING = "power_missing"
    POWER_AMBIGUOUS = "power_ambiguous"
    RESERVE_MISSING = "reserve_missing"
    KIND_MIXED = "kind_mixed"
    REVISION_OLD = "revision_old"
    REVISION_DIFFERS = "revision_differs"
    ALREADY_OVER = "already_over"


CONFLICTS = (SignalRefusal.REVISION_OLD, SignalRefusal.REVISION_DIFFERS, SignalRefusal.ALREADY_OVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRequest:
    """What a grid operator asks: an envelope (bounds, magnitudes), an instruction (one power) or a
    reserve (magnitudes, and for how long at a time)."""

    site_id: str
    operator: str
    external_id: str
    revision: int
    kind: SignalKind
    priority: int
    starts_at: datetime
    ends_at: datetime
    import_max_w: float | None = None
    export_max_w: float | None = None
    site_power_w: float | None = None
    delta_w: float | None = None
    no_rebound_before_s: int = 0
    no_rebound_after_s: int = 0
    reserve_down_w: float | None = None
    reserve_up_w: float | None = None
    reserve_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The stored signal; `created` False: it was there already."""

    signal: StoredSignal
    created: bool


async def accept_signal(
    conn: AsyncConnection, request: SignalRequest, *, now: datetime
) -> Accepted | SignalRefusal:
    """Accept the signal in `conn`'s transaction, or say why not."""
    site = await sites.lock(conn, request.site_id)
    if site is None:
        return SignalRefusal.NO_SUCH_SITE
    key = (request.site_id, request.operator, request.external_id)
    same = await signals.at_revision(conn, *key, request.revision)
    if same is not None:
        if request_of(same) != request:
            return SignalRefusal.REVISION_DIFFERS
        return Accepted(signal=same, created=False)
    older = await signals.newest_revision(conn, *key)
    if older is not None and older.signal.revision > request.revision:
        return SignalRefusal.REVISION_OLD
    refusal = refusal_of(request, site, now)
    if refusal is not None:
        return refusal
    if older is not None:
        await _end(conn, older, SignalStatus.SUPERSEDED, now)
    stored = await _acknowledge(conn, site, request, now)
    payload = {"signal_id": str(stored.signal.signal_id), "revision": request.revision}
    await outbox.append(conn, SIGNAL_ACCEPTED, now, payload, site_id=request.site_id)
    return Accepted(signal=stored, created=True)


async def cancel_signal(
    conn: AsyncConnection, signal_id: UUID, *, now: datetime
) -> StoredSignal | SignalRefusal | None:
    """Take a signal back; None if there is none. Its part that has run is settled still."""
    stored = await signals.get(conn, signal_id, lock=True)
    if stored is None or stored.status is SignalStatus.CANCELLED:
        return stored
    if stored.status not in signals.LIVE or stored.signal.ends_at <= now:
        return SignalRefusal.ALREADY_OVER
    await _end(conn, stored, SignalStatus.CANCELLED, now)
    payload = {"signal_id": str(signal_id)}
    await outbox.append(conn, SIGNAL_CANCELLED, now, payload, site_id=stored.signal.site_id)
    return await signals.get(conn, signal_id)


def refusal_of(request: SignalRequest, site: Site, now: datetime) -> SignalRefusal | None:
    """What is wrong with the request itself, if anything."""
    control = site.control
    if request.ends_at <= request.starts_at:
        return SignalRefusal.WINDOW_EMPTY
    if request.ends_at <= now or request.starts_at < slot_start(now, control.slot_s):
        return SignalRefusal.WINDOW_PAST  # from the present slot on there is a baseline
    binds_until = request.ends_at + timedelta(seconds=request.no_rebound_after_s)
    if binds_until > now + timedelta(seconds=control.slot_s * (control.horizon_slots - 1)):
        return SignalRefusal.WINDOW_BEYOND_PLAN
    bounds_w = [w for w in (request.import_max_w, request.export_max_w) if w is not None]
    powers_w = [w for w in (request.site_power_w, request.delta_w) if w is not None]
    reserves_w = [w for w in (request.reserve_down_w, request.reserve_up_w) if w is not None]
    beside = request.no_rebound_before_s or request.no_rebound_after_s
    told = {
        SignalKind.ENVELOPE: bool(bounds_w),
        SignalKind.INSTRUCTION: bool(powers_w or beside),
        SignalKind.RESERVE: bool(reserves_w or request.reserve_s),
    }
    if any(given for kind, given in told.items() if kind is not request.kind):
        return SignalRefusal.KIND_MIXED
    if request.kind is SignalKind.ENVELOPE:
        return _bounds_refusal(bounds_w)
    if request.kind is SignalKind.RESERVE:
        held = reserves_w and min(reserves_w) >= 0 and max(reserves_w) > 0
        return None if held and request.reserve_s > 0 else SignalRefusal.RESERVE_MISSING
    if not powers_w:
        return SignalRefusal.POWER_MISSING
    return SignalRefusal.POWER_AMBIGUOUS if len(powers_w) > 1 else None


def _bounds_refusal(bounds_w: list[float]) -> SignalRefusal | None:
    if not bounds_w:
        return SignalRefusal.BOUNDS_MISSING
    return SignalRefusal.BOUNDS_NEGATIVE if min(bounds_w) < 0 else None


async def _acknowledge(
    conn: AsyncConnection, site: Site, request: SignalRequest, now: datetime
) -> StoredSignal:
    signal = signal_of(request)
    if signal.kind is SignalKind.RESERVE:
        return await _hold(conn, site, signal, now)
    instructed = await _promised(conn, signal, now)
    within_s = ACKNOWLEDGE_WITHIN_S / (2 if instructed else 1)
    gathered = await gather(conn, site, now, instructed=False)
    plan = await asyncio.to_thread(make_plan_in_time, gathered.given, within_s)
    promised = None
    if instructed:
        others = (await gather(conn, site, now, called_by=signal.operator)).given
        told = await asyncio.to_thread(make_plan_in_time, others, within_s)
        promised = (others, told)
    if signal.kind is SignalKind.INSTRUCTION:
        version = await _store_baseline_plan(conn, site, gathered, plan, now)
        signal = replace(signal, baseline=freeze_baseline(plan, signal, version))
    answer = await asyncio.to_thread(acknowledge, gathered.given, plan, signal, promised)
    return await signals.insert_signal(conn, signal, asdict(answer), now=now)


async def _store_baseline_plan(
    conn: AsyncConnection, site: Site, gathered: Gathered, plan: Plan, now: datetime
) -> int | None:
    """Store the plan behind a baseline, so that it can be looked at; its version.

    Not while another instruction is live: the plan in force is one that follows that.
    """
    if await _instructed(conn, site.site_id, now):
        return None
    head = await plans.store(
        conn,
        site.site_id,
        plan,
        made_at=now,
        cause="baseline",
        as_of_outbox_id=gathered.as_of_outbox_id,
    )
    await inputs.store(conn, head.plan_id, gathered.given)
    return head.version


async def _hold(
    conn: AsyncConnection, site: Site, signal: GridSignal, now: datetime
) -> StoredSignal:
    """Accept a reserve with what a plan that holds it, beside all that was promised, can hold."""
    gathered = await gather(conn, site, now)
    held = (*await signals.live(conn, site.site_id, now), signal)
    given = under(gathered.given, site, held)
    plan = await asyncio.to_thread(make_plan_in_time, given, ACKNOWLEDGE_WITHIN_S)
    short_w = await asyncio.to_thread(reserve_shortfall_w, given, plan)
    answer = acknowledge_reserve(signal, plan, *short_w)
    return await signals.insert_signal(conn, signal, asdict(answer), now=now)


async def _promised(conn: AsyncConnection, signal: GridSignal, now: datetime) -> bool:
    """Whether anything was promised that the signal may not take: it may call what its operator
    has on call."""
    live = await signals.live(conn, signal.site_id, now)
    return any(
        other.kind is SignalKind.INSTRUCTION
        or (other.kind is SignalKind.RESERVE and other.operator != signal.operator)
        for other in live
    )


async def _instructed(conn: AsyncConnection, site_id: str, now: datetime) -> bool:
    """Whether an instruction is live that something was promised to."""
    live = await signals.live(conn, site_id, now)
    return any(signal.kind is SignalKind.INSTRUCTION for signal in live)


async def _end(
    conn: AsyncConnection, stored: StoredSignal, status: SignalStatus, now: datetime
) -> None:
    """End a live signal now, and settle the part of its window that has run."""
    if stored.status in signals.LIVE:
        await signals.set_status(conn, stored.signal.signal_id, status, settled_at=now)
        await store_settlement(conn, replace(stored, status=status, settled_at=now))


def signal_of(request: SignalRequest) -> GridSignal:
    """The signal that is asked for, under a new id; an instruction's baseline is still to come."""
    return GridSignal(signal_id=uuid4(), **asdict(request))


def request_of(stored: StoredSignal) -> SignalRequest:
    """The request that a stored signal came from."""
    names = SignalRequest.__dataclass_fields__
    return SignalRequest(**{name: getattr(stored.signal, name) for name in names})
