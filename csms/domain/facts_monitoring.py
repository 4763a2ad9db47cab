"""Facts of monitoring: monitors that stations run, events that they tell, alerts until cleared."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts import Fact
from csms.domain.ids import ChargingStationId
from csms.domain.monitoring import Monitor, StationEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorsKnown(Fact):
    """Monitors that run now: set by us (`ours`), or told by a monitoring report."""

    station_id: ChargingStationId
    at: datetime
    monitors: tuple[Monitor, ...]
    ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorsCleared(Fact):
    """These monitors run no more; without ids: all that we had set (N03.FR.04, N03.FR.05)."""

    station_id: ChargingStationId
    at: datetime
    monitor_ids: tuple[int, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringBaseSet(Fact):
    """The station took a MonitoringBaseEnumType (N03)."""

    station_id: ChargingStationId
    at: datetime
    monitoring_base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringLevelSet(Fact):
    """The station tells events up to this severity (N05)."""

    station_id: ChargingStationId
    at: datetime
    severity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsTold(Fact):
    """NotifyEvent: each event is kept, and alerts stay open until they are cleared (N07, N08)."""

    station_id: ChargingStationId
    received_at: datetime
    events: tuple[StationEvent, ...]
