"""Direct payments of OCPP 2.1: taken at a kiosk or a web page (C24, C25), and how they are settled.

A payment is known by the reference of its payment service provider, which is its token, too.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from csms.domain.authorization import AuthorizationStatus, Token, TokenRef
from csms.domain.commands import CommandKind, CommandStatus
from csms.domain.ids import IdToken
from csms.domain.limits import TransactionLimit
from csms.domain.payment_link import (
    LinkRefusal,
    PaymentLink,
    is_current,
    read,
    shared_secret,
)
from csms.domain.settling import SettlingStatus
from csms.domain.station import OcppVersion
from csms.store import tokens
from web.api import commands
from web.api.commands import CommandRequest
from web.api.models import Answer, Page
from web.api.paging import page_of, slice_of
from web.auth import PaymentTaker, Viewer
from web.errors import ApiError, FieldError, invalid, not_found, responses
from web.hub import Transaction, Work
from web.roles import Principal, Role
from web.store import audit, payments, stations
from web.store import commands as stored_commands
from web.store.paging import Slice

router = APIRouter(prefix="/payments", tags=["payments"], responses=responses(404))

DIRECT_PAYMENT: Final = "DirectPayment"
MONEY: Final = WithJsonSchema({"type": "string", "examples": ["25.00"]})
Reserved = Annotated[Decimal, Field(gt=0, le=1_000_000, max_digits=14, decimal_places=3), MONEY]
Money = Annotated[Decimal, MONEY]
PAYS_WITHIN_S: Final = 300
ADVICE: Final = {
    LinkRefusal.NOT_OURS: "is no link of a QR code of ours",
    LinkRefusal.BAD_EVSE: "names no EVSE",
    LinkRefusal.BAD_LIMIT: "has a maxcost, maxenergy or maxtime that is no positive number",
    LinkRefusal.BAD_PASSWORD: "is too old, or made up: scan the QR code again",
}
REFERENCE: Final = r"^[A-Za-z0-9*\-_=:+|@.]+$"  # OCPP's identifierString


class PaymentPost(BaseModel):
    """A payment that its provider has authorized: `amount` is what is reserved, tax included, in
    the currency of the station's tariff; nothing costs more. No `evse_id`: the driver chooses."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [
        {"psp_ref": "8835513921644842", "station_id": "ev36-v2g-01", "evse_id": 1,
         "amount": "25.00"},
    ]})  # fmt: skip

    psp_ref: Annotated[str, Field(min_length=1, max_length=255, pattern=REFERENCE)]
    station_id: Annotated[str, Field(max_length=100, pattern=r"^[^\x00]+$")]
    evse_id: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None
    amount: Reserved
    max_energy_wh: Annotated[float | None, Field(gt=0, le=1e9)] = None
    max_time_s: Annotated[int | None, Field(gt=0, le=2**31 - 1)] = None
    max_soc_pct: Annotated[int | None, Field(ge=0, le=100)] = None


class Settlement(Answer):
    """What is taken of a payment for one transaction. `Station`: it had settled or canceled the
    payment itself; `Operator`: nobody could ask the provider, for that `reason`."""

    station_id: str
    transaction_id: str
    psp_ref: str
    status: SettlingStatus
    amount: Money | None
    currency: str | None
    due_at: datetime
    ended_at: datetime | None
    attempts: int
    reason: str | None
    receipt_id: str | None
    receipt_url: str | None
    station_status: str | None = Field(description="what the station says, if it says anything")


class Payment(Answer):
    """A payment, whether its transaction could be started, and how it was settled."""

    psp_ref: str
    station_id: str
    evse_id: int | None
    amount: Money
    command_id: UUID
    start_status: CommandStatus
    start_reason: str | None
    settlements: list[Settlement]


