from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from scheduler.store import alarms
from scheduler.store.alarms import AlarmCode, Complaint, Severity
from tests.scheduler.world import NOON, World, yard

pytestmark = pytest.mark.integration

LATE = Complaint(code=AlarmCode.METER_STALE, severity=Severity.CRITICAL, detail="late")
LOST = Complaint(
    code=AlarmCode.STATION_OFFLINE, severity=Severity.WARNING, detail="gone", station_id="yard-01"
)
CODES = {AlarmCode.METER_STALE, AlarmCode.STATION_OFFLINE}


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
    risk = Complaint(code=AlarmCode.VEHICLE_AT_RISK, severity=Severity.WARNING, detail="late")
    async with engine.begin() as conn:
        await alarms.raise_alarm(conn, "yard", risk, now=NOON)
    assert await report(engine) == ["vehicle_at_risk"]
