"""Messages of block K that are more than a notice; schedules and profiles are kept as told."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from csms.domain.ids import EvseId


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyChargingLimit:
    """K11, K12, K14 · others limit the station (EVSE 0) or one EVSE.

    `schedules` are ChargingScheduleType; none: it is not said how much.
    """

    evse_id: EvseId
    source: str
    grid_critical: bool = False
    schedules: tuple[dict[str, Any], ...] = ()
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearedChargingLimit:
    """K13 · … and no longer do. `evse_id` None: nowhere at the station."""

    source: str
    evse_id: EvseId | None = None
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportChargingProfiles:
    """K09 · a part of the answer to GetChargingProfiles: ChargingProfileType of one EVSE."""

    request_id: int
    evse_id: EvseId
    source: str
    profiles: tuple[dict[str, Any], ...]
    more_follows: bool = False
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyEVChargingSchedule:
    """K15–K17 · what the vehicle wants to do within our schedule (a ChargingScheduleType)."""

    evse_id: EvseId
    time_base: datetime
    schedule: dict[str, Any]
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotifyEVChargingScheduleAnswer:
    """Not `accepted`: the vehicle's schedule leaves ours, a renegotiation follows (K15.FR.12)."""

    accepted: bool


RequestCharging = (
    NotifyChargingLimit | ClearedChargingLimit | ReportChargingProfiles | NotifyEVChargingSchedule
)
