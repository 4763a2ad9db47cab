"""Facts of long work at a station that tells how it goes, by our request id (L01, L03, N01).

A job is known by station, kind and request id; `kind` is the OCPP action that asked for it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from csms.domain.facts import Fact
from csms.domain.ids import ChargingStationId


class JobKind(StrEnum):
    """The actions that start such work."""

    UPDATE_FIRMWARE = "UpdateFirmware"
    PUBLISH_FIRMWARE = "PublishFirmware"
    GET_LOG = "GetLog"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAsked(Fact):
    """It is about to be asked of the station."""

    station_id: ChargingStationId
    kind: JobKind
    request_id: int
    command_id: UUID
    at: datetime
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgressed(Fact):
    """The station's answer (`answered`), or what it told later; the newest is the job's status.

    No `request_id` (OCPP 1.6 has none): it is about the job of its kind that was asked for last.
    """

    station_id: ChargingStationId
    kind: JobKind
    request_id: int | None
    status: str
    at: datetime
    answered: bool = False
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsReplaced(Fact):
    """The station gave up what it was at for the job `by` (L01.FR.24, N01.FR.12)."""

    station_id: ChargingStationId
    kind: JobKind
    by: int
    at: datetime
