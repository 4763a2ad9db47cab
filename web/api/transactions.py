"""Transactions and their energy, import and export apart."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, Query
from pydantic import Field, WithJsonSchema

from web.api.models import Answer, Page
from web.api.paging import Text, page_of, slice_of
from web.api.routing import api_router
from web.auth import Viewer
from web.errors import not_found
from web.hub import Transaction as Work
from web.store import transactions
from web.store.paging import Slice

router = api_router("/transactions", "transactions", 404)


Money = Annotated[Decimal, WithJsonSchema({"type": "string", "examples": ["6.00"]})]


class Transaction(Answer):
    """A transaction as all its events tell it; open while `ended_at` is null."""

    station_id: str
    transaction_id: str
    evse_id: int | None
    connector_id: int | None
    id_token: str | None
    vehicle_id: str | None
    started_at: datetime
    ended_at: datetime | None
    last_event_at: datetime
    imported_wh: float
    exported_wh: float
    charging_state: str | None
    stopped_reason: str | None
    event_count: int
    cost: Money | None = Field(description="with tax, so far; null: it is under no tariff")
    currency: str | None
    tariff_id: str | None
    flags: list[str]


@router.get("", summary="List the transactions")
async def list_transactions(
    _: Viewer,
    work: Work,
    part: Annotated[Slice, Depends(slice_of)],
    site_id: Text | None = None,
    station_id: Text | None = None,
    is_open: Annotated[bool | None, Query(alias="open")] = None,
) -> Page[Transaction]:
    """The last started first."""
    rows = await transactions.page(
        work.conn, part, site_id=site_id, station_id=station_id, is_open=is_open
    )
    return page_of(rows, Transaction.model_validate)


@router.get("/{station_id}/{transaction_id}", summary="One transaction")
async def get_transaction(
    _: Viewer, station_id: str, transaction_id: str, work: Work
) -> Transaction:
    """By its station and id: ids are the station's own."""
    row = await transactions.get(work.conn, station_id, transaction_id)
    if row is None:
        raise not_found("transaction", f"{station_id}/{transaction_id}")
    return Transaction.model_validate(dict(row))
