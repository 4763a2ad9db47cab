"""What the controller sees of a station that reports a fault, and when it complains."""

from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.device_model import VariableKey
from csms.domain.facts_clock import ClockMeasured
from csms.domain.facts_monitoring import EventsTold
from csms.domain.ids import ChargingStationId
from csms.domain.monitoring import StationEvent
from csms.store.journal import PostgresJournal
from csms.store.tables import charging_station, station_quirk
from scheduler.planning.guard_types import GuardInput
from scheduler.services.complaints import complaints_of
from scheduler.services.cycle import Picture
from scheduler.store import live
from scheduler.store.alarms import AlarmCode, Complaint, Severity
from scheduler.store.live import LiveEvse
from tests.scheduler.world import NOON, World, yard

pytestmark = pytest.mark.integration

STATION = ChargingStationId("yard-01")


def alert(
    event_id: int,
    variable: str,
    severity: int | None,
    *,
    at: datetime = NOON,
    cleared: bool = False,
) -> StationEvent:
    return StationEvent(
        event_id=event_id,
        at=at,
        trigger="Alerting",
        notification_type="CustomMonitor",
        key=VariableKey(component="EVSE", variable=variable, evse_id=1),
        actual_value="true",
        cleared=cleared,
        severity=severity,
    )


async def seen(database_url: str, engine: AsyncEngine, *events: StationEvent) -> LiveEvse:
    """The station's EVSE once these are told."""
    told = EventsTold(station_id=STATION, received_at=NOON, events=events)
    async with PostgresJournal(database_url) as journal:
        await journal.commit([told])
    async with engine.connect() as conn:
        return next(one for one in await live.evses(conn, "yard") if one.station_id == STATION)


async def test_the_worst_open_alert_is_seen_until_it_is_cleared(
    world: World, engine: AsyncEngine, database_url: str
) -> None:
    await world.has_site(yard())
    warning, fault = alert(1, "Temperature", 3), alert(2, "Problem", 1)
    one = await seen(database_url, engine, warning, fault)
    assert (one.station_alert, one.alert_severity) == ("EVSE.Problem", 1)
    later = NOON + timedelta(minutes=1)
    over = alert(3, "Problem", 1, at=later, cleared=True)
    one = await seen(database_url, engine, over)
    assert (one.station_alert, one.alert_severity) == ("EVSE.Temperature", 3)
    over = alert(4, "Temperature", 3, at=later, cleared=True)
    assert (await seen(database_url, engine, over)).station_alert is None


@pytest.mark.parametrize("severity", [4, 9, None])
async def test_what_only_the_stations_keeper_cares_for_is_no_alarm(
    world: World, engine: AsyncEngine, database_url: str, severity: int | None
) -> None:
    await world.has_site(yard())
    one = await seen(database_url, engine, alert(10, f"Note{severity}", severity))
    assert one.station_alert is None


@pytest.mark.parametrize(
    ("severity", "says"), [(0, Severity.CRITICAL), (1, Severity.WARNING), (3, Severity.WARNING)]
)
async def test_the_controller_complains_of_it(
    world: World, engine: AsyncEngine, database_url: str, severity: int, says: Severity
) -> None:
    await world.has_site(yard())
    site = yard()
    one = await seen(database_url, engine, alert(20 + severity, f"Fault{severity}", severity))
    picture = Picture(evses=(one,), plan=None, signals=())
    given = GuardInput(
        now=NOON, import_bound_w=0.0, export_bound_w=0.0, circuits=(), evses=(), metered=False
    )
    result: Any = SimpleNamespace(import_excess_w=0.0, export_excess_w=0.0, evses=())
    found = complaints_of(site, picture, given, result)
    (complaint,) = [each for each in found if each.code is AlarmCode.STATION_ALERT]
    assert complaint.station_id == STATION
    assert complaint.severity is says
    assert complaint.detail == f"the station reports EVSE.Fault{severity} (severity {severity})"
    cleared = alert(30 + severity, f"Fault{severity}", severity, cleared=True)
    one = await seen(database_url, engine, cleared)
    calm = complaints_of(site, Picture(evses=(one,), plan=None, signals=()), given, result)
    assert AlarmCode.STATION_ALERT not in {each.code for each in calm}


async def test_the_controller_complains_of_a_clock_that_is_off(
    world: World, engine: AsyncEngine, database_url: str
) -> None:
    await world.has_site(yard())
    async with PostgresJournal(database_url) as journal:
        await journal.commit([ClockMeasured(station_id=STATION, off_s=-3_600.4)])
    async with engine.connect() as conn:
        one = next(each for each in await live.evses(conn, "yard") if each.station_id == STATION)
    given = GuardInput(
        now=NOON, import_bound_w=0.0, export_bound_w=0.0, circuits=(), evses=(), metered=False
    )
    result: Any = SimpleNamespace(import_excess_w=0.0, export_excess_w=0.0, evses=())

    def clocks(evse: LiveEvse) -> list[Complaint]:
        picture = Picture(evses=(evse,), plan=None, signals=())
        found = complaints_of(yard(), picture, given, result)
        return [each for each in found if each.code is AlarmCode.STATION_CLOCK]

    (complaint,) = clocks(one)
    assert (complaint.station_id, complaint.severity) == (STATION, Severity.WARNING)
    assert complaint.data == {"off_s": -3_600}
    assert complaint.detail == "its clock is off by -3600 s (+ ahead): its times are not true"
    assert clocks(replace(one, clock_off_s=None)) == []
    assert clocks(replace(one, connected=False)) == [], "it is measured anew when it comes"


async def test_whether_its_leases_end_is_what_was_learned_of_this_device_or_an_operator_says(
    world: World, engine: AsyncEngine, database_url: str
) -> None:
    await world.has_site(yard())

    async def ends(source: str, device: str | None, *, value: bool) -> bool:
        row = {"station_id": STATION, "name": "lease_ends", "at": NOON, "reason": "seen"}
        async with engine.begin() as conn:
            await conn.execute(
                insert(station_quirk).values(**row, source=source, device=device, value=value)
            )
        return (await seen(database_url, engine)).lease_ends

    assert (await seen(database_url, engine)).lease_ends
    assert await ends("proposed", "", value=False)
    assert not await ends("learned", "", value=False)
    assert await ends("operator", None, value=True)
    async with engine.begin() as conn:
        await conn.execute(delete(station_quirk).where(station_quirk.c.source == "operator"))
        model = update(charging_station).where(charging_station.c.station_id == STATION)
        await conn.execute(model.values(model="Another"))
    assert (await seen(database_url, engine)).lease_ends
