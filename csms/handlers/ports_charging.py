"""What block K asks of the store."""

from typing import Protocol

from csms.domain.charging_state import ChargingState
from csms.domain.facts_charging import ChargingProfileHeld
from csms.domain.ids import ChargingStationId


class SmartCharging(Protocol):
    """Profiles, limits and leases as stored."""

    async def charging_state(self, station_id: ChargingStationId) -> ChargingState:
        """Everything known of the station now. Raises StoreUnavailable."""

    async def set_at(
        self, station_id: ChargingStationId, evse_id: int
    ) -> tuple[ChargingProfileHeld, ...]:
        """The profiles that we set at one EVSE; one short look. Raises StoreUnavailable."""

    async def being_told_w(self, station_id: ChargingStationId, evse_id: int) -> float | None:
        """The setpoint that is on its way to the EVSE, if any: the station may know of it before
        our books do. Raises StoreUnavailable."""
