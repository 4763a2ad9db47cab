from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from scheduler.store import alarms
from scheduler.store.alarms import AlarmCode, Complaint, Severity
from tests.scheduler.world import NOON, World, yard

pytestmark = pytest.mark.integration

LATE = Complaint(code=AlarmCode.METER_STALE, severity=Severity.CRITICAL)
LOST = Complaint(code=AlarmCode.STATION_OFFLINE, severity=Severity.WARNING, station_id="yard-01")
CODES = {AlarmCode.METER_STALE, AlarmCode.STATION_OFFLINE}


def at_risk(shortfall_wh: float) -> Complaint:
    data = {"vehicle_id": "van-036", "shortfall_wh": shortfall_wh, "departure_at": NOON}
    return Complaint(code=AlarmCode.VEHICLE_AT_RISK, severity=Severity.WARNING, data=data)


async def report(engine: AsyncEngine, *complaints: Complaint, minute: int = 0) -> list[str]:
    now = NOON + timedelta(minutes=minute)
    async with engine.begin() as conn:
        await alarms.report(conn, "yard", CODES, complaints, now=now)
    async with engine.connect() as conn:
        return [alarm.code for alarm in await alarms.open_alarms(conn, "yard")]


async def test_an_alarm_opens_once_and_clears_when_nobody_complains_any_more(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    assert await report(engine, LATE, LOST) == ["meter_stale", "station_offline"]
    assert await report(engine, LATE, LOST, minute=1) == ["meter_stale", "station_offline"]
    assert await report(engine, LOST, minute=2) == ["station_offline"]
    assert await report(engine, LATE, LOST, minute=3) == ["station_offline", "meter_stale"]
    async with engine.connect() as conn:
        history = await alarms.page(conn, "yard")
    assert [alarm.cleared_at is None for alarm in history] == [True, True, False]


async def test_a_reporter_leaves_the_alarms_of_others_alone(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    risk = at_risk(3_120.0)
    async with engine.begin() as conn:
        await alarms.raise_alarm(conn, "yard", risk, now=NOON)
    assert await report(engine) == ["vehicle_at_risk"]


def test_every_code_has_a_sentence() -> None:
    assert set(alarms.SENTENCES) == set(AlarmCode)


async def test_an_alarm_carries_its_data_and_says_them_in_english(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    async with engine.begin() as conn:
        await alarms.raise_alarm(conn, "yard", at_risk(5_000.0), now=NOON)
        await alarms.raise_alarm(conn, "yard", at_risk(3_120.0), now=NOON)
    async with engine.connect() as conn:
        (alarm,) = await alarms.open_alarms(conn, "yard")
    assert alarm.detail == "van-036 will miss 3.1 kWh when it leaves at 12:00 UTC"
    assert alarm.data == {
        "vehicle_id": "van-036",
        "shortfall_wh": 3_120.0,
        "departure_at": "2026-06-03T12:00:00Z",
    }
