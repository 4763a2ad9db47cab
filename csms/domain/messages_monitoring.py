"""Messages of monitoring (block N), in domain words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from csms.domain.monitoring import Monitor, StationEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyMonitoringReport:
    """N02 · a part of the monitors that run; `content` is the list as told."""

    request_id: int
    seq_no: int
    at: datetime
    monitors: tuple[Monitor, ...]
    content: list[dict[str, Any]]
    more_follows: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyEvent:
    """N07, N08 · monitors, or the firmware itself, speak up."""

    seq_no: int
    at: datetime
    events: tuple[StationEvent, ...]
    payload: dict[str, Any]
    more_follows: bool = False
