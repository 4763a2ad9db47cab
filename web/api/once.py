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
    if not key:
        raise ApiError(
            400, "Send Idempotency-Key with a new random value.", name="idempotency-key-missing"
        )
    request_hash = sha256(wish).hexdigest()
    kept = await idempotency.claim(work.conn, who.actor, key, request_hash)
    if kept is not None and kept.request_hash != request_hash:
        raise ApiError(
            422, "This Idempotency-Key was used for another wish: make a new one.",
            name="idempotency-key-reused",
        )  # fmt: skip
    if kept is not None:
        return JSONResponse(kept.body, kept.status_code, headers={"Idempotency-Replayed": "true"})
    answer = (await act()).model_dump(mode="json")
    await idempotency.keep(work.conn, who.actor, key, status_code, answer)
    return JSONResponse(answer, status_code)


def wish_of(request: Request, asked: BaseModel | None = None) -> bytes:
    """The same bytes for the same wish: where it was sent, and the body."""
    body = None if asked is None else asked.model_dump(mode="json")
    return orjson.dumps([request.url.path, body], option=orjson.OPT_SORT_KEYS)
