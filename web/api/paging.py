"""The query parameters of every list, and rows as the page that answers."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import Query
from pydantic import AwareDatetime

from web.api.models import Page
from web.store.paging import Rows, Slice

Item = TypeVar("Item")


def slice_of(
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
From = Annotated[AwareDatetime | None, Query(alias="from", description="default: a day before to")]
To = Annotated[AwareDatetime | None, Query(alias="to", description="default: now, site time")]
