"""Firmware for many stations (OCPP L01), in stages that stop by themselves when too many fail."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from fastapi import Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from csms.domain.campaign import CampaignStatus, End
from csms.domain.units import wire_time
from csms.store import campaigns
from csms.store.tables import charging_station, firmware_campaign
from web.api.models import Answer, Instant, Page
from web.api.once import Key, once, wish_of
from web.api.paging import page_of, slice_of
from web.api.routing import api_router
from web.auth import Admin, Viewer
from web.errors import ApiError, invalid, not_found, responses
from web.hub import Transaction, Work
from web.roles import Principal
from web.store import audit
from web.store.paging import Slice, read_page

router = api_router("/firmware/campaigns", "firmware", 404)

STAGES_PCT: Final = (5.0, 25.0, 100.0)
Share = Annotated[float, Field(gt=0, le=100)]


class Firmware(BaseModel):
    """Where stations get it, and what proves that it is the vendor's (L01.FR.11)."""

    model_config = ConfigDict(extra="forbid")

    location: Annotated[str, Field(max_length=512, pattern=r"^(https?|ftps?|sftp)://")]
    signing_certificate: Annotated[str, Field(max_length=5500, description="PEM")]
    signature: Annotated[str, Field(max_length=800, description="base64")]
    retrieve_at: Instant | None = None
    install_at: Instant | None = None


class CampaignRequest(BaseModel):
    """Stations are asked in the order given: put those first that may fail."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=100)]
    firmware: Firmware
    station_ids: Annotated[list[str], Field(min_length=1, max_length=10_000)]
    stages_pct: Annotated[list[Share], Field(min_length=1, max_length=20)] = list(STAGES_PCT)
    stop_above_failed_pct: Annotated[float, Field(ge=0, le=100)] = 10.0


class Campaign(Answer):
    """`stage` counts from 1; 0: none was asked yet."""

    campaign_id: UUID
    name: str
    firmware: dict[str, Any]
    stages_pct: list[float]
    stop_above_failed_pct: float
    stage: int
    status: CampaignStatus
    reason: str | None
    created_at: datetime
    created_by: str
    status_at: datetime


class CampaignStation(Answer):
    """A station of a campaign; `status` is its own last word (OCPP FirmwareStatusEnumType)."""

    station_id: str
    progress: str
    status: str | None
    request_id: int | None
    asked_at: datetime | None


class CampaignDetail(Campaign):
    """With all its stations, in the order in which they are asked."""

    stations: list[CampaignStation]


async def check(asked: CampaignRequest, work: Work) -> None:
    """Raises 422 for a campaign that cannot be."""
    if sorted(asked.stages_pct) != asked.stages_pct:
        raise invalid("stages_pct", "must rise")
    if len(set(asked.station_ids)) != len(asked.station_ids):
        raise invalid("station_ids", "names a station twice")
    known = select(charging_station.c.station_id).where(
        charging_station.c.station_id.in_(asked.station_ids)
    )
    unknown = set(asked.station_ids) - set(await work.conn.scalars(known))
    if unknown:
        raise invalid("station_ids", f"there is no station {min(unknown)}")


async def start(who: Principal, asked: CampaignRequest, work: Work) -> CampaignDetail:
    """Check the campaign and store it: it was approved. The first stage is asked within seconds;
    later ones follow when all before them ended."""
    await check(asked, work)
    campaign_id, now = uuid4(), work.hub.clock.now()
    new = campaigns.NewCampaign(
        campaign_id=campaign_id,
        name=asked.name,
        firmware=firmware_type(asked.firmware, now),
        stages_pct=asked.stages_pct,
        stop_above_failed_pct=asked.stop_above_failed_pct,
        station_ids=asked.station_ids,
        created_by=who.actor,
    )
    await campaigns.create(work.conn, new, now)
    detail = {"campaign_id": str(campaign_id), "location": asked.firmware.location}
    await audit.record(work.conn, who.actor, "firmware.campaign", asked.name, detail)
    return await detail_of(work, campaign_id)


def firmware_type(asked: Firmware, now: datetime) -> dict[str, Any]:
    """OCPP's FirmwareType."""
    told = {
        "location": asked.location,
        "retrieveDateTime": _time(asked.retrieve_at or now),
        "signingCertificate": asked.signing_certificate,
        "signature": asked.signature,
    }
    if asked.install_at is not None:
        told["installDateTime"] = _time(asked.install_at)
    return told


def _time(at: datetime) -> str:
    return wire_time(at).isoformat().replace("+00:00", "Z")


@router.get("", summary="List the firmware campaigns")
async def list_campaigns(
    _: Viewer, work: Transaction, part: Annotated[Slice, Depends(slice_of)]
) -> Page[Campaign]:
    """Newest first."""
    keys = [firmware_campaign.c.created_at, firmware_campaign.c.campaign_id]
    rows = await read_page(work.conn, select(firmware_campaign), keys, part, newest_first=True)
    return page_of(rows, Campaign.model_validate)


@router.get("/{campaign_id}", summary="One firmware campaign")
async def get_campaign(_: Viewer, campaign_id: UUID, work: Transaction) -> CampaignDetail:
    """How it goes, station by station."""
    return await detail_of(work, campaign_id)


@router.post(
    "/{campaign_id}/stop",
    response_model=CampaignDetail,
    summary="Stop a firmware campaign",
    responses=responses(400, 409),
)
async def stop_campaign(
    who: Admin, campaign_id: UUID, request: Request, work: Transaction, key: Key = None
) -> Response:
    """No further station is asked; those that were asked go on."""

    async def act() -> CampaignDetail:
        return await stop(who, campaign_id, work)

    return await once(work, who, key, wish_of(request), act)


async def stop(who: Principal, campaign_id: UUID, work: Work) -> CampaignDetail:
    """End the campaign. Raises 404, or 409 if it has ended."""
    if await campaigns.get(work.conn, campaign_id) is None:
        raise not_found("campaign", campaign_id)
    how = End(CampaignStatus.STOPPED, f"by {who.actor}")
    if not await campaigns.end(work.conn, campaign_id, how, work.hub.clock.now()):
        raise ApiError(409, "It has ended already.")
    await audit.record(work.conn, who.actor, "firmware.stop", str(campaign_id), {})
    return await detail_of(work, campaign_id)


async def detail_of(work: Work, campaign_id: UUID) -> CampaignDetail:
    """The campaign with its stations, or 404."""
    row = await campaigns.get(work.conn, campaign_id)
    if row is None:
        raise not_found("campaign", campaign_id)
    members = await campaigns.members(work.conn, campaign_id, work.hub.clock.now())
    stations = [CampaignStation.model_validate(one) for one in members]
    return CampaignDetail.model_validate({**row, "stations": stations})
