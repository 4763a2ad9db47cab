"""Has certificates of stations renewed before they end: looks now and then which ones are due.

Any csms may do it: the command that asks for a renewal has the same id whoever leaves it. The rest
is the station's: it sends SignCertificate, as it does of its own accord (A02). While nothing comes
of it, it is asked again, until it has a new certificate or refuses.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import Clock, wall_now
from csms.domain.errors import StoreUnavailable
from csms.domain.ids import ChargingStationId
from csms.domain.renewal import Asked, renewal
from csms.store import commands, renewals
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
                due = [
                    one for one in await renewals.ageing_certificates(conn, at) if one.due_at <= at
                ]
                known = await renewals.asked_for(conn, due)
                new = [
                    renewal(one, now, (one.not_after - at) * self.clock.speed_ratio, times)
                    for one in due
                    if (times := _times(known.get(one.certificate_id), now)) is not None
                ][:MOST_AT_ONCE]
                await commands.insert(conn, new)
        for one in new:
            log.info("certificate to be renewed", station_id=one.station_id)
            self.wake(one.station_id)


def _times(asked: Asked | None, now: datetime) -> int | None:
    """How often a station that is to be asked now was asked before; None: it is not to be."""
    if asked is None:
        return 0
    return asked.times if asked.is_to_be_repeated(now) else None
