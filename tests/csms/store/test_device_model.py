"""The device model in the database: told in any order, again, and by several messages."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.device_model import Characteristics, VariableKey
from csms.domain.facts import VariableRow, VariablesReported
from csms.domain.facts_device_model import MessageTriggered, ReportAsked, ReportPartReceived
from csms.domain.facts_monitoring import EventsTold, MonitorsCleared, MonitorsKnown
from csms.domain.ids import ChargingStationId
from csms.domain.monitoring import Monitor, StationEvent
from csms.store import credentials, device_model, stations, tables
from csms.store.device_model import PostgresDeviceModel
from csms.store.direct import Direct
from csms.store.journal import PostgresJournal

pytestmark = pytest.mark.integration

T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
LIMIT = VariableKey(
    component="DeviceDataCtrlr", variable="ItemsPerMessage", variable_instance="GetReport"
)


@pytest.fixture
async def journal(database_url: str) -> AsyncIterator[PostgresJournal]:
    async with PostgresJournal(database_url) as made:
        yield made


@pytest.fixture
def station_id() -> ChargingStationId:
    return ChargingStationId(f"cs-{uuid4().hex[:8]}")


async def rows(engine: AsyncEngine, table: Table, station_id: str) -> list[dict[str, Any]]:
    async with engine.connect() as conn:
        found = await conn.execute(select(table).where(table.c.station_id == station_id))
        return [dict(row) for row in found.mappings()]


def told(
    station_id: ChargingStationId, value: str | None, minute: int, by: str, **fields: Any
) -> VariablesReported:
    row = VariableRow(
        component=LIMIT.component,
        variable=LIMIT.variable,
        variable_instance=LIMIT.variable_instance,
        value=value,
        **fields,
    )
    return VariablesReported(
        station_id=station_id, at=T0 + timedelta(minutes=minute), rows=(row,), told_by=by
    )


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "one by one"])
@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_the_newest_value_stays_and_what_it_left_out_is_not_lost(
    journal: PostgresJournal,
    engine: AsyncEngine,
    station_id: ChargingStationId,
    order: tuple[int, ...],
    together: bool,
) -> None:
    facts = [
        told(station_id, "4", 0, "NotifyReport", mutability="ReadOnly", persistent=True),
        told(station_id, "5", 1, "GetVariables"),
        told(station_id, "6", 2, "NotifyEvent"),
    ]
    if together:
        await journal.commit([facts[index] for index in order])
    else:
        for index in order:
            await journal.commit([facts[index]])
    (row,) = await rows(engine, tables.variable, station_id)
    assert (row["value"], row["told_by"]) == ("6", "NotifyEvent")
    assert (row["mutability"], row["persistent"]) == ("ReadOnly", True)


async def test_a_variable_is_found_by_its_name_in_any_case(
    journal: PostgresJournal, engine: AsyncEngine, station_id: ChargingStationId
) -> None:
    await journal.commit([told(station_id, "4", 0, "NotifyReport")])
    model = PostgresDeviceModel(engine)
    shouted = VariableKey(
        component="DEVICEDATACTRLR", variable="itemspermessage", variable_instance="getreport"
    )
    assert await model.value(station_id, shouted) == "4"
    assert await model.value(station_id, shouted, "Target") is None
    other = VariableKey(component="DeviceDataCtrlr", variable="ItemsPerMessage")
    assert await model.value(station_id, other) is None


async def test_the_values_that_a_variable_may_have_are_known(
    journal: PostgresJournal, engine: AsyncEngine, station_id: ChargingStationId
) -> None:
    key = VariableKey(component="OCPPCommCtrlr", variable="NetworkConfigurationPriority")
    described = Characteristics(key=key, data_type="SequenceList", values_list="0,1")
    fact = VariablesReported(station_id=station_id, at=T0, rows=(), characteristics=(described,))
    await journal.commit([fact, fact])
    assert await PostgresDeviceModel(engine).values_list(station_id, key) == "0,1"


async def test_a_password_is_not_kept(
    journal: PostgresJournal, engine: AsyncEngine, station_id: ChargingStationId
) -> None:
    row = VariableRow(component="SecurityCtrlr", variable="BasicAuthPassword", value="secret")
    content = {
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
        "variableAttribute": [{"value": "secret", "mutability": "WriteOnly"}],
    }
    await journal.commit(
        [VariablesReported(station_id=station_id, at=T0, rows=(row,)), part(station_id, 0, content)]
    )
    kept = await rows(engine, tables.variable, station_id)
    kept += await rows(engine, tables.device_report_part, station_id)
    assert len(kept) == 2
    assert "secret" not in str(kept)
    assert "WriteOnly" in str(kept)


def part(
    station_id: ChargingStationId, seq_no: int, *content: dict[str, Any], minute: int = 0
) -> ReportPartReceived:
    return ReportPartReceived(
        station_id=station_id,
        request_id=1,
        seq_no=seq_no,
        received_at=T0 + timedelta(minutes=minute),
        generated_at=T0,
        more_follows=seq_no == 0,
        content=list(content),
    )


async def test_a_request_id_that_is_used_again_names_the_new_report(
    journal: PostgresJournal, engine: AsyncEngine, station_id: ChargingStationId
) -> None:
    def asked(minute: int, number: int) -> ReportAsked:
        return ReportAsked(
            station_id=station_id,
            request_id=1,
            base="FullInventory",
            asked_at=T0 + timedelta(minutes=minute),
            command_id=UUID(int=number),
            status="Accepted",
        )

    await journal.commit([asked(0, 1), part(station_id, 0, {"a": 1}), part(station_id, 1)])
    again = part(station_id, 0, {"a": 2}, minute=10)
    await journal.commit([asked(10, 2), again])
    await journal.commit([again])  # told twice
    async with engine.connect() as conn:
        found = await device_model.report(conn, station_id, 1)
    assert found is not None
    assert (found.command_id, found.content) == (UUID(int=2), [{"a": 2}])
    assert (found.progress.received, found.progress.complete) == ((0,), False)


def event(number: int, *, cleared: bool, monitor_id: int | None = 7) -> StationEvent:
    return StationEvent(
        event_id=number,
        at=T0 + timedelta(minutes=number),
        trigger="Alerting",
        notification_type="CustomMonitor",
        key=VariableKey(component="EVSE", variable="Power", evse_id=1),
        actual_value=str(number),
        cleared=cleared,
        severity=2,
        monitor_id=monitor_id,
    )


async def test_n08_old_values_make_room_and_alerts_do_not(
    journal: PostgresJournal, engine: AsyncEngine, station_id: ChargingStationId
) -> None:
    values = [
        replace(event(number, cleared=False), trigger="Periodic") for number in range(2, 1200)
    ]
    alert = event(1, cleared=False)
    told = [alert, *values, replace(event(1200, cleared=False), trigger="Delta")]
    fact = EventsTold(station_id=station_id, received_at=T0, events=tuple(told))
    await journal.commit([fact])
    kept = {row["event_id"] for row in await rows(engine, tables.station_event, station_id)}
    assert kept == {1, *range(201, 1201)}


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_n07_an_alert_is_open_as_its_newest_event_says_in_any_order(
    journal: PostgresJournal,
    engine: AsyncEngine,
    station_id: ChargingStationId,
    order: tuple[int, ...],
) -> None:
    events = [event(1, cleared=False), event(2, cleared=True), event(3, cleared=False)]
    for index in order:
        fact = EventsTold(
            station_id=station_id, received_at=T0 + timedelta(hours=1), events=(events[index],)
        )
        await journal.commit([fact, fact])
    (alert,) = await rows(engine, tables.station_alert, station_id)
    assert (alert["cleared"], alert["event_id"]) == (False, 3)
    assert len(await rows(engine, tables.station_event, station_id)) == 3


async def test_n07_two_monitors_of_one_variable_are_two_alerts(
    journal: PostgresJournal, engine: AsyncEngine, station_id: ChargingStationId
) -> None:
    both = (event(1, cleared=False), event(2, cleared=True, monitor_id=None))
    await journal.commit([EventsTold(station_id=station_id, received_at=T0, events=both)])
    found = await rows(engine, tables.station_alert, station_id)
    assert {(one["monitor_id"], one["cleared"]) for one in found} == {(7, False), (0, True)}


def monitors(
    station_id: ChargingStationId, *numbers: int, minute: int = 0, ours: bool
) -> MonitorsKnown:
    key = VariableKey(component="EVSE", variable="Power", evse_id=1)
    made = tuple(
        Monitor(monitor_id=number, key=key, type="Delta", value=1.0, severity=number)
        for number in numbers
    )
    return MonitorsKnown(
        station_id=station_id, at=T0 + timedelta(minutes=minute), monitors=made, ours=ours
    )


async def running(engine: AsyncEngine, station_id: str) -> set[int]:
    found = await rows(engine, tables.monitor, station_id)
    return {one["monitor_id"] for one in found if one["cleared_at"] is None}


async def test_n03_only_our_own_monitors_end_with_the_base(
    journal: PostgresJournal, engine: AsyncEngine, station_id: ChargingStationId
) -> None:
    await journal.commit([monitors(station_id, 1, 2, ours=True)])
    await journal.commit([monitors(station_id, 2, 3, minute=1, ours=False)])
    gone = MonitorsCleared(station_id=station_id, at=T0 + timedelta(minutes=2), monitor_ids=None)
    await journal.commit([gone])
    await journal.commit([gone])
    assert await running(engine, station_id) == {3}
    severities = await PostgresDeviceModel(engine).severities(station_id, [2, 3, 4])
    assert severities == {2: 2, 3: 3}


async def test_n04_a_monitor_set_anew_under_the_id_of_a_cleared_one_runs(
    journal: PostgresJournal, engine: AsyncEngine, station_id: ChargingStationId
) -> None:
    await journal.commit([monitors(station_id, 1, ours=True)])
    cleared = MonitorsCleared(station_id=station_id, at=T0 + timedelta(minutes=1), monitor_ids=(1,))
    await journal.commit([cleared])
    assert await running(engine, station_id) == set()
    await journal.commit([monitors(station_id, 1, minute=2, ours=True)])
    assert await running(engine, station_id) == {1}
    await journal.commit([cleared])  # old news
    assert await running(engine, station_id) == {1}


async def test_b02_a_pending_station_was_asked_for_what_it_sends(
    journal: PostgresJournal, engine: AsyncEngine, direct: Direct
) -> None:
    name = ChargingStationId(f"cs-{uuid4().hex[:8]}")
    async with engine.begin() as conn:
        await credentials.add(conn, "pepper-of-the-tests-0123456789abcdef", name)
    known = stations.PostgresStations(direct)
    asked = MessageTriggered(station_id=name, action="Heartbeat", at=T0)
    await journal.commit([asked])
    assert not await known.asked_for(name, "Heartbeat", T0)  # it never booted
    async with engine.begin() as conn:
        await conn.execute(
            tables.charging_station.update()
            .where(tables.charging_station.c.station_id == name)
            .values(registration_status="Pending")
        )
    assert await known.asked_for(name, "Heartbeat", T0)
    assert not await known.asked_for(name, "Heartbeat", T0 + timedelta(seconds=1))
    assert not await known.asked_for(name, "MeterValues", T0)