@router.post(
    "",
    status_code=202,
    summary="Start a transaction that is paid for",
    responses=responses(404, 409) | {200: {"description": "Known already", "model": Payment}},
)
async def post_payment(
    who: PaymentTaker, paid: PaymentPost, work: Transaction, response: Response
) -> Payment:
    """Its identity is `psp_ref`: the same words again get the same payment as it is now, so no
    Idempotency-Key is needed; other words under the same reference are refused."""
    asked = start_of(paid)
    await commands.check(work, who, asked)
    if await stations.version(work.conn, paid.station_id) != OcppVersion.V21:
        raise invalid("station_id", "speaks no OCPP 2.1: it knows no direct payments")
    token, command_id = token_of(paid), start_id(paid.psp_ref)
    new = await tokens.put(work.conn, token, work.hub.clock.now(), expected_version=0)
    if new is None:
        known = await tokens.get(work.conn, token.ref)
        if known is None or known.token != token or await start(work, who, command_id) is None:
            advice = "This psp_ref is another payment's, or somebody else's: use a new one."
            raise ApiError(409, advice, name="payment-differs")
        response.status_code = 200
    else:
        await commands.send(work, who, asked, command_id)
        detail = paid.model_dump(mode="json")
        await audit.record(work.conn, who.actor, "payment.take", paid.psp_ref, detail)
    return await answer(work, who, paid.psp_ref)


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


@router.get("", summary="List the settlements of payments")
async def list_settlements(
    _: Viewer,
    work: Transaction,
    part: Annotated[Slice, Depends(slice_of)],
    status: SettlingStatus | None = None,
) -> Page[Settlement]:
    """The last to come due first, those of stations' own terminals included. `?status=Operator` and
    `?status=Refused` are those that a person must see to."""
    rows = await payments.page(work.conn, part, status=status)
    return page_of(rows, Settlement.model_validate)


@router.get("/{psp_ref}", summary="One payment that was taken here")
async def get_payment(
    who: PaymentTaker, psp_ref: Annotated[str, Path(max_length=255)], work: Transaction
) -> Payment:
    """Ask again until `start_status` ends, and after the transaction until it is settled. A token
    with scope `payments` sees its own."""
    return await answer(work, who, psp_ref)


async def start(work: Work, who: Principal, command_id: UUID) -> dict[str, object] | None:
    """The command that starts a payment's transaction, if `who` may see it."""
    row = await stored_commands.get(work.conn, command_id)
    visible = row is not None and (who.may(Role.OPERATOR) or row["requested_by"] == who.actor)
    return row if visible else None


async def answer(work: Work, who: Principal, psp_ref: str) -> Payment:
    """The payment as it is now. Raises 404."""
    stored = await tokens.get(work.conn, TokenRef(IdToken(psp_ref), DIRECT_PAYMENT))
    row = await start(work, who, start_id(psp_ref))
    if stored is None or row is None:
        raise not_found("payment", psp_ref)
    station_id = str(row["station_id"])
    settled = await payments.of_payment(work.conn, station_id, psp_ref)
    return Payment.model_validate(
        {
            "psp_ref": stored.token.ref.id_token,
            "station_id": station_id,
            "evse_id": row["evse_id"],
            "amount": stored.token.paid_in,
            "command_id": row["command_id"],
            "start_status": row["status"],
            "start_reason": row["reason"],
            "settlements": [dict(one) for one in settled],
        }
    )


def token_of(paid: PaymentPost) -> Token:
    """It charges at its place alone, and no more than was reserved, in all its transactions."""
    return Token(
        ref=TokenRef(IdToken(paid.psp_ref), DIRECT_PAYMENT),
        status=AuthorizationStatus.ACCEPTED,
        places={paid.station_id: () if paid.evse_id is None else (paid.evse_id,)},
        paid_in=paid.amount,
        limits=TransactionLimit(
            max_cost=paid.amount,
            max_energy_wh=paid.max_energy_wh,
            max_time_s=paid.max_time_s,
            max_soc_pct=paid.max_soc_pct,
        ),
    )


def start_of(paid: PaymentPost) -> CommandRequest:
    """RequestStartTransaction (C24.FR.01, C25.FR.23)."""
    evse = {} if paid.evse_id is None else {"evseId": paid.evse_id}
    return CommandRequest(
        station_id=paid.station_id,
        evse_id=paid.evse_id,
        kind=CommandKind.REQUEST_START_TRANSACTION,
        payload={"idToken": {"idToken": paid.psp_ref, "type": DIRECT_PAYMENT}, **evse},
    )


def start_id(psp_ref: str) -> UUID:
    """A payment starts one transaction from afar, once."""
    return uuid5(NAMESPACE_URL, f"urn:v2ghub:payment:{TokenRef(IdToken(psp_ref)).key}")
