"""The emergency button: one person cuts a site's import at once; the audit says who and why."""

from typing import Annotated

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from csms.bus import EVENTS, SIGNALS
from csms.store import outbox
from scheduler.services import emergency
from web.api.models import Signal
from web.api.once import Key, once, wish_of
from web.api.routing import api_router
from web.api.signals import visible_signal
from web.api.sites import KnownSite
from web.auth import Operator
from web.errors import responses
from web.hub import Transaction
from web.store import audit

router = api_router("/sites/{site_id}/emergency", "signals", 404)


class EmergencyRequest(BaseModel):
    """`import_max_w`: what the site may still take; none: what it takes with every vehicle at its
    floor and the store at rest."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=500)]
    import_max_w: Annotated[float | None, Field(ge=0, le=1e9, allow_inf_nan=False)] = None


@router.post(
    "",
    status_code=201,
    response_model=Signal,
    summary="Reduce the site at once",
    responses=responses(400),
)
async def post_emergency(
    who: Operator,
    site: KnownSite,
    asked: EmergencyRequest,
    request: Request,
    work: Transaction,
    key: Key = None,
) -> Response:
    """It holds, as an envelope of operator `emergency`, until that is cancelled."""

    async def act() -> Signal:
        stored = await emergency.reduce(
            work.conn, site, asked.import_max_w, now=work.hub.clock.now()
        )
        detail = {"reason": asked.reason, "import_max_w": stored.signal.import_max_w}
        await audit.record(work.conn, who.actor, "site.emergency", site.site_id, detail)
        work.hint(EVENTS, await outbox.newest_id(work.conn))
        work.hint(SIGNALS, site.site_id)
        return await visible_signal(work, who, site.site_id, stored.signal.signal_id)

    return await once(work, who, key, wish_of(request, asked), act, 201)
