"""What the handlers of OCPP 2.1 ask of the outside."""

from dataclasses import dataclass
from typing import Protocol

from csms.domain.dynamic import DynamicProfile
from csms.domain.ids import ChargingStationId, EvseId, IdToken
from csms.domain.messages_v21 import Company


class EnergyTransfers(Protocol):
    """Who may use which energy transfer (Q01). None: nobody has said, or the station has no V2X."""

    async def of_token(
        self, station_id: ChargingStationId, id_token: IdToken
    ) -> tuple[str, ...] | None:
        """What a token may use of what the station supports."""

    async def of_evse(
        self, station_id: ChargingStationId, evse_id: EvseId
    ) -> tuple[str, ...] | None:
        """What the running transaction may use: as last told the station, else as its token may."""


class V2xWords(Protocol):
    """Which stations of 2.0.1 say in the words of 2.1 what 2.0.1 has none for (V2X)."""

    async def speaks_v2x(self, station_id: ChargingStationId) -> bool:
        """Whether its discharge dialect is `ocpp201_v2x`. Raises StoreUnavailable."""


class DynamicProfiles(Protocol):
    """Profiles of kind Dynamic (K28)."""

    async def profile(
        self, station_id: ChargingStationId, profile_id: int
    ) -> DynamicProfile | None:
        """The profile with the newest setpoint of its EVSE; None if the station has none such."""


class Payments(Protocol):
    """What payment terminals ask (block C)."""

    async def company(self, vat_number: str) -> Company | None:
        """The company that goes by this number, if we know it."""

    async def receipt_server_url(self, station_id: ChargingStationId) -> str | None:
        """Where receipts are found, if they are ours to make (PaymentCtrlr.ReceiptByCSMS)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortsV21:
    """The part of `Ports` that only 2.1 needs."""

    energy_transfers: EnergyTransfers
    dynamic_profiles: DynamicProfiles
    payments: Payments
