"""Where the routes of the API hang and what they have in common."""

from typing import Final

from fastapi import APIRouter

from web.description import operation_id
from web.errors import responses

PREFIX: Final = "/api/v1"


def api_router(path: str, tag: str, *errors: int) -> APIRouter:
    """A router below `PREFIX` whose routes are whole: the application takes them as they are.

    Included routers would be built a second time, by the first request that passes them.
    """
    return APIRouter(
        prefix=PREFIX + path,
        tags=[tag],
        responses=responses(*errors),
        generate_unique_id_function=operation_id,
    )
