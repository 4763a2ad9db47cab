"""Which charging profiles a station holds, who says so, what others limit, and what it comes to."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Query

from csms.domain.facts_charging import ProfileSide
from csms.domain.ids import ChargingStationId
from csms.store import charging as store
from web.api.models import Answer
from web.api.routing import api_router
from web.api.stations import KnownStation
from web.auth import Viewer
from web.hub import Transaction

router = api_router("/stations/{station_id}", "stations", 404)
MOST_REPORTS = 20
LONGEST_S = 7 * 86_400


class HeldProfile(Answer):
    """A profile that we set or the station reported; EVSE 0 is the station. `payload` is OCPP's
    ChargingProfileType, `source` its ChargingLimitSourceEnumType."""

    side: ProfileSide
    evse_id: int
    profile_id: int
    purpose: str
    stack_level: int
    source: str
    at: datetime
    payload: Any


class OutsideLimit(Answer):
    """A limit that others set and have not cleared; without `schedules` its size is not known."""

    evse_id: int
    source: str
    at: datetime
    grid_critical: bool
    schedules: list[Any]


class ProfileReport(Answer):
    """A report that was asked for; `differences` from what we set, in words."""

    request_id: int
    asked_at: datetime
    completed_at: datetime | None
    differences: list[str]


class ChargingProfiles(Answer):
    """All that is known of the smart charging of a station."""

    profiles: list[HeldProfile]
    limits: list[OutsideLimit]
    reports: list[ProfileReport]


class Step(Answer):
    """From `at` on; `limit_w` null: nothing limits."""

    at: datetime
    limit_w: float | None


class CompositeSchedule(Answer):
    """What all profiles and limits come to, as we compute it."""

    evse_id: int
    starts_at: datetime
    duration_s: int
    steps: list[Step]


@router.get("/charging-profiles", summary="Charging profiles of a station")
async def get_charging_profiles(
    _: Viewer, station_id: KnownStation, work: Transaction
) -> ChargingProfiles:
    """Those that we set, those that the station reported, and limits of others in force."""
    own = ChargingStationId(station_id)
    state = await store.charging_state(work.conn, own)
    reports = await store.reports(work.conn, own, limit=MOST_REPORTS)
    return ChargingProfiles(
        profiles=[HeldProfile.model_validate(one, from_attributes=True) for one in state.profiles],
        limits=[OutsideLimit.model_validate(one, from_attributes=True) for one in state.limits],
        reports=[ProfileReport.model_validate(dict(one)) for one in reports],
    )


@router.get("/composite-schedule", summary="Composite schedule of an EVSE")
async def get_composite_schedule(
    _: Viewer,
    station_id: KnownStation,
    work: Transaction,
    evse_id: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    duration_s: Annotated[int, Query(ge=1, le=LONGEST_S)] = 3600,
) -> CompositeSchedule:
    """From now on, as we compute it; command GetCompositeSchedule compares it with the station's
    own."""
    now = work.hub.clock.now()
    end_at = now + timedelta(seconds=duration_s)
    steps = await store.composite_of(work.conn, ChargingStationId(station_id), evse_id, now, end_at)
    return CompositeSchedule(
        evse_id=evse_id,
        starts_at=now,
        duration_s=duration_s,
        steps=[Step(at=at, limit_w=limit_w) for at, limit_w in steps],
    )
