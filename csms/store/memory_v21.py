"""In-memory answers to what OCPP 2.1 asks of the store, for the tests of its handlers."""

from dataclasses import dataclass, field

from csms.domain.dynamic import DynamicProfile
from csms.domain.ids import ChargingStationId, EvseId, IdToken
from csms.domain.messages_v21 import Company


@dataclass(slots=True)
class MemoryV21:
    """Implements the protocols of `handlers.ports_v21`: says what a test has put in."""

    token_modes: dict[IdToken, tuple[str, ...]] = field(default_factory=dict)
    evse_modes: dict[EvseId, tuple[str, ...]] = field(default_factory=dict)
    profiles: dict[int, DynamicProfile] = field(default_factory=dict)
    companies: dict[str, Company] = field(default_factory=dict)
    receipts_at: str | None = None
    v2x_words: bool = False

    async def of_token(
        self, station_id: ChargingStationId, id_token: IdToken
    ) -> tuple[str, ...] | None:
        """None unless put in."""
        return self.token_modes.get(id_token)

    async def of_evse(
        self, station_id: ChargingStationId, evse_id: EvseId
    ) -> tuple[str, ...] | None:
        """None unless put in."""
        return self.evse_modes.get(evse_id)

    async def profile(
        self, station_id: ChargingStationId, profile_id: int
    ) -> DynamicProfile | None:
        """None unless put in."""
        return self.profiles.get(profile_id)

    async def speaks_v2x(self, station_id: ChargingStationId) -> bool:
        """False unless put in."""
        return self.v2x_words

    async def company(self, vat_number: str) -> Company | None:
        """None unless put in."""
        return self.companies.get(vat_number)

    async def receipt_server_url(self, station_id: ChargingStationId) -> str | None:
        """None unless put in."""
        return self.receipts_at
