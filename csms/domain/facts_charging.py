"""Facts of block K: profiles that a station was given or says it holds, and limits of others."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from csms.domain.facts import Fact
from csms.domain.ids import ChargingStationId, EvseId


class ProfileSide(StrEnum):
    """Who says that a station holds a profile."""

    SET = "set"
    """We set it, and the station accepted."""
    REPORTED = "reported"
    """The station reported it (K09)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingProfileHeld(Fact):
    """A profile in force or waiting at a station; the newest `at` wins. EVSE 0: the station.

    `payload` is the ChargingProfileType as JSON; `source` a ChargingLimitSourceEnumType.
    """

    station_id: ChargingStationId
    side: ProfileSide
    evse_id: EvseId
    profile_id: int
    at: datetime
    purpose: str
    stack_level: int
    source: str = "CSO"
    request_id: int | None = None
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingProfileGone(Fact):
    """The station holds it no longer; one that was told later than `at` stays."""

    station_id: ChargingStationId
    side: ProfileSide
    evse_id: EvseId
    profile_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileReportAsked(Fact):
    """GetChargingProfiles under `request_id`: what the report must be compared with (K09)."""

    station_id: ChargingStationId
    request_id: int
    at: datetime
    evse_id: EvseId | None = None
    criterion: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileReportCompleted(Fact):
    """The last part came; `differences` from what we set, each in words."""

    station_id: ChargingStationId
    request_id: int
    at: datetime
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingLimitTold(Fact):
    """A limit that others set (K11–K14), or its end (`in_force` False). EVSE 0: the station.

    `schedules` are ChargingScheduleType as JSON; none: the station did not say how much.
    """

    station_id: ChargingStationId
    evse_id: EvseId
    source: str
    at: datetime
    in_force: bool
    grid_critical: bool = False
    schedules: tuple[dict[str, Any], ...] = ()
