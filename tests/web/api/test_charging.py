"""Profiles, limits of others and composite schedules as the API tells them."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from csms.domain.facts import Fact
from csms.domain.facts_charging import (
    ChargingLimitTold,
    ChargingProfileHeld,
    ProfileReportAsked,
    ProfileReportCompleted,
    ProfileSide,
)
from csms.domain.ids import ChargingStationId, EvseId
from csms.store.journal import PostgresJournal
from tests.web.conftest import Problem
from tests.web.seed import NOON, STATION

pytestmark = pytest.mark.integration

OWN = ChargingStationId(STATION)
LONG_AGO = NOON - timedelta(days=1)


def schedule(limit: float) -> dict[str, Any]:
    return {
        "id": 1,
        "startSchedule": LONG_AGO.isoformat(),
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
    }


def held(profile_id: int, limit: float, side: ProfileSide = ProfileSide.SET) -> ChargingProfileHeld:
    payload = {
        "id": profile_id,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule(limit)],
    }
    return ChargingProfileHeld(
        station_id=OWN,
        side=side,
        evse_id=EvseId(0),
        profile_id=profile_id,
        at=NOON,
        purpose="TxDefaultProfile",
        stack_level=0,
        payload=payload,
    )


async def happened(database_url: str, *facts: Fact) -> None:
    async with PostgresJournal(database_url) as journal:
        await journal.commit(facts)


async def test_what_is_held_and_by_whose_word(viewer: httpx.AsyncClient, database_url: str) -> None:
    limit = ChargingLimitTold(
        station_id=OWN,
        evse_id=EvseId(0),
        source="EMS",
        at=NOON,
        in_force=True,
        grid_critical=True,
        schedules=(schedule(2000),),
    )
    asked = ProfileReportAsked(station_id=OWN, request_id=5, at=NOON, criterion={"stackLevel": 0})
    completed = ProfileReportCompleted(
        station_id=OWN, request_id=5, at=NOON, differences=("profile 1 is missing",)
    )
    await happened(
        database_url, held(1, 1400), held(7, 900, ProfileSide.REPORTED), limit, asked, completed
    )
    told = (await viewer.get(f"/stations/{STATION}/charging-profiles")).json()
    assert {(one["side"], one["profile_id"]) for one in told["profiles"]} == {
        ("set", 1),
        ("reported", 7),
    }
    (outside,) = told["limits"]
    assert (outside["source"], outside["grid_critical"]) == ("EMS", True)
    (report,) = told["reports"]
    assert report["differences"] == ["profile 1 is missing"]


async def test_the_composite_is_computed(viewer: httpx.AsyncClient, database_url: str) -> None:
    await happened(database_url, held(1, 1400))
    path = f"/stations/{STATION}/composite-schedule"
    told = (await viewer.get(path, params={"evse_id": 1, "duration_s": 60})).json()
    assert (told["evse_id"], told["duration_s"]) == (1, 60)
    assert [step["limit_w"] for step in told["steps"]] == [1400]
    limit = ChargingLimitTold(
        station_id=OWN,
        evse_id=EvseId(1),
        source="SO",
        at=NOON,
        in_force=True,
        schedules=(schedule(1000),),
    )
    await happened(database_url, limit)
    told = (await viewer.get(path, params={"evse_id": 1})).json()
    assert [step["limit_w"] for step in told["steps"]] == [1000]


async def test_a_station_that_is_not_ours(viewer: httpx.AsyncClient, problem: Problem) -> None:
    problem(await viewer.get("/stations/nobody/charging-profiles"), 404)
    problem(await viewer.get("/stations/nobody/composite-schedule"), 404)
