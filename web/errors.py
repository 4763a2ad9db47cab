"""Every error of the API as `application/problem+json` (RFC 9457), in one table.

`detail` says what to do. A domain refusal keeps its name: it becomes the end of `type`.
"""

from collections.abc import Sequence
from typing import Any, Final

import asyncpg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from csms.domain.errors import StoreUnavailable
from web.store.paging import CursorRefused

MEDIA_TYPE: Final = "application/problem+json"

# status → (name, title, what to do when nothing better is known)
TABLE: Final[dict[int, tuple[str, str, str]]] = {
    400: ("bad-request", "Bad request", "Correct the request and send it again."),
    401: (
        "not-authenticated",
        "Not authenticated",
        "Log in at POST /api/v1/session, or send `Authorization: Bearer <token>`.",
    ),
    403: ("forbidden", "Forbidden", "Ask an administrator for a role that may do this."),
    404: ("not-found", "Not found", "Check the identifier; lists show what exists."),
    405: ("method-not-allowed", "Method not allowed", "Use a method that `Allow` names."),
    409: ("conflict", "Conflict", "Read the current state, then decide again."),
    412: ("precondition-failed", "Changed meanwhile", "Read it again and use its new ETag."),
    413: ("too-large", "Body too large", "Send at most 1 MiB."),
    415: ("unsupported-media-type", "Unsupported media type", "Send application/json."),
    422: ("invalid", "Invalid request", "Correct the fields that `errors` names."),
    428: ("precondition-required", "Precondition required", "Send the header that is named."),
    429: ("too-many-requests", "Too many tries", "Wait as long as `Retry-After` says."),
    500: ("internal", "Internal error", "Report it with this `instance`: the log has the cause."),
    503: ("unavailable", "Unavailable", "The database is away; try again after `Retry-After`."),
}
RETRY_AFTER_S: Final = 2


class FieldError(BaseModel):
    """What is wrong with one field of the request; `field` is its path, dots between."""

    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {
            "type": "urn:v2ghub:problem:not-found", "title": "Not found", "status": 404,
            "detail": "There is no station hub-99.",
        }
    ]})  # fmt: skip

    type: str = Field(description="urn:v2ghub:problem:<name>; stable, to be switched on")
    title: str
    status: int
    detail: str = Field(description="What happened and what to do")
    instance: str | None = None
    errors: list[FieldError] | None = None


class ApiError(Exception):
    """A refusal with its status; `name` overrides the table's for a domain reason."""

    def __init__(
        self,
        status: int,
        detail: str | None = None,
        *,
        name: str | None = None,
        errors: Sequence[FieldError] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.name = name
        self.errors = errors
        self.headers = headers


def not_found(what: str, identifier: object) -> ApiError:
    """404 for a thing that is not there, or that the caller may not see."""
    return ApiError(404, f"There is no {what} {identifier}.")


def invalid(field: str, message: str) -> ApiError:
    """422 for one field that only the domain could judge."""
    return ApiError(422, errors=[FieldError(field=field, message=message)])


def problem(
    status: int,
    detail: str | None = None,
    *,
    name: str | None = None,
    errors: Sequence[FieldError] | None = None,
    instance: str | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """The answer for a status of the table; an unknown status keeps its number."""
    slug, title, advice = TABLE.get(status, TABLE[400 if status < 500 else 500])
    body = Problem(
        type=f"urn:v2ghub:problem:{name or slug}",
        title=title,
        status=status,
        detail=detail or advice,
        instance=instance,
        errors=list(errors) if errors else None,
    )
    extra = dict(headers or {})
    if status == 401:
        extra.setdefault("WWW-Authenticate", "Bearer")
    if status == 503:
        extra.setdefault("Retry-After", str(RETRY_AFTER_S))
    return JSONResponse(
        body.model_dump(exclude_none=True), status, headers=extra, media_type=MEDIA_TYPE
    )


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of a router's errors; 401, 403, 422 and 503 can always happen."""
    return {
        status: {
            "description": TABLE[status][1],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted({401, 403, 422, 503, *statuses})
    }


def _field(location: Sequence[int | str]) -> str:
    parts = [str(part) for part in location]
    return ".".join(parts[1:] if parts[:1] in (["body"], ["query"], ["path"]) else parts) or "body"


async def _api_error(_: Request, error: ApiError) -> JSONResponse:
    return problem(
        error.status, error.detail, name=error.name, errors=error.errors, headers=error.headers
    )


async def _http_error(_: Request, error: HTTPException) -> JSONResponse:
    headers = dict(error.headers) if error.headers else None
    return problem(error.status_code, headers=headers)


async def _validation_error(_: Request, error: RequestValidationError) -> JSONResponse:
    fields = [FieldError(field=_field(e["loc"]), message=e["msg"]) for e in error.errors()]
    return problem(422, errors=fields)


async def _store_unavailable(_: Request, __: StoreUnavailable) -> JSONResponse:
    return problem(503)


async def _data_refused(_: Request, error: DBAPIError | asyncpg.DataError) -> JSONResponse:
    """SQLSTATE class 22: a value PostgreSQL cannot hold, as NUL in a text."""
    told = error.orig if isinstance(error, DBAPIError) else error
    if not str(getattr(told, "sqlstate", "")).startswith("22"):
        raise error
    return problem(422, "A value of the request cannot be stored: a NUL, or a number too large.")


async def _cursor_refused(_: Request, __: CursorRefused) -> JSONResponse:
    message = "is none of ours: start again without it"
    return problem(422, errors=[FieldError(field="cursor", message=message)])


def install(app: FastAPI) -> None:
    """Answer every refusal of `app` from the table."""
    app.exception_handler(ApiError)(_api_error)
    app.exception_handler(HTTPException)(_http_error)
    app.exception_handler(RequestValidationError)(_validation_error)
    app.exception_handler(CursorRefused)(_cursor_refused)
    app.exception_handler(DBAPIError)(_data_refused)
    app.exception_handler(asyncpg.DataError)(_data_refused)
    app.exception_handler(StoreUnavailable)(_store_unavailable)
