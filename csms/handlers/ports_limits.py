"""What limits and payments ask of the store."""

from typing import Protocol

from csms.domain.ids import ChargingStationId, IdToken
from csms.domain.limits import LimitHeld
from csms.domain.transaction import Transaction


class Limits(Protocol):
    """Limits of running transactions. Raises StoreUnavailable."""

    async def held(self, transaction: Transaction) -> LimitHeld:
        """By its operator, else by its token and what was paid; cheap, for each event asks."""

    def remember(self, transaction: Transaction, held: LimitHeld) -> None:
        """It was told (and that is durable)."""

    async def settled_by_us(self, station_id: ChargingStationId, psp_ref: IdToken) -> bool:
        """Whether this payment was taken by us, or the station leaves settling to us (C21.FR.05,
        C24.FR.10, C25.FR.40)."""
