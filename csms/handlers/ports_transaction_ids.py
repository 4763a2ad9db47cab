"""What the messages of OCPP 1.6 leave to us: ids of transactions."""

from datetime import datetime
from typing import Protocol

from csms.domain.ids import ChargingStationId, EvseId, TransactionId


class TransactionIds(Protocol):
    """Integers that we give, never twice, and the transaction that an EVSE's status is about."""

    async def number(
        self, station_id: ChargingStationId, start_hash: str, given_at: datetime
    ) -> int:
        """The number of one start, durable; the same for its repetition. Raises
        StoreUnavailable."""

    async def open_at(self, station_id: ChargingStationId, evse_id: EvseId) -> TransactionId | None:
        """The transaction that is open at an EVSE, or None. Raises StoreUnavailable."""

    async def begun_by(
        self, station_id: ChargingStationId, evse_id: EvseId, at: datetime
    ) -> TransactionId | None:
        """The last one that had begun at an EVSE by `at`, open or not. Raises StoreUnavailable."""
