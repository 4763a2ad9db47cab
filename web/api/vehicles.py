"""Vehicles: when each leaves, what it needs, and whether it will be ready."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Path, Response

from scheduler.services.change_demand import change_demand
from scheduler.store import sites
from scheduler.store import vehicles as store
from scheduler.store.vehicles import DemandSource, Vehicle, VehicleRefusal
from web.api.etag import IfMatch, IfNoneMatch, expected_version, version_of
from web.api.models import Page
from web.api.paging import Text, slice_of
from web.api.routing import api_router
from web.api.vehicle_models import VehicleAnswer, VehicleChange, VehiclePut, vehicle_of
from web.auth import Operator, VehicleReader, VehicleTeller, Viewer
from web.errors import ApiError, invalid, not_found, responses
from web.hub import Transaction, Work
from web.roles import Principal
from web.store import audit, vehicles
from web.store.paging import Slice

router = api_router("/vehicles", "vehicles", 404)
# What a driver may say of the own vehicle.
DRIVERS_WORDS = frozenset(
    {
        "departure_at",
        "target_soc_pct",
        "requested_wh",
        "boost",
        "boost_until",
        "v2g_paused",
        "v2g_paused_until",
    }
)
VehicleId = Annotated[str, Path(pattern=r"^[\w.:@*+|=-]{1,64}$")]


@router.get("", summary="List the vehicles")
async def list_vehicles(
    _: Viewer,
    work: Transaction,
    part: Annotated[Slice, Depends(slice_of)],
    site_id: Text | None = None,
) -> Page[VehicleAnswer]:
    """By id."""
    rows = await vehicles.page(work.conn, part, site_id=site_id)
    return Page(items=await answers(work, [dict(row) for row in rows.items]), next=rows.next)


@router.get("/{vehicle_id}", summary="One vehicle", responses={304: {"description": "Not changed"}})
async def get_vehicle(
    _: VehicleReader,
    vehicle_id: str,
    work: Transaction,
    response: Response,
) -> VehicleAnswer:
    """The header ETag is its version: send it as If-Match with a change."""
    return await answer(work, vehicle_id, response)


@router.put(
    "/{vehicle_id}",
    summary="Create or replace a vehicle",
    responses=responses(409, 412) | {201: {"description": "Created", "model": VehicleAnswer}},
)
async def put_vehicle(
    who: Operator,
    vehicle_id: VehicleId,
    wanted: VehiclePut,
    work: Transaction,
    response: Response,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> VehicleAnswer:
    """With If-Match only over that version; with `If-None-Match: *` only if there is none yet."""
    source = wanted.demand_source or default_source(who)
    vehicle = Vehicle(
        vehicle_id=vehicle_id, **wanted.model_dump(exclude={"demand_source"}), demand_source=source
    )
    expected = expected_version(if_match, if_none_match)
    stored = await change(work, who, vehicle, expected_version=expected)
    response.status_code = 201 if stored.version == 1 else 200
    return await answer(work, vehicle_id, response)


@router.patch("/{vehicle_id}", summary="Change a vehicle", responses=responses(409, 412, 428))
async def patch_vehicle(
    who: VehicleTeller,
    vehicle_id: str,
    changed: VehicleChange,
    work: Transaction,
    response: Response,
    if_match: IfMatch = None,
) -> VehicleAnswer:
    """Only the fields that are sent; needs If-Match, so that two changes never overwrite. A token
    with scope `driver` may say when its vehicle leaves, what it needs, boost, and v2g_paused."""
    others = changed.model_fields_set - DRIVERS_WORDS
    if who.speaks_for_drivers and others:
        raise ApiError(
            403, f"A driver's token may not change {', '.join(sorted(others))}.",
            name="field-not-allowed",
        )  # fmt: skip
    if if_match is None:
        raise ApiError(428, "Send If-Match with the ETag of GET /api/v1/vehicles/{vehicle_id}.")
    before = await known(work, vehicle_id)
    site = await sites.load(work.conn, changed.site_id or before.site_id)
    fields = changed.fields(work.hub.clock.now(), site.time_zone if site else "UTC")
    source = {"demand_source": default_source(who)}
    vehicle = Vehicle(**(asdict(before) | source | fields))
    await change(work, who, vehicle, expected_version=version_of(if_match))
    return await answer(work, vehicle_id, response)


def default_source(who: Principal) -> DemandSource:
    """A program speaks for the driver, a person for the operator, unless they say otherwise."""
    return DemandSource.DRIVER if who.is_token else DemandSource.OPERATOR


async def known(work: Work, vehicle_id: str) -> Vehicle:
    """The vehicle, locked. Raises 404."""
    found = await store.get(work.conn, vehicle_id, lock=True)
    if found is None:
        raise not_found("vehicle", vehicle_id)
    return found


async def set_floor(
    work: Work, who: Principal, vehicle_id: str, v2g_floor_soc_pct: float, version: int
) -> VehicleAnswer:
    """Set a V2G floor that two people agreed to. Raises 404, or 412 if the vehicle changed."""
    before = await known(work, vehicle_id)
    vehicle = replace(before, v2g_floor_soc_pct=v2g_floor_soc_pct)
    await change(work, who, vehicle, expected_version=version, approved=True)
    return await answer(work, vehicle_id, Response())


async def refuse_low_floor(work: Work, vehicle: Vehicle, site_floor_pct: float) -> None:
    """Raises 403 for a V2G floor that falls below its site's: two administrators decide. What they
    agreed to at another site does not count."""
    wanted_pct = vehicle.v2g_floor_soc_pct
    if wanted_pct is None or wanted_pct >= site_floor_pct:
        return
    before = await store.get(work.conn, vehicle.vehicle_id)
    stays = before is not None and before.site_id == vehicle.site_id
    floor_pct = before.v2g_floor_soc_pct if before is not None and stays else None
    if wanted_pct < (site_floor_pct if floor_pct is None else floor_pct):
        raise ApiError(
            403, f"A V2G floor below the site's {site_floor_pct:g} % takes two administrators: ask "
            'with POST /api/v1/approvals {action: "vehicle.v2g_floor", payload, reason}.',
            name="approval-needed",
        )  # fmt: skip


async def change(
    work: Work,
    who: Principal,
    vehicle: Vehicle,
    *,
    expected_version: int | None,
    approved: bool = False,
) -> Vehicle:
    """Store, audit and plan anew. Raises 403, 409, 412 or 422 by the refusal."""
    site = await sites.load(work.conn, vehicle.site_id)
    if site is None:
        raise invalid("site_id", f"there is no site {vehicle.site_id}")
    if not approved:
        await refuse_low_floor(work, vehicle, site.control.v2g_floor_soc_pct)
    detail = msgspec.to_builtins(vehicle)
    await audit.record(work.conn, who.actor, "vehicle.change", vehicle.vehicle_id, detail)
    now = work.hub.clock.now()
    stored = await change_demand(work.conn, vehicle, expected_version=expected_version, now=now)
    if isinstance(stored, VehicleRefusal):
        raise refusal(stored, vehicle)
    return stored


def refusal(reason: VehicleRefusal, vehicle: Vehicle) -> ApiError:
    """What the API says of each refusal."""
    match reason:
        case VehicleRefusal.VERSION_CONFLICT:
            return ApiError(412, name=reason.replace("_", "-"))
        case VehicleRefusal.TOKEN_TAKEN:
            return ApiError(
                409,
                f"Another vehicle has the id token {vehicle.id_token}: change that one first.",
                name=reason.replace("_", "-"),
            )


async def answer(work: Work, vehicle_id: str, response: Response) -> VehicleAnswer:
    """The vehicle as it is now, with its ETag. Raises 404."""
    row = await vehicles.get(work.conn, vehicle_id)
    if row is None:
        raise not_found("vehicle", vehicle_id)
    response.headers["ETag"] = f'"{row["version"]}"'
    return (await answers(work, [dict(row)]))[0]


async def answers(work: Work, rows: list[Mapping[str, Any]]) -> list[VehicleAnswer]:
    """Vehicle rows with where each is plugged in and whether it will be ready."""
    told: list[VehicleAnswer] = []
    by_site: dict[str, Any] = {}
    for row in rows:
        site_id = row["site_id"]
        if site_id not in by_site:
            site = await sites.load(work.conn, site_id)
            plugged = await vehicles.plugged_in(work.conn, site_id)
            by_site[site_id] = (site, plugged, await vehicles.planned(work.conn, site_id))
        site, plugged, planned = by_site[site_id]
        told.append(
            vehicle_of(row, plugged.get(row["vehicle_id"]), planned, site, work.hub.clock.now())
        )
    return told
