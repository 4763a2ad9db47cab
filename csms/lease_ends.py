"""What becomes of a lease that nobody renews: learned of each station when one really ran out.

Each half minute the newest readings of our stations are compared with leases that are over. A
station that goes on counts at full power from then on (`lease_ends`), and is given no more than its
floor; one that fell back is known to.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg
import structlog

from csms.clock import Clock
from csms.domain.errors import StoreUnavailable
from csms.domain.facts import Fact
from csms.domain.facts_quirks import QuirkLearned
from csms.domain.ids import ChargingStationId
from csms.domain.lease_end import lease_ended
from csms.handlers.notice import Severity, noticed
from csms.handlers.ports import Journal
from csms.store.direct import Direct
from csms.store.quirks import LEASES_OVER

log = structlog.get_logger(__name__)

SWEEP_S: Final = 30.0
SETTLED_S: Final = 30.0
LEASE_ENDS: Final = "lease_ends"


@dataclass(slots=True)
class LeaseEnds:
    """Of the stations that the process `owner` holds."""

    journal: Journal
    direct: Direct
    clock: Clock
    owner: str
    settled_s: float = SETTLED_S

    async def run(self) -> None:
        """Look, for ever; while the store is away it waits."""
        while True:
            with suppress(StoreUnavailable):
                await self.look(self.clock.now())
            await asyncio.sleep(SWEEP_S)

    async def look(self, now: datetime) -> None:
        """Learn of what ran out by now. Raises StoreUnavailable."""
        for row in await self.direct.rows(LEASES_OVER, self.owner, self.settled_s):
            ended = lease_ended(row["setpoint_w"], row["floor_w"], row["before_w"], row["power_w"])
            if ended is not None and ended is not row["known"]:
                await self.journal.commit(_facts(row, ended, now))
                log.info("lease ran out", station_id=row["station_id"], ended=ended)


def _facts(row: asyncpg.Record, ended: bool, now: datetime) -> list[Fact]:
    station_id = ChargingStationId(row["station_id"])
    reason = (
        f"{row['power_w']:.0f} W at {row['power_at']:%Y-%m-%dT%H:%M:%SZ}, after a lease of"
        f" {row['setpoint_w']:.0f} W that ended at {row['setpoint_until']:%H:%M:%S}"
    )
    learned = QuirkLearned(
        station_id=station_id,
        name=LEASE_ENDS,
        value=ended,
        at=now,
        reason=reason,
        device=row["device"],
    )
    if ended:
        return [learned]
    payload = {"name": LEASE_ENDS, "value": ended, "reason": reason}
    return [learned, noticed(station_id, "quirk_learned", payload, now, Severity.WARNING)]
