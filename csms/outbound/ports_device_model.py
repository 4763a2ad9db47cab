"""What outbound calls ask of the stored device model."""

from typing import Protocol

from csms.domain.device_model import VariableKey
from csms.domain.ids import ChargingStationId


class DeviceModel(Protocol):
    """What a station has told of itself; None where it never did. Raises StoreUnavailable."""

    async def value(
        self, station_id: ChargingStationId, key: VariableKey, attribute: str = "Actual"
    ) -> str | None:
        """The value of a variable, by its name in any case."""

    async def values_list(self, station_id: ChargingStationId, key: VariableKey) -> str | None:
        """The values that the variable may have."""
