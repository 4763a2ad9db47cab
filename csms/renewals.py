"""Has certificates of stations renewed before they end: looks now and then which ones are due.

Any csms may do it: the command that asks for a renewal has the same id whoever leaves it. The rest
is the station's: it sends SignCertificate, as it does of its own accord (A02).
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import Clock, wall_now
from csms.domain.errors import StoreUnavailable
from csms.domain.ids import ChargingStationId
from csms.domain.renewal import TRIGGERS, renewal
from csms.store import commands, security
from csms.store.engine import outage_named

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 60.0
MOST_AT_ONCE: Final = 10


@dataclass(slots=True)
class Renewals:
    """`wake` hears of each station that has a new command."""

    engine: AsyncEngine
    clock: Clock
    wake: Callable[[ChargingStationId], None]

    async def run(self) -> None:
        """For ever."""
        while True:
            with suppress(StoreUnavailable):
                await self.step()
            await asyncio.sleep(LOOK_EVERY_S)

    async def step(self) -> None:
        """Ask for those that are due, the first to end first, `MOST_AT_ONCE` at most. Certificates
        end by the wall's clock, not by the site's. Raises StoreUnavailable."""
        now, at = self.clock.now(), wall_now()
        with outage_named():
            async with self.engine.begin() as conn:
                held = await security.held_certificates(conn, at)
                asked = [
                    renewal(one, now, (one.not_after - at) * self.clock.speed_ratio)
                    for one in held
                    if one.due_at <= at and one.certificate_type in TRIGGERS
                ]
                known = await commands.known(conn, [one.command_id for one in asked])
                new = [one for one in asked if one.command_id not in known][:MOST_AT_ONCE]
                await commands.insert(conn, new)
        for one in new:
            log.info("certificate to be renewed", station_id=one.station_id)
            self.wake(one.station_id)
