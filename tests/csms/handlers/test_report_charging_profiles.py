"""K09: what a station reports to hold is kept, and compared with what it was given."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from csms.domain.facts import Noticed
from csms.domain.facts_charging import (
    ChargingProfileGone,
    ChargingProfileHeld,
    ProfileReportAsked,
    ProfileReportCompleted,
    ProfileSide,
)
from tests.csms.handlers.conftest import STATION, T0


def profile(profile_id: int = 7, limit: float = 7000, stack_level: int = 0) -> dict[str, Any]:
    period = {"startPeriod": 0, "limit": limit}
    schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}
    return {
        "id": profile_id,
        "stackLevel": stack_level,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [schedule],
    }


def report(*profiles: dict[str, Any], **more: Any) -> dict[str, Any]:
    told = {"requestId": 1, "chargingLimitSource": "CSO", "evseId": 1}
    return told | {"chargingProfile": list(profiles)} | more


def held(side: ProfileSide, told: dict[str, Any], **more: Any) -> ChargingProfileHeld:
    return ChargingProfileHeld(
        station_id=STATION,
        side=side,
        evse_id=1,
        profile_id=told["id"],
        at=T0,
        purpose=told["chargingProfilePurpose"],
        stack_level=told["stackLevel"],
        payload=told,
        **more,
    )


async def asked(hub: Any, *given: dict[str, Any], **criterion: Any) -> None:
    """We set `given`, and then asked for what `criterion` says."""
    facts = [held(ProfileSide.SET, one) for one in given]
    asked_for = ProfileReportAsked(station_id=STATION, request_id=1, at=T0, criterion=criterion)
    await hub.store.commit([*facts, asked_for])


async def test_k09_the_profiles_a_station_holds_are_kept(hub):
    assert await hub.tell("ReportChargingProfiles", report(profile(7), profile(8))) == {}
    kept = hub.kept(ChargingProfileHeld)
    assert [(one.side, one.evse_id, one.profile_id, one.source) for one in kept] == [
        (ProfileSide.REPORTED, 1, 7, "CSO"),
        (ProfileSide.REPORTED, 1, 8, "CSO"),
    ]
    assert kept[0].payload == profile(7)
    assert hub.kept(ProfileReportCompleted) == []


@pytest.mark.parametrize(
    ("given", "told", "differences"),
    [
        ([profile(7)], [profile(7)], ()),
        ([profile(7), profile(8)], [profile(7)], ("profile 8 is missing",)),
        ([], [profile(9)], ("profile 9 was not set by us",)),
        ([profile(7)], [profile(7, limit=9000)], ("profile 7 has another limit",)),
        ([profile(7)], [profile(7, stack_level=2)], ("profile 7 has another stack level",)),
        ([profile(7, limit=7000)], [profile(7, limit=7000.4)], ()),
    ],
)
async def test_the_last_part_is_compared_with_what_was_set(hub, given, told, differences):
    await asked(hub, *given, chargingLimitSource=["CSO"])
    await hub.tell("ReportChargingProfiles", report(*told))
    (completed,) = hub.kept(ProfileReportCompleted)
    assert completed.differences == differences
    notices = [(one.kind, one.severity) for one in hub.kept(Noticed)]
    assert notices == ([("ChargingProfilesDiffer", "warning")] if differences else [])


async def test_what_was_set_meanwhile_is_not_judged(hub):
    """A lease is renewed while the report is on its way: it is ours all the same."""
    await asked(hub, profile(7), profile(8), chargingLimitSource=["CSO"])
    renewed = replace(held(ProfileSide.SET, profile(8, limit=1)), at=T0 + timedelta(seconds=1))
    await hub.store.commit([renewed])
    await hub.tell("ReportChargingProfiles", report(profile(7), profile(8)))
    (completed,) = hub.kept(ProfileReportCompleted)
    assert completed.differences == ()


async def test_of_a_dynamic_profile_only_that_it_is_there_is_compared(hub21):
    given = profile(7) | {"chargingProfileKind": "Dynamic"}
    updated = profile(7, limit=9000) | {
        "chargingProfileKind": "Dynamic",
        "dynUpdateTime": "2026-03-01T07:59:00Z",
    }
    await asked(hub21, given, given | {"id": 8}, chargingLimitSource=["CSO"])
    await hub21.tell("ReportChargingProfiles", report(updated))
    (completed,) = hub21.kept(ProfileReportCompleted)
    assert completed.differences == ("profile 8 is missing",)


async def test_k09_fr02_parts_are_judged_together(hub):
    await asked(hub, profile(7), profile(8), chargingProfilePurpose="TxDefaultProfile")
    await hub.tell("ReportChargingProfiles", report(profile(7), tbc=True))
    assert hub.kept(ProfileReportCompleted) == []
    await hub.tell("ReportChargingProfiles", report(profile(8)))
    (completed,) = hub.kept(ProfileReportCompleted)
    assert completed.differences == ()


async def test_what_was_not_asked_for_is_not_missed(hub):
    await asked(hub, profile(7), profile(8, stack_level=1), stackLevel=1)
    await hub.tell("ReportChargingProfiles", report(profile(8, stack_level=1)))
    (completed,) = hub.kept(ProfileReportCompleted)
    assert completed.differences == ()


async def test_what_a_later_report_lacks_is_held_no_longer(hub):
    await hub.store.commit([held(ProfileSide.REPORTED, profile(5), request_id=0)])
    await asked(hub, profile(7), chargingLimitSource=["CSO"])
    await hub.tell("ReportChargingProfiles", report(profile(7)))
    (gone,) = hub.kept(ChargingProfileGone)
    assert (gone.side, gone.profile_id) == (ProfileSide.REPORTED, 5)


async def test_a_limit_of_others_is_no_difference(hub):
    await asked(hub, chargingLimitSource=["EMS"])
    external = profile(-1) | {"chargingProfilePurpose": "ChargingStationExternalConstraints"}
    await hub.tell("ReportChargingProfiles", report(external, chargingLimitSource="EMS"))
    (completed,) = hub.kept(ProfileReportCompleted)
    assert completed.differences == ()
