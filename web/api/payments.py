"""Direct payments of OCPP 2.1, taken at a kiosk or a web page (C24, C25).

A payment is known by the reference of its payment service provider, which is its token, too.
"""

from decimal import Decimal
from typing import Annotated
from uuid import NAMESPACE_URL, UUID, uuid5

from fastapi import Path, Response
from pydantic import BaseModel, ConfigDict, Field

from csms.domain.authorization import AuthorizationStatus, Token, TokenRef
from csms.domain.commands import CommandKind, CommandStatus
from csms.domain.ids import IdToken
from csms.domain.limits import TransactionLimit
from csms.domain.station import OcppVersion
from csms.store import tariffs, tokens
from web.api import commands
from web.api.commands import CommandRequest
from web.api.models import Answer
from web.api.routing import api_router
from web.api.settlements import DIRECT_PAYMENT, MONEY, REFERENCE, Money, Settlement
from web.auth import PaymentTaker
from web.errors import ApiError, invalid, not_found, responses
from web.hub import Transaction, Work
from web.roles import Principal, Role
from web.store import audit, payments, stations
from web.store import commands as stored_commands

router = api_router("/payments", "payments", 404)

Reserved = Annotated[Decimal, Field(gt=0, le=1_000_000, max_digits=14, decimal_places=3), MONEY]


class PaymentPost(BaseModel):
    """A payment that its provider has authorized: `amount` of `currency` is what is reserved, tax
    included; nothing costs more. No `evse_id`: the driver chooses."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [
        {"psp_ref": "8835513921644842", "station_id": "ev36-v2g-01", "evse_id": 1,
         "amount": "25.00", "currency": "GBP"},
    ]})  # fmt: skip

    psp_ref: Annotated[str, Field(min_length=1, max_length=255, pattern=REFERENCE)]
    station_id: Annotated[str, Field(max_length=100, pattern=r"^[^\x00]+$")]
    evse_id: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None
    amount: Reserved
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217")]
    max_energy_wh: Annotated[float | None, Field(gt=0, le=1e9)] = None
    max_time_s: Annotated[int | None, Field(gt=0, le=2**31 - 1)] = None
    max_soc_pct: Annotated[int | None, Field(ge=0, le=100)] = None


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
        await check_currency(work, paid)
        await commands.send(work, who, asked, command_id)
        detail = paid.model_dump(mode="json")
        await audit.record(work.conn, who.actor, "payment.take", paid.psp_ref, detail)
    return await answer(work, who, paid.psp_ref)


@router.get("/{psp_ref}", summary="One payment that was taken here")
async def get_payment(
    who: PaymentTaker, psp_ref: Annotated[str, Path(max_length=255)], work: Transaction
) -> Payment:
    """Ask again until `start_status` ends, and after the transaction until it is settled. A token
    with scope `payments` sees its own."""
    return await answer(work, who, psp_ref)


async def check_currency(work: Work, paid: PaymentPost) -> None:
    """Nothing is converted: what is reserved must be money in which it will cost, by our tariffs or
    the station's own. Without any it is compared when it is settled. Raises 422."""
    charged = await tariffs.currencies(work.conn, paid.station_id, paid.evse_id)
    if charged - {paid.currency}:
        told = " and ".join(sorted(charged))
        raise invalid("currency", f"the tariffs there are in {told}, not in {paid.currency}")


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
        paid_currency=paid.currency,
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
