"""Facts of the device model: reports and their parts, network profiles, permissions to speak."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from csms.domain.facts import Fact
from csms.domain.ids import ChargingStationId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAsked(Fact):
    """A report that we asked for: `base` is a ReportBaseEnumType, "Custom" or "Monitoring", and
    `status` the station's answer; its parts come by `request_id`."""

    station_id: ChargingStationId
    request_id: int
    base: str
    asked_at: datetime
    command_id: UUID
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPartReceived(Fact):
    """One NotifyReport or NotifyMonitoringReport; `content` is its list as told."""

    station_id: ChargingStationId
    request_id: int
    seq_no: int
    received_at: datetime
    generated_at: datetime
    more_follows: bool
    content: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkProfileSet(Fact):
    """What a configuration slot of the station holds now, without its secrets (B09)."""

    station_id: ChargingStationId
    slot: int
    at: datetime
    connection_data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTriggered(Fact):
    """We ask the station for a message: it may send it also while Pending (B02.FR.09)."""

    station_id: ChargingStationId
    action: str
    at: datetime
