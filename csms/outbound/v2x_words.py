"""Q · a station of 2.0.1 that understands what 2.1 says of V2X: discharge dialect `ocpp201_v2x`.

Of all that is said to it only what carries setpoints and leave for V2X is said, and its answers
read, in the types of 2.1; everything else stays 2.0.1 (docs/adr/0023).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.discharge import DischargeDialect
from csms.domain.station import OcppVersion, StationAbilities
from csms.ocppj import types_v21 as wire
from csms.outbound.ports import StationCaller

IN_V2X_WORDS: Final = frozenset(
    {
        CommandKind.SET_SETPOINT,
        CommandKind.OFFER_SCHEDULE,
        CommandKind.SET_CHARGING_PROFILE,
        CommandKind.GET_COMPOSITE_SCHEDULE,
        CommandKind.UPDATE_DYNAMIC_SCHEDULE,
        CommandKind.NOTIFY_ALLOWED_ENERGY_TRANSFER,
        CommandKind.AFRR_SIGNAL,
    }
)


@dataclass(frozen=True, slots=True)
class InV2xWords:
    """Implements `outbound.ports.StationCaller`."""

    station: StationCaller

    @property
    def version(self) -> OcppVersion:
        """The version whose words are used."""
        return OcppVersion.V21

    async def call(
        self, action: str, request: Any, *, priority: CommandPriority, deadline_at: datetime
    ) -> Any:
        """`request` in the types of 2.1. Raises CallRefused, CallTimeout or ConnectionLost."""
        if not isinstance(request, wire.Wire):
            request = msgspec.convert(msgspec.to_builtins(request), wire.REQUESTS[action])
        return await self.station.call(action, request, priority=priority, deadline_at=deadline_at)


def in_its_words(
    command: Command, station: StationCaller, abilities: StationAbilities
) -> StationCaller:
    """The station as it is spoken to for `command`."""
    speaks = abilities.discharge_dialect is DischargeDialect.OCPP201_V2X
    if not speaks or station.version is not OcppVersion.V201 or command.kind not in IN_V2X_WORDS:
        return station
    return InV2xWords(station)
