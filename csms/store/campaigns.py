"""Firmware campaigns as stored: their stations in order, and what each has come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.campaign import CampaignStatus, End, Progress, progress_of
from csms.domain.commands import Command, CommandStatus
from csms.store.tables import command, firmware_campaign, firmware_campaign_station, station_job

campaign = firmware_campaign.c
member = firmware_campaign_station.c


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCampaign:
    """What somebody wants; `firmware` is OCPP's FirmwareType, stations are asked in this order."""

    campaign_id: UUID
    name: str
    firmware: dict[str, Any]
    stages_pct: list[float]
    stop_above_failed_pct: float
    station_ids: list[str]
    created_by: str


@dataclass(frozen=True, slots=True)
class Member:
    """A station of a campaign; `status` is its own last word."""

    station_id: str
    progress: Progress
    status: str | None
    request_id: int | None
    asked_at: datetime | None


async def create(conn: AsyncConnection, new: NewCampaign, now: datetime) -> None:
    """A running campaign."""
    row = {name: getattr(new, name) for name in new.__slots__ if name != "station_ids"}
    await conn.execute(insert(firmware_campaign).values(**row, created_at=now, status_at=now))
    members = [
        {"campaign_id": new.campaign_id, "station_id": station_id, "place": place}
        for place, station_id in enumerate(new.station_ids)
    ]
    await conn.execute(insert(firmware_campaign_station), members)


async def running(conn: AsyncConnection) -> list[dict[str, Any]]:
    """The campaigns that go on, held until `conn`'s transaction ends; not those others hold."""
    query = (
        select(firmware_campaign)
        .where(campaign.status == CampaignStatus.RUNNING)
        .order_by(campaign.created_at)
        .with_for_update(skip_locked=True)
    )
    return [dict(row) for row in (await conn.execute(query)).mappings()]


def members_query(campaign_id: UUID) -> Select[Any]:
    """Each station with its job's status and its command's."""
    return (
        select(
            member.station_id,
            member.request_id,
            member.asked_at,
            station_job.c.status.label("job_status"),
            command.c.status.label("command_status"),
        )
        .outerjoin(command, command.c.command_id == member.command_id)
        .outerjoin(
            station_job,
            (station_job.c.station_id == member.station_id)
            & (station_job.c.request_id == member.request_id)
            & (station_job.c.kind == "UpdateFirmware"),
        )
        .where(member.campaign_id == campaign_id)
        .order_by(member.place)
    )


async def members(conn: AsyncConnection, campaign_id: UUID, now: datetime) -> list[Member]:
    """The stations in order."""
    return [
        Member(
            row.station_id,
            progress_of(
                row.asked_at,
                row.job_status,
                CommandStatus(row.command_status) if row.command_status else None,
                now,
            ),
            row.job_status,
            row.request_id,
            row.asked_at,
        )
        for row in await conn.execute(members_query(campaign_id))
    ]


async def asked(
    conn: AsyncConnection, campaign_id: UUID, stage: int, commands: Sequence[Command], now: datetime
) -> None:
    """These stations were asked, as stage `stage`."""
    for one in commands:
        await conn.execute(
            update(firmware_campaign_station)
            .where(member.campaign_id == campaign_id, member.station_id == one.station_id)
            .values(command_id=one.command_id, request_id=one.payload["requestId"], asked_at=now)
        )
    await conn.execute(
        update(firmware_campaign)
        .where(campaign.campaign_id == campaign_id)
        .values(stage=stage, status_at=now)
    )


async def end(conn: AsyncConnection, campaign_id: UUID, how: End, now: datetime) -> bool:
    """It goes on no more; False if it had ended already."""
    done = await conn.execute(
        update(firmware_campaign)
        .where(campaign.campaign_id == campaign_id, campaign.status == CampaignStatus.RUNNING)
        .values(status=how.status, reason=how.reason, status_at=now)
    )
    return bool(done.rowcount)


async def get(conn: AsyncConnection, campaign_id: UUID) -> dict[str, Any] | None:
    """One campaign, or None."""
    query = select(firmware_campaign).where(campaign.campaign_id == campaign_id)
    row = (await conn.execute(query)).mappings().first()
    return None if row is None else dict(row)
