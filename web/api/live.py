"""The live stream (server-sent events): a snapshot, then what changed, each real second."""

from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import Clock, wall_now
from csms.store.engine import outage_named
from scheduler.store.sites import load_all
from web.api.models import Alarm, Signal, StreamMessage
from web.api.routing import api_router
from web.api.views import evses_of, power_of
from web.auth import Viewer
from web.hub import TheHub
from web.live import Credentials
from web.store import accounts, evses, signals, sites

router = api_router("", "live")


async def look(
    engine: AsyncEngine, clock: Clock, credentials: Credentials
) -> tuple[StreamMessage, Credentials]:
    """The hub now, and which credentials still count. Raises StoreUnavailable."""
    now = clock.now()
    with outage_named():
        async with engine.connect() as conn:
            files = await load_all(conn)
            seen = StreamMessage(
                at=now,
                sites={site.site_id: await power_of(conn, site, now) for site in files},
                evses=await evses_of(conn, await evses.every(conn), now),
                alarms=[Alarm.model_validate(dict(a)) for a in await sites.open_alarms(conn)],
                signals=[Signal.model_validate(dict(s)) for s in await signals.standing(conn, now)],
            )
            return seen, await accounts.still_valid(conn, credentials, wall_now())


@router.get(
    "/stream",
    summary="Live values",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events `snapshot` (all EVSEs) and `tick` (changed EVSEs); their data "
            "is a StreamMessage. A slow client gets a snapshot instead of the ticks it missed.",
            "content": {
                "text/event-stream": {"schema": {"$ref": "#/components/schemas/StreamMessage"}}
            },
        }
    },
)
async def stream(who: Viewer, hub: TheHub) -> StreamingResponse:
    """One per browser is enough. It ends when the session or token does."""
    return StreamingResponse(
        hub.live.stream(who.credential),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )
