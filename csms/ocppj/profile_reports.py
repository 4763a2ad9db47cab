"""A report of profiles that is complete (K09): what differs, and what is held no longer."""

from collections.abc import Iterable
from datetime import datetime

from csms.domain.charging_state import ChargingState
from csms.domain.facts import Fact, Noticed
from csms.domain.facts_charging import (
    ChargingProfileGone,
    ChargingProfileHeld,
    ProfileReportAsked,
    ProfileReportCompleted,
    ProfileSide,
)
from csms.domain.profile_report import OURS, differences, in_force, matches
from csms.domain.station import StationAbilities
from csms.ocppj.profiles import held_profiles

DIFFER = "ChargingProfilesDiffer"


def report_completed(report: ProfileReportAsked, state: ChargingState, now: datetime) -> list[Fact]:
    """The facts that close `report`. What it asked for and did not come is not held (any more);
    what was set after it was asked for is not judged, and of a Dynamic profile (2.1), which its
    updates change, only whether it is there."""
    asked = [one for one in state.profiles if matches(report.criterion, report.evse_id, one)]
    told = [one for one in asked if one.side is ProfileSide.REPORTED]
    came = [one for one in told if one.request_id == report.request_id]
    given = [one for one in asked if one.side is ProfileSide.SET and one.at <= report.at]
    abilities = StationAbilities()
    ours = [one for one in came if one.source == OURS]
    aside = {one.profile_id for one in state.held(ProfileSide.SET) if one.at > report.at}
    aside |= _dynamic(given) & _dynamic(ours)
    found = differences(
        in_force(held_profiles(_but(given, aside), abilities), state.transactions, now),
        held_profiles(_but(ours, aside), abilities),
    )
    facts: list[Fact] = [
        ChargingProfileGone(
            station_id=one.station_id,
            side=one.side,
            evse_id=one.evse_id,
            profile_id=one.profile_id,
            at=now,
        )
        for one in told
        if one.request_id != report.request_id
    ]
    facts.append(
        ProfileReportCompleted(
            station_id=report.station_id,
            request_id=report.request_id,
            at=now,
            differences=found,
        )
    )
    if found:
        facts.append(
            Noticed(
                station_id=report.station_id,
                kind=DIFFER,
                at=now,
                received_at=now,
                severity="warning",
                payload={"requestId": report.request_id, "differences": list(found)},
            )
        )
    return facts


def _dynamic(held: Iterable[ChargingProfileHeld]) -> set[int]:
    return {one.profile_id for one in held if one.payload["chargingProfileKind"] == "Dynamic"}


def _but(held: Iterable[ChargingProfileHeld], aside: set[int]) -> tuple[ChargingProfileHeld, ...]:
    return tuple(one for one in held if one.profile_id not in aside)
