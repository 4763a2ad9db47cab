"""Links of QR codes behind which a driver pays (OCPP 2.1, C25): checked before anybody pays."""

from typing import Annotated, Final
from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel, ConfigDict, Field

from csms.domain.commands import CommandKind
from csms.domain.payment_link import (
    LinkRefusal,
    PaymentLink,
    is_current,
    read,
    shared_secret,
)
from csms.domain.station import OcppVersion
from web.api import commands
from web.api.commands import CommandRequest
from web.api.models import Answer
from web.api.routing import api_router
from web.api.settlements import Money
from web.auth import PaymentTaker
from web.errors import ApiError, FieldError, invalid, responses
from web.hub import Transaction, Work
from web.store import stations

router = api_router("/payments", "payments", 404)

PAYS_WITHIN_S: Final = 300
ADVICE: Final = {
    LinkRefusal.NOT_OURS: "is no link of a QR code of ours",
    LinkRefusal.BAD_EVSE: "names no EVSE",
    LinkRefusal.BAD_LIMIT: "has a maxcost, maxenergy or maxtime that is no positive number",
    LinkRefusal.BAD_PASSWORD: "is too old, or made up: scan the QR code again",
}


class LinkPost(BaseModel):
    """The URL that a driver's telephone read from a QR code, as it came."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(max_length=2_000, pattern=r"^[^\x00]+$")]


class LinkAnswer(Answer):
    """Where the driver wants to charge, and at most how much; null: no such limit. `dynamic`: a
    one-time password proved that the QR code was the station's own."""

    station_id: str
    evse_id: int | None
    dynamic: bool
    max_cost: Money | None
    max_energy_wh: float | None
    max_time_s: int | None


@router.post("/links", summary="Check the link of a QR code", responses=responses(404))
async def post_link(who: PaymentTaker, asked: LinkPost, work: Transaction) -> LinkAnswer:
    """Before a driver is sent to pay (C25.FR.07 to .09): a link that is refused here must start
    nothing. The station is told that somebody pays (of a dynamic link once), so nobody else starts
    at that EVSE meanwhile; once it is authorized, POST /payments starts the transaction."""
    link = checked(work, asked.url)
    station_id, evse_id = link.station_id, link.evse_id
    notice = CommandRequest(
        station_id=station_id,
        evse_id=evse_id,
        kind=CommandKind.NOTIFY_WEB_PAYMENT_STARTED,
        payload={"evseId": evse_id, "timeout": PAYS_WITHIN_S},
    )
    await commands.check(work, who, notice)
    if await stations.version(work.conn, station_id) != OcppVersion.V21:
        raise invalid("url", "its station speaks no OCPP 2.1: it knows no direct payments")
    dynamic = link.password is not None
    if evse_id is not None:
        once = uuid5(NAMESPACE_URL, f"urn:v2ghub:link:{asked.url}") if dynamic else None
        await commands.send(work, who, notice, once)
    return LinkAnswer(
        station_id=station_id,
        evse_id=evse_id,
        dynamic=dynamic,
        max_cost=link.limit.max_cost,
        max_energy_wh=link.limit.max_energy_wh,
        max_time_s=link.limit.max_time_s,
    )


def checked(work: Work, url: str) -> PaymentLink:
    """The link, of whichever form; its password counts by the time that stations are told. Raises
    422 with the refusal's name."""
    settings = work.hub.settings
    refused = LinkRefusal.NOT_OURS
    for template in (settings.payment_link, settings.static_payment_link):
        link = read(template, url) if template else LinkRefusal.NOT_OURS
        if isinstance(link, PaymentLink):
            if link.password is None or is_current(
                link.password,
                shared_secret(work.hub.pepper, link.station_id),
                work.hub.clock.now(),
            ):
                return link
            link = LinkRefusal.BAD_PASSWORD
        if refused is LinkRefusal.NOT_OURS:
            refused = link
    raise ApiError(
        422,
        name=refused.replace("_", "-"),
        errors=[FieldError(field="url", message=ADVICE[refused])],
    )
