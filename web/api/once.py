"""A `POST` that acts is done once, however often it is asked under one Idempotency-Key."""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Annotated

import orjson
from fastapi import Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from web.errors import ApiError
from web.hub import Work
from web.roles import Principal
from web.store import idempotency
from web.store.idempotency import Claim, Kept

Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", max_length=200, description="a new one for each new wish"),
]


async def once(
    work: Work,
    who: Principal,
    key: str | None,
    wish: bytes,
    act: Callable[[], Awaitable[BaseModel]],
    status_code: int = 200,
) -> Response:
    """What `act` answers, or what it answered to the same wish under this key. Raises 400 without
    a key, 422 if the key was used for another wish."""
    claim = claim_of(who, key, wish)
    kept = await idempotency.claim(work.conn, claim)
    if kept is not None:
        return replayed(kept, claim)
    answer = (await act()).model_dump(mode="json")
    await idempotency.keep(work.conn, claim, status_code, answer)
    return JSONResponse(answer, status_code)


def claim_of(who: Principal, key: str | None, wish: bytes) -> Claim:
    """What is to be done once. Raises 400 without a key."""
    if not key:
        raise ApiError(
            400, "Send Idempotency-Key with a new random value.", name="idempotency-key-missing"
        )
    return Claim(who.actor, key, sha256(wish).hexdigest())


def replayed(kept: Kept, claim: Claim) -> Response:
    """The answer that was given before. Raises 422 if that was to another wish."""
    if kept.request_hash != claim.request_hash:
        raise ApiError(
            422, "This Idempotency-Key was used for another wish: make a new one.",
            name="idempotency-key-reused",
        )  # fmt: skip
    return JSONResponse(kept.body, kept.status_code, headers={"Idempotency-Replayed": "true"})


def wish_of(request: Request, asked: BaseModel | None = None) -> bytes:
    """The same bytes for the same wish: where it was sent, and the body."""
    body = None if asked is None else asked.model_dump(mode="json")
    return orjson.dumps([request.url.path, body], option=orjson.OPT_SORT_KEYS)
