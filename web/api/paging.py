"""The query parameters of every list and series, and rows as the page that answers."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query

from web.api.models import Instant, Page
from web.errors import invalid
from web.hub import TheHub
from web.store.paging import Rows, Slice

Item = TypeVar("Item")


async def slice_of(
    limit: Annotated[int, Query(ge=1, le=1000, description="most items to answer")] = 100,
    cursor: Annotated[
        str | None, Query(max_length=500, description="`next` of the page before")
    ] = None,
) -> Slice:
    """`?limit=&cursor=`."""
    return Slice(limit, cursor)


def page_of(rows: Rows, item: Callable[[dict[str, Any]], Item]) -> Page[Item]:
    """The answer `{items, next}`."""
    return Page(items=[item(dict(row)) for row in rows.items], next=rows.next)


Text = Annotated[str, Query(max_length=100)]


async def span_of(
    hub: TheHub,
    starts_at: Annotated[
        Instant | None, Query(alias="from", description="default: a day before to")
    ] = None,
    ends_at: Annotated[
        Instant | None, Query(alias="to", description="default: now, site time")
    ] = None,
) -> tuple[datetime, datetime]:
    """`?from=&to=`. Raises 422 for a span that is empty."""
    until = ends_at or hub.clock.now()
    since = starts_at or until - timedelta(days=1)
    if since >= until:
        raise invalid("from", "must be before `to`")
    return since, until


Span = Annotated[tuple[datetime, datetime], Depends(span_of)]
