"""Tariffs in memory, for tests of handlers."""

from dataclasses import dataclass

from csms.domain.ids import ChargingStationId, IdToken
from csms.domain.tariff import TariffInForce
from csms.domain.transaction import Transaction


@dataclass(slots=True)
class MemoryTariffs:
    """One tariff for everybody, or none."""

    everybody: TariffInForce | None = None

    async def in_force(self, transaction: Transaction) -> TariffInForce | None:
        """As set."""
        return self.everybody

    async def for_driver(
        self, station_id: ChargingStationId, id_token: IdToken
    ) -> TariffInForce | None:
        """As set."""
        return self.everybody
