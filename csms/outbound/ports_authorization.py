"""What outbound calls ask of the store about local lists."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from csms.domain.ids import ChargingStationId
from csms.domain.local_list import Entry, HeldList


class LocalLists(Protocol):
    """What a station holds of our tokens, and what it shall hold."""

    async def held(self, station_id: ChargingStationId) -> HeldList | None:
        """As it was told last; None: never. Raises StoreUnavailable."""

    async def wanted(self, station_id: ChargingStationId, now: datetime) -> Sequence[Entry]:
        """An entry for each token that may charge there, by id. Raises StoreUnavailable."""
