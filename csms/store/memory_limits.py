"""Limits in memory, for tests of handlers."""

from dataclasses import dataclass, field
from decimal import Decimal

from csms.domain.authorization import NOTHING
from csms.domain.ids import ChargingStationId, IdToken
from csms.domain.limits import LimitHeld
from csms.domain.transaction import Transaction


@dataclass(slots=True)
class MemoryLimits:
    """One limit for everybody; `spent` by every token."""

    everybody: LimitHeld = field(default_factory=LimitHeld)
    spent: Decimal = NOTHING
    ours: frozenset[IdToken] = frozenset()

    async def held(self, transaction: Transaction) -> LimitHeld:
        """As set, or as told since."""
        return self.everybody

    def remember(self, transaction: Transaction, held: LimitHeld) -> None:
        """Keep it."""
        self.everybody = held

    async def settled_by_us(self, station_id: ChargingStationId, psp_ref: IdToken) -> bool:
        """As set."""
        return psp_ref in self.ours
