"""How direct payments of OCPP 2.1 are settled, and what a person decides of those that are not."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from sqlalchemy import RowMapping

from csms.domain.authorization import TokenRef
from csms.domain.cost import rounded
from csms.domain.ids import IdToken
from csms.domain.settling import (
    DECIDED,
    Asked,
    Decision,
    RevisionRefusal,
    SettlingStatus,
    revision_refusal,
)
from csms.store import settling, tokens
from web.api.models import Answer, Page
from web.api.paging import Text, page_of, slice_of
from web.api.routing import api_router
from web.auth import Operator, Viewer
from web.errors import ApiError, invalid, not_found, responses
from web.hub import Transaction, Work
from web.store import audit, payments
from web.store.paging import Slice

router = api_router("/payments", "payments", 404)

REFERENCE: Final = r"^[A-Za-z0-9*\-_=:+|@.]+$"  # OCPP's identifierString
DIRECT_PAYMENT: Final = "DirectPayment"
MONEY: Final = WithJsonSchema({"type": "string", "examples": ["25.00"]})
Money = Annotated[Decimal, MONEY]


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
    asked_as: str | None = Field(description="the reference it is settled under, if another")
    station_status: str | None = Field(description="what the station says, if it says anything")


class DecisionPost(BaseModel):
    """`settle`: ask the provider (again), where it refused with another `amount` or `psp_ref` (as
    when the driver authorized the payment anew); `write_off`: it is not taken, `reason` says why.
    Where nobody knows what it cost, `amount` and `currency` say it."""

    model_config = ConfigDict(extra="forbid")

    decision: Decision
    amount: Annotated[
        Decimal | None, Field(ge=0, le=1_000_000, max_digits=14, decimal_places=3), MONEY
    ] = None
    currency: Annotated[str | None, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217")] = None
    psp_ref: Annotated[str | None, Field(min_length=1, max_length=255, pattern=REFERENCE)] = None
    reason: Annotated[str | None, Field(max_length=500, pattern=r"^[^\x00]+$")] = None


@router.get("", summary="List the settlements of payments")
async def list_settlements(
    _: Viewer,
    work: Transaction,
    part: Annotated[Slice, Depends(slice_of)],
    status: Annotated[list[SettlingStatus], Query(max_length=len(SettlingStatus))] = [],  # noqa: B006
    site_id: Text | None = None,
) -> Page[Settlement]:
    """The last to come due first, those of stations' own terminals included. `?status=Operator` and
    `&status=Refused` are those that a person must see to."""
    rows = await payments.page(work.conn, part, statuses=status, site_id=site_id)
    return page_of(rows, Settlement.model_validate)


@router.post(
    "/settlements/{station_id}/{transaction_id}",
    summary="Decide on a payment that was not taken",
    responses=responses(404, 409),
)
async def post_decision(
    who: Operator, station_id: str, transaction_id: str, asked: DecisionPost, work: Transaction
) -> Settlement:
    """Both count for `Operator` and `Refused`. Told twice it is one decision (no Idempotency-Key is
    needed); where there is nothing to decide, or the provider may have taken what it was asked for
    before, it is refused."""
    before, after = DECIDED[asked.decision]
    known = await payments.get(work.conn, station_id, transaction_id)
    if known is None:
        raise not_found("settlement", f"{station_id}/{transaction_id}")
    revised = await _revised(work, known, asked)
    told = (asked.decision, asked.reason, work.hub.clock.now(), revised)
    if await settling.decide(work.conn, station_id, transaction_id, *told):
        detail = {"reason": asked.reason, "before": known["status"], "psp_ref": known["psp_ref"]}
        if revised is not None:
            detail |= {"asked_as": revised.reference, "amount": str(revised.amount)}
        action = f"payment.{asked.decision}"
        await audit.record(work.conn, who.actor, action, f"{station_id}/{transaction_id}", detail)
    row = await payments.get(work.conn, station_id, transaction_id)
    if row is None or row["status"] != after:
        status = known["status"] if row is None else row["status"]
        advice = (
            f"This payment is {status}: that is decided for {' or '.join(sorted(before))} alone."
        )
        raise ApiError(409, advice, name="settlement-is-decided")
    return Settlement.model_validate(dict(row))


async def _revised(work: Work, known: RowMapping, asked: DecisionPost) -> Asked | None:
    """What the provider shall be asked for instead; None: what it was. Raises 422 and 409."""
    status = SettlingStatus(known["status"])
    if asked.decision is not Decision.SETTLE or status not in DECIDED[Decision.SETTLE][0]:
        return None
    reference = known["asked_as"] or known["psp_ref"]
    before = Asked(
        amount=known["amount"],
        currency=known["currency"],
        reference=reference,
        revised=known["revised"],
    )
    after = replace(
        before,
        amount=before.amount if asked.amount is None else asked.amount,
        currency=asked.currency or before.currency,
        reference=asked.psp_ref or reference,
    )
    if after.amount is not None and after.currency is not None:
        after = replace(after, amount=rounded(after.amount, after.currency))
    stored = await tokens.get(work.conn, TokenRef(IdToken(after.reference), DIRECT_PAYMENT))
    reserved = None if stored is None else stored.token
    money, most = (None, None) if reserved is None else (reserved.paid_currency, reserved.paid_in)
    if after != before and money not in (None, after.currency):
        raise invalid("currency", f"what was reserved is in {money}")
    why = revision_refusal(status, before, after, most)
    if why in (RevisionRefusal.UNCHANGED, RevisionRefusal.PERHAPS_TAKEN):
        raise ApiError(409, f"This payment is {status}: {why}.", name="settlement-is-decided")
    if why is not None:
        field = "currency" if "currency" in why else "amount"
        raise invalid(field, why)
    return None if after == before else after
