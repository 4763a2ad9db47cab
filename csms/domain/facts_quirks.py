"""Facts of quirks: what the answers and figures of a station have taught us about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from csms.domain.facts import Fact
from csms.domain.ids import ChargingStationId


@dataclass(frozen=True, slots=True, kw_only=True)
class QuirkLearned(Fact):
    """The quirk `name` of a station is `value` (a JSON value); the newest `at` wins. It holds as
    long as the station is the `device` (hardware and firmware) that taught it. `proposed`: it may
    be otherwise, so it does not hold until an operator says so."""

    station_id: ChargingStationId
    name: str
    value: Any
    at: datetime
    reason: str
    device: str
    proposed: bool = False
