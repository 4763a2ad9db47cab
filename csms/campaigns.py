"""Keeps firmware campaigns going: looks at each now and then, and leaves commands for its stations.

Any csms may do it: a campaign is held by its row for the moment of a step.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from csms.clock import Clock
from csms.domain.campaign import End, Progress, next_step
from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.errors import StoreUnavailable
from csms.domain.ids import ChargingStationId
from csms.store import campaigns, commands, jobs
from csms.store.engine import outage_named

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 5.0
DEADLINE: Final = timedelta(hours=12)  # a station may be away for a while


@dataclass(slots=True)
class Campaigns:
    """`wake` hears of each station that has a new command."""

    engine: AsyncEngine
    clock: Clock
    wake: Callable[[ChargingStationId], None]

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            with suppress(StoreUnavailable):
                await self.step()

    async def step(self) -> None:
        """Take every running campaign one step further. Raises StoreUnavailable."""
        now, asked = self.clock.now(), []
        with outage_named():
            async with self.engine.begin() as conn:
                for campaign in await campaigns.running(conn):
                    asked += await _step(conn, campaign, now)
        for one in asked:
            self.wake(one.station_id)


async def _step(conn: AsyncConnection, campaign: dict[str, Any], now: datetime) -> list[Command]:
    campaign_id = campaign["campaign_id"]
    members = await campaigns.members(conn, campaign_id, now)
    step = next_step(
        campaign["stages_pct"],
        campaign["stop_above_failed_pct"],
        [one.progress for one in members],
    )
    if step is None:
        return []
    if isinstance(step, End):
        await campaigns.end(conn, campaign_id, step, now)
        log.info("campaign over", campaign=campaign["name"], status=step.status.value)
        return []
    waiting = [one for one in members if one.progress is Progress.WAITING]
    asked = [await _update(conn, campaign, one.station_id, now) for one in waiting[: step.count]]
    await commands.insert(conn, asked)
    await campaigns.asked(conn, campaign_id, step.stage, asked, now)
    log.info("campaign goes on", campaign=campaign["name"], stage=step.stage, stations=len(asked))
    return asked


async def _update(
    conn: AsyncConnection, campaign: dict[str, Any], station_id: str, now: datetime
) -> Command:
    """UpdateFirmware (L01) for one station."""
    return Command(
        command_id=uuid4(),
        station_id=ChargingStationId(station_id),
        kind=CommandKind.UPDATE_FIRMWARE,
        payload={
            "requestId": await jobs.next_request_id(conn),
            "retries": 3,
            "retryInterval": 600,
            "firmware": campaign["firmware"],
        },
        priority=CommandPriority.REPORT,
        created_at=now,
        deadline_at=now + DEADLINE,
        requested_by=campaign["created_by"],
    )
