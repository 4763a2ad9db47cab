"""The gate for commands that reach stations past the controller.

The controller's own orders pass `scheduler/planning/gate`. What a person or a program sends is
judged here, before it is written, by the same table `[dispatch]` of the site: how many stations may
be changed in ten seconds, and from how many on a stop or reset takes two people.
"""

from datetime import timedelta
from typing import Any, Final

from csms.domain.commands import CommandKind
from csms.domain.power_commands import ends_charging, moves_power
from scheduler.store import sites
from web.errors import ApiError
from web.hub import Work
from web.store import gate

FLEET_SHARE: Final = "fleet-share"
APPROVAL_NEEDED: Final = "approval-needed"
GATE_REFUSALS: Final = (FLEET_SHARE, APPROVAL_NEEDED)
SHARE_WINDOW_S: Final = 10
MASS_WINDOW: Final = timedelta(minutes=10)


async def judge(work: Work, station_id: str, kind: CommandKind, payload: dict[str, Any]) -> None:
    """Let a command that moves power pass. Raises 429 `fleet-share` for one station too many in ten
    seconds, 403 `approval-needed` for a mass stop or reset."""
    site_id = await gate.site_of(work.conn, station_id)
    site = None if site_id is None else await sites.load(work.conn, site_id)
    if site is None:
        return  # it stands on no site: there is nothing that it could swing
    now, rules = work.hub.clock.now(), site.dispatch
    rated_w = await gate.rated_w(work.conn, site.site_id)
    since = now - timedelta(seconds=SHARE_WINDOW_S)
    changed = await gate.lately(work.conn, rated_w, since, moves_power)
    most = rules.by_hand(len(rated_w))
    if len(changed | {station_id}) > most:
        raise ApiError(
            429, f"At most {most} stations of {site.site_id} may be changed in {SHARE_WINDOW_S} s: "
            "wait.", name=FLEET_SHARE, headers={"Retry-After": str(SHARE_WINDOW_S)},
        )  # fmt: skip
    if ends_charging(kind, payload):
        since = now - MASS_WINDOW
        ended = await gate.lately(work.conn, rated_w, since, ends_charging) | {station_id}
        if rules.is_mass(len(ended), sum(rated_w[one] for one in ended)):
            raise approval_needed(
                f"With this, {len(ended)} stations would have been stopped in 10 min; that"
            )


def approval_needed(what: str) -> ApiError:
    """403 for what one person may not do alone."""
    advice = 'ask with POST /api/v1/approvals {action: "commands", payload, reason}.'
    return ApiError(403, f"{what} takes two administrators: {advice}", name=APPROVAL_NEEDED)
