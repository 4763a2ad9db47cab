"""The gate for commands that reach stations past the controller.

The controller's own orders pass `scheduler/planning/gate`. What a person or a program sends is
judged here, before it is written, by the same table `[dispatch]` of the site: how many stations may
be changed in ten seconds, how far and how often power may be swung (`services/by_hand`), what the
drivers let be taken, and from how many on a stop or reset takes two people.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from math import ceil
from typing import Any, Final

from csms.domain.commands import CommandKind
from csms.domain.power_commands import ends_charging, moves_power
from csms.store.messages import redacted
from scheduler.domain.site import Site
from scheduler.services.by_hand import RAMP_WINDOW, ByHand, judge_of
from scheduler.services.turns import HOUR
from scheduler.store import live, turns
from web.errors import ApiError
from web.hub import Hub, Work
from web.roles import Principal
from web.store import audit, gate

SHARE_WINDOW: Final = RAMP_WINDOW
MASS_WINDOW: Final = timedelta(minutes=10)
WHY: Final = {
    "ramp": "It would change the site's power faster than the ramp of its dispatch rules allows.",
    "dwell": "The vehicle has only just turned between charging and giving: it must dwell there.",
    "reversals": "The vehicle has turned between charging and giving too often within the hour.",
    "no-number": "Nobody can say how far it would change the power.",
    "driver-opt-out": "The driver lets nothing be taken from the vehicle now.",
    "v2g-floor": "The vehicle holds no more, as far as is known, than must stay in its battery.",
}


class GateRefusal(ApiError):  # noqa: N818 - a refusal, no bug
    """What the gate did not let pass: it is in the audit."""


async def judge(
    work: Work, station_id: str, kind: CommandKind, payload: dict[str, Any]
) -> Site | None:
    """Let a command that moves power pass; the site where it does. Raises 429 `fleet-share` for one
    station too many in ten seconds, 403 `approval-needed` for a mass stop or reset, 429 or 409 for
    a swing that no order may make (`WHY`)."""
    site_id = await gate.site_of(work.conn, station_id)
    site = None if site_id is None else await gate.enter(work.conn, site_id)
    if site is None:
        return None  # it stands on no site: there is nothing that it could swing
    now, rules = work.hub.clock.now(), site.dispatch
    rated_w = await gate.rated_w(work.conn, site.site_id)
    changed = await gate.lately(work.conn, rated_w, now - SHARE_WINDOW, moves_power)
    most, within_s = rules.by_hand(len(rated_w)), SHARE_WINDOW.total_seconds()
    if len(changed | {station_id}) > most:
        why = f"At most {most} stations of {site.site_id} may be changed in {within_s:g} s: wait."
        raise _refused(429, "fleet-share", why, within_s)
    if ends_charging(kind, payload):
        since = now - MASS_WINDOW
        ended = await gate.lately(work.conn, rated_w, since, ends_charging) | {station_id}
        if rules.is_mass(len(ended), sum(rated_w[one] for one in ended)):
            raise approval_needed(
                f"With this, {len(ended)} stations would have been stopped in 10 min; that"
            )
    asked = ByHand(station_id=station_id, kind=kind, payload=payload, at=now)
    await _judge_swings(work, site, [asked], only=station_id)
    return site


async def judge_approved(
    work: Work, asked: Iterable[tuple[str, CommandKind, dict[str, Any]]]
) -> None:
    """What two people agreed to may be as much and as fast as they want; dwell, reversals and what
    drivers let be taken hold for them, too."""
    now = work.hub.clock.now()
    of_site: dict[str, list[ByHand]] = {}
    for station_id, kind, payload in asked:
        site_id = await gate.site_of(work.conn, station_id)
        if site_id is not None and moves_power(kind, payload):
            told = ByHand(station_id=station_id, kind=kind, payload=payload, at=now)
            of_site.setdefault(site_id, []).append(told)
    for site_id, told_here in sorted(of_site.items()):  # in one order: two never wait for another
        site = await gate.enter(work.conn, site_id)
        if site is not None:
            await _judge_swings(work, site, told_here)


async def _judge_swings(
    work: Work, site: Site, asked: Sequence[ByHand], only: str | None = None
) -> None:
    """Raises 429 for what may be asked again after a while, 409 for what may not. Given one station
    as `only`, what is asked of it alone is judged by how far all others went of late."""
    conn, now = work.conn, work.hub.clock.now()
    others = HOUR if only is None else SHARE_WINDOW
    renewed = HOUR if only is None else SHARE_WINDOW + timedelta(seconds=site.control.lease_s)
    judge = judge_of(
        site,
        await live.evses(conn, site.site_id),
        await turns.of_last_hour(conn, site.site_id, now, only=only, others=renewed),
        await gate.sent(conn, site.site_id, now, only=only, others=others),
        now,
    )
    for one in asked:
        refusal = judge.refusal(one, ramped=only is not None)
        if refusal is not None:
            status, name = 409 if refusal.wait_s is None else 429, refusal.rule.replace("_", "-")
            raise _refused(status, name, f"{one.station_id}: {WHY[name]}", refusal.wait_s)


def _refused(status: int, name: str, why: str, wait_s: float | None) -> GateRefusal:
    headers = None if wait_s is None else {"Retry-After": str(ceil(wait_s))}
    return GateRefusal(status, why, name=name, headers=headers)


async def record_refusal(
    hub: Hub, who: Principal, refused: GateRefusal, object_id: str, detail: dict[str, Any]
) -> None:
    """What did not pass, in the audit; the transaction that it was asked in is rolled back."""
    async with hub.engine.begin() as conn:
        told = {"why": refused.detail, **redacted(detail)}
        await audit.record(conn, who.actor, f"gate.{refused.name}", object_id, told)


def approval_needed(what: str, action: str = "commands") -> GateRefusal:
    """403 for what one person may not do alone; `action` is the approval's."""
    advice = f'ask with POST /api/v1/approvals {{action: "{action}", payload, reason}}.'
    return GateRefusal(403, f"{what} takes two administrators: {advice}", name="approval-needed")
