"""Two-person approval: one administrator asks and says why, another looks at it and approves.

The approval does what was asked, once, in its own transaction. Programs neither ask nor approve:
two people, not two tokens. Whoever is at the hub's own machine (`v2ghub`) has an authority of
their own: roles, site files and tokens are changed there and nowhere else.
"""

from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import orjson
from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from csms.store.messages import redacted
from web.api.acts import ACTS, parsed
from web.api.command_gate import GateRefusal, record_refusal
from web.api.models import Answer, Page
from web.api.once import Key, once, wish_of
from web.api.paging import page_of, slice_of
from web.api.routing import api_router
from web.auth import Admin
from web.errors import ApiError, not_found, responses
from web.hub import Transaction, Work
from web.roles import Principal
from web.store import approvals, audit
from web.store.approvals import ApprovalStatus, Wish
from web.store.paging import Slice

router = api_router("/approvals", "approvals", 404)

ActionName = Literal[
    "commands", "firmware.campaign", "certificate.revoke", "vehicle.v2g_floor", "signal.cancel"
]


class ApprovalRequest(BaseModel):
    """What is to be done, and why. `payload`: `{commands: […]}`, a firmware campaign,
    `{station_id, certificate_id}`, `{vehicle_id, version, v2g_floor_soc_pct}`, or
    `{site_id, signal_id}`."""

    model_config = ConfigDict(extra="forbid")

    action: ActionName
    payload: dict[str, Any]
    reason: Annotated[str, Field(min_length=3, max_length=500)]


class Approve(BaseModel):
    """`payload_hash` of what the approver has looked at."""

    model_config = ConfigDict(extra="forbid")

    payload_hash: str


class Approval(Answer):
    """It can be approved while it is `waiting`, for 15 minutes; `answer` is what the act gave. What
    `payload` says of passwords and keys is not told again; `payload_hash` is of all of it."""

    approval_id: UUID
    action: str
    payload: dict[str, Any]
    payload_hash: str
    reason: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    status: ApprovalStatus
    decided_by: str | None
    decided_at: datetime | None
    answer: dict[str, Any] | None

    @field_validator("payload", mode="before")
    @classmethod
    def _without_secrets(cls, told: Any) -> Any:
        return redacted(told)


@router.post(
    "", status_code=201, response_model=Approval, summary="Ask for what takes two people",
    responses=responses(400, 404, 409),
)  # fmt: skip
async def post_approval(
    who: Admin, asked: ApprovalRequest, request: Request, work: Transaction, key: Key = None
) -> Response:
    """Nothing is done before another administrator approves. 409 `second-admin-needed` where there
    is none: create one with `v2ghub user add` at the hub's machine."""
    _person(who)

    async def act() -> Approval:
        return await _ask(work, who, asked)

    return await once(work, who, key, wish_of(request, asked), act, 201)


@router.get("", summary="List what was asked for")
async def list_approvals(
    _: Admin,
    work: Transaction,
    part: Annotated[Slice, Depends(slice_of)],
    waiting: Annotated[bool | None, Query()] = None,
) -> Page[Approval]:
    """Newest first."""
    rows = await approvals.page(work.conn, part, waiting=waiting)
    return page_of(rows, Approval.model_validate)


@router.post(
    "/{approval_id}/approve", summary="Approve it: it is done", responses=responses(409, 429)
)
async def approve(who: Admin, approval_id: UUID, looked_at: Approve, work: Transaction) -> Approval:
    """403 for one's own wish; 409 if it is not what was looked at, is over, or was decided. What
    the gate does not let pass now (429, 409) waits on, and may be approved again."""
    _person(who)
    row = await _waiting(work, approval_id)
    if row["asked_by"] == who.actor:
        raise ApiError(
            403, "Another administrator must approve what you asked for.", name="own-approval"
        )
    if row["payload_hash"] != looked_at.payload_hash:
        raise ApiError(
            409, "This is not what you looked at: read it again.", name="payload-changed"
        )
    act = ACTS[row["action"]]
    try:
        done = await act.do(work, who, parsed(act, row["payload"]))
    except GateRefusal as refused:
        await record_refusal(work.hub, who, refused, str(approval_id), row["payload"])
        raise
    answer = redacted(done.model_dump(mode="json"))
    await approvals.decide(work.conn, approval_id, ApprovalStatus.DONE, who.actor, answer)
    return await _told(work, who, approval_id, "approval.approve")


@router.post(
    "/{approval_id}/refuse", summary="Refuse it, or take it back", responses=responses(409)
)
async def refuse(who: Admin, approval_id: UUID, work: Transaction) -> Approval:
    """It is not done. Any administrator may, also who asked."""
    await _waiting(work, approval_id)
    await approvals.decide(work.conn, approval_id, ApprovalStatus.REFUSED, who.actor)
    return await _told(work, who, approval_id, "approval.refuse")


async def _ask(work: Work, who: Principal, asked: ApprovalRequest) -> Approval:
    if not await approvals.has_second_admin(work.conn, who.name):
        raise ApiError(
            409, "There is no second administrator who could approve: create one at the hub's "
            "machine with `v2ghub user add NAME --role admin`.", name="second-admin-needed",
        )  # fmt: skip
    act = ACTS[asked.action]
    await act.check(work, who, parsed(act, asked.payload))
    wish = Wish(
        approval_id=uuid4(),
        action=asked.action,
        payload=asked.payload,
        payload_hash=hash_of(asked.action, asked.payload),
        reason=asked.reason,
        asked_by=who.actor,
    )
    await approvals.ask(work.conn, wish)
    return await _told(work, who, wish.approval_id, "approval.ask")


def hash_of(action: str, payload: dict[str, Any]) -> str:
    """The same for the same act, whatever the order of its keys."""
    told = orjson.dumps([action, payload], option=orjson.OPT_SORT_KEYS)
    return sha256(told).hexdigest()


def _person(who: Principal) -> None:
    if who.is_token:
        raise ApiError(403, "This takes two people: a token is none.", name="person-needed")


async def _waiting(work: Work, approval_id: UUID) -> Any:
    """The wish, ours to decide until we commit. Raises 404 or 409."""
    row = await approvals.get(work.conn, approval_id, lock=True)
    if row is None:
        raise not_found("approval", approval_id)
    if row["status"] != ApprovalStatus.WAITING:
        raise ApiError(409, f"It is {row['status']} already.", name="approval-decided")
    return row


async def _told(work: Work, who: Principal, approval_id: UUID, action: str) -> Approval:
    row = await approvals.get(work.conn, approval_id)
    assert row is not None
    kept = ("action", "payload_hash", "reason", "asked_by")
    detail = {name: row[name] for name in kept} | {"payload": redacted(row["payload"])}
    await audit.record(work.conn, who.actor, action, str(approval_id), detail)
    return Approval.model_validate(dict(row))
