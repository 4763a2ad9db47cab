"""Tariffs: what energy, time, idling and a start cost, and who comes under which.

Prices are decimal text or numbers, in the tariff's currency and without tax. A transaction keeps
the tariff that it came under, whatever changes meanwhile.
"""

from collections.abc import Mapping
from datetime import datetime, time
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import available_timezones

from fastapi import Depends, Path, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from csms.domain.authorization import TokenRef
from csms.domain.ids import IdToken
from web.api.etag import IfMatch, IfNoneMatch, expected_version
from web.api.models import Answer, Page
from web.api.paging import slice_of
from web.api.routing import api_router
from web.auth import Operator, Viewer
from web.errors import ApiError, not_found, responses
from web.hub import Transaction, Work
from web.store import audit, tariffs
from web.store.paging import Slice

router = api_router("/tariffs", "tariffs", 404)

TariffId = Annotated[str, Path(pattern=r"^[\w.:@*+|=-]{1,60}$")]
Money = Annotated[
    Decimal,
    Field(ge=-1_000_000, le=1_000_000, max_digits=14, decimal_places=6),
    WithJsonSchema({"type": "string", "examples": ["0.38"]}),
]
Key = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00]+$")]


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("no such time zone: use a name like Europe/London")
    return name


class PriceModel(BaseModel):
    """It holds from `from_time` until before `to_time` (over midnight if that is earlier) on `days`
    (ISO: 1 is Monday), local time; of several the first that holds counts."""

    model_config = ConfigDict(extra="forbid")

    price: Money
    from_time: time | None = None
    to_time: time | None = None
    days: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(max_length=7)] = []
    after_s: Annotated[int, Field(ge=0, le=604_800)] = 0


Prices = Annotated[list[PriceModel], Field(max_length=100)]


class TariffPut(BaseModel):
    """`energy` and `export` (what the driver earns) are per kWh, `charging_time` and `idle_time`
    per hour, `fixed` once. A token's tariff goes before an EVSE's (`station/evse`), a station's
    and the default."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [
        {
            "currency": "GBP", "time_zone": "Europe/London", "vat_pct": "20",
            "energy": [
                {"price": "0.12", "from_time": "00:30:00", "to_time": "05:30:00"},
                {"price": "0.38"},
            ],
            "idle_time": [{"price": "6", "after_s": 900}], "default": True,
        }
    ]})  # fmt: skip

    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    energy: Prices = []
    export: Prices = []
    charging_time: Prices = []
    idle_time: Prices = []
    fixed: Prices = []
    vat_pct: Annotated[Decimal, Field(ge=0, le=100)] = Decimal(0)
    min_cost: Money | None = None
    max_cost: Money | None = None
    running_cost_s: Annotated[int, Field(ge=5, le=86_400)] | None = None
    description: Annotated[str, Field(max_length=512)] | None = None
    default: bool = False
    stations: list[Key] = []
    evses: list[Annotated[str, Field(pattern=r"^[^\x00]+/\d{1,9}$")]] = []
    tokens: list[Key] = []


class TariffAnswer(Answer, TariffPut):
    """A tariff and who comes under it."""

    tariff_id: str
    version: int
    updated_at: datetime


@router.get("", summary="List the tariffs")
async def list_tariffs(
    _: Viewer, work: Transaction, part: Annotated[Slice, Depends(slice_of)]
) -> Page[TariffAnswer]:
    """By id."""
    rows = await tariffs.page(work.conn, part)
    return Page(items=[answer_of(dict(row)) for row in rows.items], next=rows.next)


@router.get("/{tariff_id}", summary="One tariff")
async def get_tariff(
    _: Viewer, tariff_id: TariffId, work: Transaction, response: Response
) -> TariffAnswer:
    """The header ETag is its version: send it as If-Match with a change."""
    return await answer(work, tariff_id, response)


@router.put(
    "/{tariff_id}",
    summary="Create or replace a tariff",
    responses=responses(409, 412) | {201: {"description": "Created", "model": TariffAnswer}},
)
async def put_tariff(
    who: Operator,
    tariff_id: TariffId,
    wanted: TariffPut,
    work: Transaction,
    response: Response,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> TariffAnswer:
    """409 if somebody it names is under another tariff: change that one first."""
    before = await tariffs.version(work.conn, tariff_id)
    expected = expected_version(if_match, if_none_match)
    if expected is not None and expected != (before or 0):
        raise ApiError(412, name="version-conflict")
    told = wanted.model_dump(mode="json", exclude={"default", "stations", "evses", "tokens"})
    definition = {"tariff_id": tariff_id} | told
    now = work.hub.clock.now()
    await tariffs.put(work.conn, tariff_id, definition, now, new=before is None)
    if (taken := await tariffs.replace_uses(work.conn, tariff_id, uses_of(wanted))) is not None:
        raise ApiError(409, f"{taken[0]} {taken[1]} is under another tariff.", name="tariff-taken")
    await audit.record(work.conn, who.actor, "tariff.change", tariff_id, definition)
    response.status_code = 201 if before is None else 200
    return await answer(work, tariff_id, response)


@router.delete("/{tariff_id}", status_code=204, summary="Remove a tariff", responses=responses(412))
async def delete_tariff(
    who: Operator, tariff_id: TariffId, work: Transaction, if_match: IfMatch = None
) -> None:
    """Transactions that came under it keep it."""
    before = await tariffs.version(work.conn, tariff_id)
    if before is None:
        raise not_found("tariff", tariff_id)
    if if_match is not None and expected_version(if_match, None) != before:
        raise ApiError(412, name="version-conflict")
    await tariffs.remove(work.conn, tariff_id)
    await audit.record(work.conn, who.actor, "tariff.delete", tariff_id, {})


def uses_of(wanted: TariffPut) -> set[tuple[str, str]]:
    """(scope, key) of all who shall come under it."""
    keys = {
        "station": wanted.stations,
        "evse": wanted.evses,
        "token": [TokenRef(IdToken(one)).key for one in wanted.tokens],
        "default": [""] if wanted.default else [],
    }
    return {(scope, key) for scope, named in keys.items() for key in named}


def answer_of(row: Mapping[str, Any]) -> TariffAnswer:
    """A stored tariff."""
    uses: dict[str, list[str]] = {"station": [], "evse": [], "token": [], "default": []}
    for scope, key in row["uses"] or ():
        uses[scope].append(key)
    return TariffAnswer.model_validate(
        {
            **row["definition"],
            "version": row["version"],
            "updated_at": row["updated_at"],
            "default": bool(uses["default"]),
            "stations": sorted(uses["station"]),
            "evses": sorted(uses["evse"]),
            "tokens": sorted(uses["token"]),
        }
    )


async def answer(work: Work, tariff_id: str, response: Response) -> TariffAnswer:
    """The tariff as it is now, with its ETag. Raises 404."""
    row = await tariffs.get(work.conn, tariff_id)
    if row is None:
        raise not_found("tariff", tariff_id)
    response.headers["ETag"] = f'"{row["version"]}"'
    return answer_of(dict(row))
