"""A station that calls its first EVSE 0, as if it called it 1: `domain/mending`, the other way.

Only where a request itself names an EVSE (OCPP 1.6: a connector). 0 stays 0, the whole station; the
device model is spoken of in the station's own numbers, as it told them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import Struct, structs

from csms.domain.commands import CommandPriority
from csms.domain.station import OcppVersion
from csms.outbound.ports import StationCaller


@dataclass(frozen=True, slots=True)
class FromZero:
    """Implements `outbound.ports.StationCaller`."""

    station: StationCaller

    @property
    def version(self) -> OcppVersion:
        """The station's own."""
        return self.station.version

    async def call(
        self, action: str, request: Any, *, priority: CommandPriority, deadline_at: datetime
    ) -> Any:
        """`request` in the station's numbers. Raises CallRefused, CallTimeout or ConnectionLost."""
        named = "connector_id" if self.version is OcppVersion.V16 else "evse_id"
        meant = _lowered(request, named)
        meant = _within(meant, "evse", "id")
        meant = _within(meant, "charging_profile_criteria", "evse_id")
        return await self.station.call(action, meant, priority=priority, deadline_at=deadline_at)


def _within(request: Any, holder: str, name: str) -> Any:
    held = getattr(request, holder, None)
    if not isinstance(held, Struct):
        return request
    return structs.replace(request, **{holder: _lowered(held, name)})


def _lowered(request: Any, name: str) -> Any:
    number = getattr(request, name, None)
    if not isinstance(number, int) or number < 1:
        return request
    return structs.replace(request, **{name: number - 1})
