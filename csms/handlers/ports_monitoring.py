"""What the handlers of monitoring ask of the outside."""

from collections.abc import Collection, Mapping
from typing import Protocol

from csms.domain.ids import ChargingStationId


class Monitors(Protocol):
    """Monitors as set by us, or reported."""

    async def severities(
        self, station_id: ChargingStationId, monitor_ids: Collection[int]
    ) -> Mapping[int, int]:
        """Monitor id → severity, of those that are known. Raises StoreUnavailable."""
