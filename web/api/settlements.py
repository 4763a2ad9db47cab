"""How direct payments of OCPP 2.1 are settled, and what a person decides of those that are not."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from csms.domain.settling import DECIDED, Decision, SettlingStatus
from csms.store import settling
from web.api.models import Answer, Page
from web.api.paging import Text, page_of, slice_of
from web.api.routing import api_router
from web.auth import Operator, Viewer
from web.errors import ApiError, not_found, responses
from web.hub import Transaction
from web.store import audit, payments
from web.store.paging import Slice

router = api_router("/payments", "payments", 404)

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
    station_status: str | None = Field(description="what the station says, if it says anything")


class DecisionPost(BaseModel):
    """`settle`: ask the provider (again); `write_off`: it is not taken, `reason` says why."""

    model_config = ConfigDict(extra="forbid")

    decision: Decision
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
    """`settle` counts for `Operator`, `write_off` for `Refused`, too. Told twice it is one decision
    (no Idempotency-Key is needed); where there is nothing to decide it is refused."""
    before, after = DECIDED[asked.decision]
    known = await payments.get(work.conn, station_id, transaction_id)
    if known is None:
        raise not_found("settlement", f"{station_id}/{transaction_id}")
    now = work.hub.clock.now()
    told = (asked.decision, asked.reason, now)
    if await settling.decide(work.conn, station_id, transaction_id, *told):
        detail = {"reason": asked.reason, "before": known["status"], "psp_ref": known["psp_ref"]}
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
