"""Facts of stations' clocks."""

from dataclasses import dataclass

from csms.domain.facts import Fact
from csms.domain.ids import ChargingStationId


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockMeasured(Fact):
    """A station's clock is `off_s` ahead of ours (behind: negative); None: right again. It holds
    for the connection that it was measured on."""

    station_id: ChargingStationId
    off_s: float | None
