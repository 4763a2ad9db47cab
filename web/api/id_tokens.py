"""Id tokens: who may charge, where, until when, and with whom they share a group."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from csms.domain.authorization import (
    CENTRAL,
    AuthorizationStatus,
    PersonalMessage,
    Token,
    TokenRef,
)
from csms.domain.ids import IdToken
from csms.domain.limits import UNLIMITED, TransactionLimit
from csms.store import tokens
from web.api.etag import IfMatch, IfNoneMatch, expected_version
from web.api.models import Answer, Instant, Page
from web.api.paging import page_of, slice_of
from web.api.routing import api_router
from web.auth import Operator, Viewer
from web.errors import ApiError, not_found, responses
from web.hub import Transaction, Work
from web.store import audit, id_tokens
from web.store.paging import Slice

router = api_router("/id_tokens", "id_tokens", 404)

Id = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00/]+$")]
Type = Annotated[str, Path(pattern=r"^[A-Za-z0-9]{1,20}$", description="IdTokenEnumType")]
IdInPath = Annotated[str, Path(min_length=1, max_length=255, pattern=r"^[^\x00/]+$")]
Language = Annotated[str, Field(max_length=8)]
EvseId = Annotated[int, Field(ge=1, le=2**31 - 1)]


Credit = Annotated[
    Decimal,
    Field(ge=0, le=1_000_000, max_digits=14, decimal_places=6),
    WithJsonSchema({"type": "string", "examples": ["25.00"]}),
]


class LimitModel(BaseModel):
    """What a transaction may cost (with tax), take, last or charge to; null: no such limit."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    max_cost: Credit | None = None
    max_energy_wh: Annotated[float, Field(gt=0, le=1e9)] | None = None
    max_time_s: Annotated[int, Field(gt=0, le=2**31 - 1)] | None = None
    max_soc_pct: Annotated[int, Field(ge=0, le=100)] | None = None


class Message(BaseModel):
    """Words for the driver, shown where a station can."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    content: Annotated[str, Field(max_length=512)]
    format: Annotated[str, Field(pattern="^(ASCII|HTML|URI|UTF8)$")] = "UTF8"
    language: Language | None = None


class IdTokenPut(BaseModel):
    """A token as its operator means it. `status` is what holds unless validity or place forbid;
    `places` is station → EVSEs (an empty list: all of them), null: everywhere. A prepaid token says
    what was `paid_in` for it in all; what its transactions cost is taken off it. `limits` are of
    each transaction: the station keeps them, or the hub stops it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [
        {"status": "Accepted", "group_id_token": "fleet-north", "cache_s": 86400},
        {"status": "Accepted", "places": {"ev36-v2g-01": [1]}, "charging_priority": 2},
    ]})  # fmt: skip

    status: AuthorizationStatus = AuthorizationStatus.ACCEPTED
    group_id_token: Id | None = None
    group_type: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")] = CENTRAL
    valid_from: Instant | None = None
    expires_at: Instant | None = None
    cache_s: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    charging_priority: Annotated[int, Field(ge=-9, le=9)] | None = None
    language1: Language | None = None
    language2: Language | None = None
    personal_message: Message | None = None
    places: dict[str, list[EvseId]] | None = None
    paid_in: Credit | None = None
    limits: LimitModel | None = None


class IdTokenAnswer(Answer):
    """A listed token; `Central` as its type stands for every type."""

    id_token: str
    type: str
    status: AuthorizationStatus
    group_id_token: str | None
    group_type: str | None
    valid_from: datetime | None
    expires_at: datetime | None
    cache_s: int | None
    charging_priority: int | None
    language1: str | None
    language2: str | None
    personal_message: Message | None
    places: dict[str, list[int]] | None
    paid_in: Credit | None
    limits: LimitModel | None
    version: int
    updated_at: datetime


@router.get("", summary="List the id tokens")
async def list_id_tokens(
    _: Viewer,
    work: Transaction,
    part: Annotated[Slice, Depends(slice_of)],
    group_id_token: Annotated[str | None, Query(max_length=255)] = None,
    status: AuthorizationStatus | None = None,
) -> Page[IdTokenAnswer]:
    """By id."""
    told = None if status is None else status.value
    rows = await id_tokens.page(work.conn, part, group=group_id_token, status=told)
    return page_of(rows, IdTokenAnswer.model_validate)


@router.get("/{type}/{id_token}", summary="One id token")
async def get_id_token(
    _: Viewer, type: Type, id_token: IdInPath, work: Transaction, response: Response
) -> IdTokenAnswer:
    """The header ETag is its version: send it as If-Match with a change."""
    return await answer(work, TokenRef(IdToken(id_token), type), response)


@router.put(
    "/{type}/{id_token}",
    summary="List an id token, or change it",
    responses=responses(412) | {201: {"description": "Created", "model": IdTokenAnswer}},
)
async def put_id_token(
    who: Operator,
    type: Type,
    id_token: IdInPath,
    wanted: IdTokenPut,
    work: Transaction,
    response: Response,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> IdTokenAnswer:
    """With If-Match only over that version; with `If-None-Match: *` only if there is none yet.
    Stations hear of it when they ask, or with the next SendLocalList."""
    token = token_of(TokenRef(IdToken(id_token), type), wanted)
    version = await tokens.put(
        work.conn,
        token,
        work.hub.clock.now(),
        expected_version=expected_version(if_match, if_none_match),
    )
    if version is None:
        raise ApiError(412, name="version-conflict")
    detail = wanted.model_dump(mode="json")
    await audit.record(work.conn, who.actor, "id_token.change", f"{type}/{id_token}", detail)
    response.status_code = 201 if version == 1 else 200
    return await answer(work, token.ref, response)


@router.delete(
    "/{type}/{id_token}",
    status_code=204,
    summary="Strike an id token off",
    responses=responses(412),
)
async def delete_id_token(
    who: Operator, type: Type, id_token: IdInPath, work: Transaction, if_match: IfMatch = None
) -> None:
    """From then on it is treated like any that nobody listed; block it to keep it out."""
    ref = TokenRef(IdToken(id_token), type)
    stored = await tokens.get(work.conn, ref, lock=True)
    if stored is None:
        raise not_found("id token", f"{type}/{id_token}")
    if if_match is not None and expected_version(if_match, None) != stored.version:
        raise ApiError(412, name="version-conflict")
    await tokens.delete(work.conn, ref)
    await audit.record(work.conn, who.actor, "id_token.delete", f"{type}/{id_token}", {})


def token_of(ref: TokenRef, wanted: IdTokenPut) -> Token:
    """The token that a request means."""
    own = {"group_id_token", "group_type", "personal_message", "places", "limits"}
    told = wanted.model_dump(exclude=own)
    group, message = wanted.group_id_token, wanted.personal_message
    return Token(
        ref=ref,
        group=None if group is None else TokenRef(IdToken(group), wanted.group_type),
        personal_message=None if message is None else PersonalMessage(**message.model_dump()),
        places=None
        if wanted.places is None
        else {station_id: tuple(evse_ids) for station_id, evse_ids in wanted.places.items()},
        limits=UNLIMITED
        if wanted.limits is None
        else TransactionLimit(**wanted.limits.model_dump()),
        **told,
    )


async def answer(work: Work, ref: TokenRef, response: Response) -> IdTokenAnswer:
    """The token as it is now, with its ETag. Raises 404."""
    row = await id_tokens.get(work.conn, ref)
    if row is None:
        raise not_found("id token", f"{ref.type}/{ref.id_token}")
    response.headers["ETag"] = f'"{row["version"]}"'
    return IdTokenAnswer.model_validate(dict(row))
