"""The device model in memory, for tests of handlers and outbound calls."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from csms.domain.device_model import ACTUAL, VariableKey
from csms.domain.errors import StoreUnavailable
from csms.domain.ids import ChargingStationId


@dataclass(slots=True)
class MemoryDeviceModel:
    """One station's variables and monitors. Set `broken` to lose the database."""

    values: dict[VariableKey, str] = field(default_factory=dict)
    lists: dict[VariableKey, str] = field(default_factory=dict)
    monitor_severities: dict[int, int] = field(default_factory=dict)
    broken: bool = False

    async def value(
        self, station_id: ChargingStationId, key: VariableKey, attribute: str = ACTUAL
    ) -> str | None:
        """As set by the test."""
        return self.values.get(key) if attribute == ACTUAL else None

    async def values_list(self, station_id: ChargingStationId, key: VariableKey) -> str | None:
        """As set by the test."""
        return self.lists.get(key)

    async def severities(
        self, station_id: ChargingStationId, monitor_ids: Collection[int]
    ) -> Mapping[int, int]:
        """Of those that the test knows."""
        if self.broken:
            raise StoreUnavailable("the database is gone")
        known = self.monitor_severities
        return {one: known[one] for one in monitor_ids if one in known}
