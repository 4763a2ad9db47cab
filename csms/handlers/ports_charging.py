"""What block K asks of the store."""

from typing import Protocol

from csms.domain.charging_state import ChargingState
from csms.domain.ids import ChargingStationId


class SmartCharging(Protocol):
    """Profiles, limits and leases as stored."""

    async def charging_state(self, station_id: ChargingStationId) -> ChargingState:
        """Everything known of the station now. Raises StoreUnavailable."""
