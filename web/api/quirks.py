"""Where a station departs from its standard, and an operator's word on it."""

from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from csms.domain.ids import ChargingStationId
from csms.domain.quirks import NAMES, STANDARD, QuirkSource, QuirkTable, checked, effective
from csms.quirkfile import quirk_table
from csms.store import quirks as store
from web.api.models import Answer, Page
from web.api.routing import api_router
from web.api.stations import KnownStation
from web.auth import Operator, Viewer
from web.errors import invalid, not_found
from web.hub import Transaction, Work
from web.store import audit, stations

router = api_router("/stations/{station_id}", "stations", 404)


class Proposal(Answer):
    """A value that the station's figures suggest but do not prove, with the evidence (`reason`).
    Setting it makes it hold; setting another answers it."""

    value: Any
    at: datetime
    reason: str


class Quirk(Answer):
    """One quirk: the `value` that holds, where it comes from (standard, model, learned, operator),
    and the standard's value. `reason` is who set it, or what taught it."""

    name: str
    value: Any
    standard: Any
    source: QuirkSource
    at: datetime | None
    reason: str | None
    proposed: Proposal | None


class QuirkRequest(BaseModel):
    """The value, of the quirk's own type."""

    model_config = ConfigDict(extra="forbid")

    value: Any


@router.get("/quirks", summary="Quirks of a station")
async def list_quirks(_: Viewer, station_id: KnownStation, work: Transaction) -> Page[Quirk]:
    """All there are, with what holds for this station."""
    return Page(items=await _quirks(work, station_id), next=None)


@router.put("/quirks/{name}", summary="Set a quirk of a station")
async def put_quirk(
    who: Operator, station_id: KnownStation, name: str, asked: QuirkRequest, work: Transaction
) -> Quirk:
    """Stands over what the model's row says and what the station's answers taught."""
    _known(name)
    try:
        checked(name, asked.value)
    except ValueError as wrong:
        raise invalid("value", str(wrong)) from wrong
    now = work.hub.clock.now()
    own = ChargingStationId(station_id)
    await store.override(work.conn, own, name, asked.value, now, by=who.actor)
    await audit.record(work.conn, who.actor, "station.quirk.set", station_id, {name: asked.value})
    return next(one for one in await _quirks(work, station_id) if one.name == name)


@router.delete("/quirks/{name}", status_code=204, summary="Forget a quirk of a station")
async def delete_quirk(
    who: Operator, station_id: KnownStation, name: str, work: Transaction
) -> None:
    """What was set and what was learned; the model's row holds again."""
    _known(name)
    if await store.forget(work.conn, ChargingStationId(station_id), name):
        await audit.record(work.conn, who.actor, "station.quirk.forget", station_id, {"name": name})


def _known(name: str) -> None:
    if name not in NAMES:
        raise not_found("quirk", name)


async def _quirks(work: Work, station_id: str) -> list[Quirk]:
    device = await stations.get(work.conn, station_id)
    if device is None:
        raise not_found("station", station_id)
    names = ("vendor", "model", "firmware_version", "ocpp_version")
    model = _table().of(*(device[name] for name in names))
    stored = await store.stored(work.conn, ChargingStationId(station_id))
    own = {one.name: one for one in stored if one.source is not QuirkSource.PROPOSED}
    proposed = {one.name: one for one in stored if one.source is QuirkSource.PROPOSED}
    values = asdict(effective(model, {name: one.value for name, one in own.items()}))
    standard = asdict(STANDARD)
    return [
        Quirk(
            name=name,
            value=values[name],
            standard=standard[name],
            source=_source(name, own.get(name), model),
            at=own[name].at if name in own else None,
            reason=own[name].reason if name in own else None,
            proposed=_proposal(proposed.get(name), own.get(name)),
        )
        for name in NAMES
    ]


def _proposal(one: store.StoredQuirk | None, own: store.StoredQuirk | None) -> Proposal | None:
    """What waits for an operator's word."""
    if one is None or own is not None:
        return None
    return Proposal(value=one.value, at=one.at, reason=one.reason)


def _source(name: str, own: store.StoredQuirk | None, model: dict[str, Any]) -> QuirkSource:
    if own is not None:
        return own.source
    return QuirkSource.MODEL if name in model else QuirkSource.STANDARD


@cache
def _table() -> QuirkTable:
    return quirk_table()
