"""The smart charging of stations in memory: what the facts of a MemoryStore leave behind."""

from collections.abc import Iterable
from dataclasses import replace

from csms.domain.charging_state import ChargingState
from csms.domain.facts import Fact
from csms.domain.facts_charging import (
    ChargingLimitTold,
    ChargingProfileGone,
    ChargingProfileHeld,
    ProfileReportAsked,
    ProfileReportCompleted,
)
from csms.domain.ids import ChargingStationId


def charging_state(
    station_id: ChargingStationId, facts: Iterable[Fact], before: ChargingState
) -> ChargingState:
    """`before`, and what `facts` say since."""
    profiles = {(one.side, one.evse_id, one.profile_id): one for one in before.profiles}
    limits = {(one.evse_id, one.source): one for one in before.limits}
    reports = {one.request_id: one for one in before.reports}
    for fact in facts:
        match fact:
            case ChargingProfileHeld() if fact.station_id == station_id:
                profiles[fact.side, fact.evse_id, fact.profile_id] = fact
            case ChargingProfileGone() if fact.station_id == station_id:
                profiles.pop((fact.side, fact.evse_id, fact.profile_id), None)
            case ChargingLimitTold() if fact.station_id == station_id:
                limits[fact.evse_id, fact.source] = fact
            case ProfileReportAsked() if fact.station_id == station_id:
                reports[fact.request_id] = fact
            case ProfileReportCompleted() if fact.station_id == station_id:
                reports.pop(fact.request_id, None)
    return replace(
        before,
        profiles=tuple(profiles.values()),
        limits=tuple(one for one in limits.values() if one.in_force),
        reports=tuple(reports.values()),
    )
