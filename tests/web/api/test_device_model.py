"""The device model as the API tells it: written by the journal's own facts, read by an operator."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from csms.domain.device_model import Characteristics, VariableKey
from csms.domain.facts import Fact, VariableRow, VariablesReported
from csms.domain.facts_device_model import NetworkProfileSet, ReportAsked, ReportPartReceived
from csms.domain.facts_monitoring import EventsTold, MonitorsCleared, MonitorsKnown
from csms.domain.ids import ChargingStationId
from csms.domain.monitoring import Monitor, StationEvent
from csms.store.journal import PostgresJournal
from tests.web.api.test_stations import every
from tests.web.conftest import Problem
from tests.web.seed import NOON, STATION

pytestmark = pytest.mark.integration

OWN = ChargingStationId(STATION)
LATER = NOON + timedelta(minutes=1)
POWER = VariableKey(component="EVSE", variable="Power", evse_id=1)


async def happened(database_url: str, *facts: Fact) -> None:
    async with PostgresJournal(database_url) as journal:
        await journal.commit(facts)


def row(name: str, value: str, connector_id: int = 0, **fields: Any) -> VariableRow:
    return VariableRow(
        component="Connector", variable=name, value=value, evse_id=1, connector_id=connector_id,
        **fields,
    )  # fmt: skip


def told(
    rows: Sequence[VariableRow], *characteristics: Characteristics, by: str = "NotifyReport"
) -> VariablesReported:
    return VariablesReported(
        station_id=OWN,
        at=NOON if by == "NotifyReport" else LATER,
        rows=tuple(rows),
        characteristics=characteristics,
        told_by=by,
    )


async def test_a_variable_is_told_with_what_it_is_and_who_told_it(
    viewer: httpx.AsyncClient, database_url: str
) -> None:
    limits = Characteristics(
        key=VariableKey(component="Connector", variable="Temp", evse_id=1, connector_id=1),
        data_type="decimal",
        unit="Celsius",
        max_limit=90.5,
        supports_monitoring=True,
    )
    rows = [row("Temp", "40", 1, mutability="ReadOnly", persistent=False), row("Temp", "41", 2)]
    await happened(database_url, told(rows, limits))
    await happened(database_url, told([row("Temp", "50", 1)], by="NotifyEvent"))
    path = f"/stations/{STATION}/variables"
    one, other = await every(viewer, path, component="connector", variable="TEMP")
    assert (one["value"], one["told_by"], one["mutability"]) == ("50", "NotifyEvent", "ReadOnly")
    assert (one["connector_id"], one["persistent"], one["constant"]) == (1, False, None)
    assert one["characteristics"] == {
        "dataType": "decimal", "unit": "Celsius", "maxLimit": 90.5, "supportsMonitoring": True,
    }  # fmt: skip
    assert (other["connector_id"], other["value"], other["characteristics"]) == (2, "41", None)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"evse_id": 1}, 3),
        ({"evse_id": 7}, 0),
        ({"mutability": "readwrite"}, 1),
        ({"attribute": "Target"}, 1),
        ({"supports_monitoring": True}, 1),
        ({"supports_monitoring": False}, 2),
    ],
)
async def test_variables_are_found(
    viewer: httpx.AsyncClient, database_url: str, query: dict[str, Any], count: int
) -> None:
    watched = Characteristics(
        key=VariableKey(component="Connector", variable="Limit", evse_id=1),
        data_type="integer",
        supports_monitoring=True,
    )
    rows = [
        row("Limit", "1", mutability="ReadWrite"),
        row("Name", "x"),
        row("Name", "y", attribute="Target"),
    ]
    await happened(database_url, told(rows, watched))
    path = f"/stations/{STATION}/variables"
    found = await every(viewer, path, component="Connector", **query)
    assert len([one for one in found if one["variable"] in ("Limit", "Name")]) == count


def asked(request_id: int, base: str, minute: int = 0) -> ReportAsked:
    return ReportAsked(
        station_id=OWN,
        request_id=request_id,
        base=base,
        asked_at=NOON + timedelta(minutes=minute),
        command_id=UUID(int=request_id),
        status="Accepted",
    )


def part(request_id: int, seq_no: int, *, more: bool, minute: int = 0) -> ReportPartReceived:
    return ReportPartReceived(
        station_id=OWN,
        request_id=request_id,
        seq_no=seq_no,
        received_at=NOON + timedelta(minutes=minute, seconds=1),
        generated_at=NOON,
        more_follows=more,
        content=[{"seq": seq_no}],
    )


async def test_a_report_says_what_is_missing_and_what_it_told(
    viewer: httpx.AsyncClient, database_url: str, problem: Problem
) -> None:
    await happened(database_url, asked(5, "Custom"), part(5, 2, more=False), part(5, 0, more=True))
    path = f"/stations/{STATION}/reports/5"
    report = (await viewer.get(path)).json()
    assert (report["received"], report["missing"], report["complete"]) == ([0, 2], [1], False)
    await happened(database_url, part(5, 1, more=True))
    report = (await viewer.get(path)).json()
    assert (report["missing"], report["complete"]) == ([], True)
    assert report["content"] == [{"seq": 0}, {"seq": 1}, {"seq": 2}]
    problem(await viewer.get(f"/stations/{STATION}/reports/6"), 404)


async def test_old_reports_of_a_base_make_room(
    viewer: httpx.AsyncClient, database_url: str
) -> None:
    for minute in range(5):
        number = 100 + minute
        summary = asked(number, "SummaryInventory", minute)
        await happened(database_url, summary, part(number, 0, more=False, minute=minute))
    await happened(database_url, asked(99, "FullInventory"))
    listed = (await viewer.get(f"/stations/{STATION}/reports")).json()["items"]
    kept = [one["request_id"] for one in listed if one["base"] == "SummaryInventory"]
    assert kept == [104, 103, 102]
    assert all(one["complete"] for one in listed if one["base"] == "SummaryInventory")
    assert 99 in {one["request_id"] for one in listed}


async def test_monitors_events_and_alerts_are_told(
    viewer: httpx.AsyncClient, database_url: str
) -> None:
    monitors = tuple(
        Monitor(monitor_id=number, key=POWER, type=kind, value=9000.0, severity=3)
        for number, kind in ((1, "UpperThreshold"), (2, "LowerThreshold"))
    )
    known = MonitorsKnown(station_id=OWN, at=NOON, monitors=monitors, ours=True)
    await happened(database_url, known)
    # A report of it does not make it another's; the second is cleared.
    await happened(
        database_url,
        MonitorsKnown(station_id=OWN, at=LATER, monitors=monitors[:1], ours=False),
        MonitorsCleared(station_id=OWN, at=LATER, monitor_ids=(2,)),
    )
    (running,) = await every(viewer, f"/stations/{STATION}/monitors")
    assert (running["monitor_id"], running["ours"], running["evse_id"]) == (1, True, 1)
    assert running["monitoring"] == {
        "id": 1, "transaction": False, "value": 9000.0, "type": "UpperThreshold", "severity": 3,
    }  # fmt: skip
    assert len(await every(viewer, f"/stations/{STATION}/monitors", cleared=True)) == 2

    events = tuple(
        StationEvent(
            event_id=number,
            at=NOON + timedelta(seconds=number),
            trigger="Alerting",
            notification_type="CustomMonitor",
            key=key,
            actual_value="9500",
            severity=3,
            monitor_id=1,
            tech_code="E1",
        )
        for number, key in ((1, POWER), (2, VariableKey(component="Fan", variable="Problem")))
    )
    await happened(database_url, EventsTold(station_id=OWN, received_at=NOON, events=events))
    newest, _ = await every(viewer, f"/stations/{STATION}/events")
    assert (newest["event_id"], newest["component"], newest["tech_code"]) == (2, "Fan", "E1")
    alerts = await every(viewer, f"/stations/{STATION}/alerts", open=True)
    assert {one["component"] for one in alerts} == {"EVSE", "Fan"}
    assert await every(viewer, f"/stations/{STATION}/alerts", open=False) == []


async def test_network_profiles_are_told_by_slot(
    viewer: httpx.AsyncClient, database_url: str
) -> None:
    data = {"ocppCsmsUrl": "wss://csms.example"}
    await happened(
        database_url, NetworkProfileSet(station_id=OWN, slot=2, at=NOON, connection_data=data)
    )
    told = (await viewer.get(f"/stations/{STATION}/network-profiles")).json()
    assert told["items"] == [{"configuration_slot": 2, "connection_data": data}]


async def test_an_operator_says_how_a_station_is_received(
    operator: httpx.AsyncClient, viewer: httpx.AsyncClient, problem: Problem
) -> None:
    path = f"/stations/{STATION}"
    assert (await viewer.get(path)).json()["boot_policy"] == "provision"
    put = await operator.put(f"{path}/boot-policy", json={"boot_policy": "accept"})
    assert (put.status_code, put.json()) == (200, {"boot_policy": "accept"})
    assert (await viewer.get(path)).json()["boot_policy"] == "accept"
    problem(await viewer.put(f"{path}/boot-policy", json={"boot_policy": "reject"}), 403)
    problem(await operator.put(f"{path}/boot-policy", json={"boot_policy": "never"}), 422)
    problem(await operator.put("/stations/none/boot-policy", json={"boot_policy": "accept"}), 404)
