"""Every quirk that was seen on the wire, one test each: recorded, mended, flagged, or refused by
rule; and the hub goes on. What a refusal of a profile teaches is tried in
`tests/csms/outbound/test_learning.py`, what registers do in `tests/csms/domain/test_registers.py`.
"""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from csms.clock import wall_now
from csms.domain.commands import CommandStatus
from csms.store import tables
from tests.conformance.conftest import Bench, until
from tests.conformance.station import CallRefusedError, ScriptedStation, connected
from tests.integration.csms.conftest import Hub

pytestmark = pytest.mark.integration

ENERGY, POWER = "Energy.Active.Import.Register", "Power.Active.Import"


def iso(ago_s: float = 0.0) -> str:
    return (wall_now() - timedelta(seconds=ago_s)).isoformat().replace("+00:00", "Z")


def sample(value: float, measurand: str | None = ENERGY, **more: Any) -> dict[str, Any]:
    """`unit` goes where 2.0.1 wants it."""
    unit = more.pop("unit", None)
    told = {"value": value} | ({"measurand": measurand} if measurand else {}) | more
    return told | ({"unitOfMeasure": {"unit": unit}} if unit else {})


def meter(ago_s: float, *samples: dict[str, Any]) -> dict[str, Any]:
    return {"timestamp": iso(ago_s), "sampledValue": list(samples)}


def event(kind: str, seq_no: int, ago_s: float, *values: dict[str, Any]) -> dict[str, Any]:
    told = {
        "eventType": kind,
        "timestamp": iso(ago_s),
        "triggerReason": "MeterValuePeriodic",
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": "t-1"},
        "evse": {"id": 1, "connectorId": 1},
    }
    return told | ({"meterValue": list(values)} if values else {})


async def transaction(bench: Bench, station: ScriptedStation) -> dict[str, Any]:
    """The station's only one, once all its events are counted."""

    async def told() -> dict[str, Any] | None:
        events = await bench.hub.rows(tables.transaction_event, station.station_id)
        rows = await bench.hub.rows(tables.transaction, station.station_id)
        return rows[0] if rows and rows[0]["event_count"] == len(events) else None

    found: dict[str, Any] = await until(told)
    return found


async def evse(bench: Bench, station: ScriptedStation) -> dict[str, Any]:
    rows = await bench.hub.rows(tables.evse, station.station_id)
    return next(row for row in rows if row["evse_id"] == 1)


def status(value: str, ago_s: float = 0.0, evse_id: int = 1) -> dict[str, Any]:
    connector = {"evseId": evse_id, "connectorId": min(evse_id, 1)}
    return {"timestamp": iso(ago_s), "connectorStatus": value} | connector


async def refused(station: ScriptedStation, action: str, payload: dict[str, Any]) -> str:
    with pytest.raises(CallRefusedError) as error:
        await station.call(action, payload, valid=False)
    return error.value.code


async def again(bench: Bench, station: ScriptedStation, version: str) -> ScriptedStation:
    """The same station on another socket, without a boot."""
    row = await bench.hub.row(tables.charging_station, station.station_id)
    assert row["provisioned"]
    password = PASSWORDS[station.station_id]
    entered = connected(bench.hub.url, station.station_id, password, version)
    return await bench.stack.enter_async_context(entered)


PASSWORDS: dict[str, str] = {}


async def known(bench: Bench, version: str = "2.0.1", *, booted: bool = True) -> ScriptedStation:
    """A station whose password the test knows."""
    station_id, password = await bench.hub.new_station()
    PASSWORDS[station_id] = password
    entered = connected(bench.hub.url, station_id, password, version)
    station = await bench.stack.enter_async_context(entered)
    if booted:
        await station.boot()
    return station


async def test_a_reconnect_without_a_boot_goes_on_as_accepted(bench: Bench) -> None:
    station = await known(bench)
    await station.socket.close()
    back = await again(bench, station, "2.0.1")
    assert await back.call("StatusNotification", status("Occupied")) == {}


async def test_the_version_may_change_between_two_sockets_of_one_transaction(bench: Bench) -> None:
    station = await known(bench)
    await station.call("TransactionEvent", event("Started", 0, 60, meter(60, sample(100))))
    await station.socket.close()
    newer = await again(bench, station, "2.1")
    await newer.call("TransactionEvent", event("Ended", 1, 0, meter(0, sample(400))))
    row = await transaction(bench, station)
    assert (row["imported_wh"], row["flags"]) == (300, [])


async def test_a_station_that_talks_before_it_is_accepted_is_refused_and_kept(bench: Bench) -> None:
    station = await known(bench, booted=False)
    assert await refused(station, "StatusNotification", status("Available")) == "SecurityError"
    assert await refused(station, "Heartbeat", {}) == "SecurityError"
    await station.boot()
    assert await station.call("StatusNotification", status("Available")) == {}


async def test_a_late_sample_never_replaces_a_live_one(bench: Bench) -> None:
    station = await known(bench)
    for ago_s, power_w in ((1, 7000), (240, 3000)):
        values = {"evseId": 1, "meterValue": [meter(ago_s, sample(power_w, POWER, unit="W"))]}
        await station.call("MeterValues", values)
    assert (await evse(bench, station))["power_w"] == 7000
    assert len(await bench.hub.rows(tables.meter_reading, station.station_id)) == 2


async def test_available_may_arrive_before_the_end_of_the_session(bench: Bench) -> None:
    station = await known(bench)
    await station.call("TransactionEvent", event("Started", 0, 300, meter(300, sample(10))))
    await station.call("StatusNotification", status("Available", 1))
    ended = event("Ended", 1, 2, meter(2, sample(60))) | {"offline": True}
    await station.call("TransactionEvent", ended)
    row = await transaction(bench, station)
    assert (row["imported_wh"], row["ended_at"] is not None) == (50, True)
    assert (await bench.hub.row(tables.connector, station.station_id))["status"] == "Available"


async def test_an_end_with_begin_clock_and_end_samples_is_read_by_context(bench: Bench) -> None:
    station = await known(bench)
    await station.call("TransactionEvent", event("Started", 0, 600))
    samples = (
        meter(0, sample(900, context="Transaction.End")),
        meter(300, sample(500, context="Sample.Clock")),
        meter(600, sample(100, context="Transaction.Begin")),
    )
    await station.call("TransactionEvent", event("Ended", 1, 0, *samples))
    assert (await transaction(bench, station))["imported_wh"] == 800


async def test_samples_may_come_only_outside_of_the_transaction(bench: Bench) -> None:
    """With power 0 while energy rises: the registers of start and end are what counts."""
    station = await known(bench)
    started = event("Started", 0, 60, meter(60, sample(0, unit="kWh")))
    await station.call("TransactionEvent", started)
    for ago_s, wh in ((40, 10), (20, 20)):
        both = meter(ago_s, sample(wh, unit="Wh"), sample(0, POWER, unit="W"))
        await station.call("MeterValues", {"evseId": 1, "meterValue": [both]})
    ended = event("Ended", 1, 0, meter(0, sample(0.038, unit="kWh")))
    await station.call("TransactionEvent", ended)
    assert (await transaction(bench, station))["imported_wh"] == pytest.approx(38)
    assert len(await bench.hub.rows(tables.meter_reading, station.station_id)) >= 2


async def test_150_kwh_after_15_seconds_are_flagged_and_not_billed(bench: Bench) -> None:
    station = await known(bench)
    values = (sample(0, unit="kWh"), sample(150.02, unit="kWh"), sample(320.87))
    for number, (kind, value) in enumerate(
        zip(("Started", "Updated", "Ended"), values, strict=True)
    ):
        ago_s = 30 - 15 * number
        await station.call("TransactionEvent", event(kind, number, ago_s, meter(ago_s, value)))
    row = await transaction(bench, station)
    assert (row["imported_wh"], "import_register_jump" in row["flags"]) == (320.87, True)


async def test_a_register_that_outruns_its_own_power_is_flagged(bench: Bench) -> None:
    """384 Wh in five seconds at 21 kW."""
    station = await known(bench)
    for number, (ago_s, wh) in enumerate(((10, 325.48), (5, 709.92), (0, 739.46))):
        both = meter(ago_s, sample(wh, unit="Wh"), sample(21_272, POWER, unit="W"))
        kind = "Updated" if number else "Started"
        await station.call("TransactionEvent", event(kind, number, ago_s, both))
    row = await transaction(bench, station)
    odd = {"import_register_jump", "import_register_outruns_power"}
    assert odd & set(row["flags"])


async def test_kwh_wh_no_unit_and_no_context_are_one_register(bench: Bench) -> None:
    station = await known(bench)
    values = (sample(1.5, unit="kWh"), sample(1600, unit="Wh"), sample(1700), sample(1800, None))
    for number, value in enumerate(values):
        ago_s = 60 - 15 * number
        kind = "Updated" if number else "Started"
        await station.call("TransactionEvent", event(kind, number, ago_s, meter(ago_s, value)))
    row = await transaction(bench, station)
    assert (row["imported_wh"], row["flags"]) == (300, [])


async def test_accepted_with_an_empty_composite_schedule_is_not_trusted(bench: Bench) -> None:
    station = await known(bench)
    await station.call("TransactionEvent", event("Started", 0, 5, meter(5, sample(0))))
    await transaction(bench, station)
    station.answers["GetCompositeSchedule"] = {"status": "Accepted"}
    until_at = (wall_now() + timedelta(minutes=5)).isoformat()
    asked = await bench.setpoint(station, {"setpoint_w": 6000.0, "until": until_at})
    outcome = await bench.outcome(asked)
    assert (outcome.status, outcome.reason) == (CommandStatus.CONFIRMED, "not_read_back")
    assert (await evse(bench, station))["composite_w"] is None


async def test_a_negative_limit_never_leaves_for_a_station_that_is_not_listed(bench: Bench) -> None:
    """A production stack accepted one and went from 4 to 9 kW."""
    station = await known(bench)
    await station.call("TransactionEvent", event("Started", 0, 5, meter(5, sample(0))))
    await transaction(bench, station)
    until_at = (wall_now() + timedelta(minutes=5)).isoformat()
    asked = await bench.setpoint(station, {"setpoint_w": -5000.0, "until": until_at})
    assert (await bench.outcome(asked)).reason == "discharge_not_supported"
    told = [payload for action, payload in station.heard if action == "SetChargingProfile"]
    for one in told:
        (schedule,) = one["chargingProfile"]["chargingSchedule"]
        assert all(period["limit"] >= 0 for period in schedule["chargingSchedulePeriod"])


async def test_a_boot_of_1_6_on_a_2_0_1_socket_is_read_as_it_was_meant(bench: Bench) -> None:
    station = await known(bench, booted=False)
    boot = {"chargePointVendor": "OCPP-WS-IO CLI", "chargePointModel": "VirtualSimulator-v1"}
    answer = await station.call("BootNotification", boot, valid=False)
    assert answer["status"] == "Pending"
    row = await bench.hub.row(tables.charging_station, station.station_id)
    assert (row["vendor"], row["model"]) == tuple(boot.values())


async def test_an_answer_with_the_wrong_names_ends_its_call_and_no_other(bench: Bench) -> None:
    station = await known(bench)
    listened = station._answer

    async def noted(message_id: str, action: str, payload: dict[str, Any]) -> None:
        if action == "GetLocalListVersion":
            await station.socket.send(json.dumps([3, message_id, {"listVersion": 0}]))
        else:
            await listened(message_id, action, payload)

    station._answer = noted  # type: ignore[method-assign]
    station.answers["ClearCache"] = {"status": "Accepted"}
    asked = await bench.command(station, "GetLocalListVersion", {})
    next_one = await bench.command(station, "ClearCache", {})
    assert (await bench.outcome(asked)).status is CommandStatus.UNKNOWN
    assert (await bench.outcome(next_one)).status is CommandStatus.CONFIRMED


async def test_an_error_under_the_id_minus_one_frees_the_call_in_flight(bench: Bench) -> None:
    station = await known(bench)
    listened = station._answer

    async def nameless(message_id: str, action: str, payload: dict[str, Any]) -> None:
        if action == "ClearCache":
            await station.socket.send(json.dumps([4, "-1", "NotImplemented", "", {}]))
        else:
            await listened(message_id, action, payload)

    station._answer = nameless  # type: ignore[method-assign]
    station.answers["GetLocalListVersion"] = {"versionNumber": 0}
    asked = await bench.command(station, "ClearCache", {})
    next_one = await bench.command(station, "GetLocalListVersion", {})
    assert (await bench.outcome(asked)).status is not CommandStatus.CONFIRMED
    assert (await bench.outcome(next_one)).status is CommandStatus.CONFIRMED


async def test_an_action_that_nobody_knows_is_answered_not_implemented(bench: Bench) -> None:
    station = await known(bench)
    assert await refused(station, "CustomOperation", {}) == "NotImplemented"
    assert "currentTime" in await station.call("Heartbeat", {})


async def test_a_station_that_answers_no_call_still_gets_answers(bench: Bench) -> None:
    station = await known(bench)

    async def mute(message_id: str, action: str, payload: dict[str, Any]) -> None:
        station._keep(action, payload)

    station._answer = mute  # type: ignore[method-assign]
    await bench.command(station, "ClearCache", {})
    await station.heard_of("ClearCache")
    for _ in range(3):
        assert "currentTime" in await station.call("Heartbeat", {})


@pytest.mark.parametrize(
    ("told", "flag"),
    [
        ("2026-03-01T08:00:00", "time_zone_missing"),
        ("1970-01-01T00:00:10Z", None),
        ("2044-01-01T00:00:00Z", None),
    ],
)
async def test_a_clock_that_is_off_is_kept_and_flagged(
    bench: Bench, told: str, flag: str | None
) -> None:
    station = await known(bench)
    started = event("Started", 0, 0) | {"timestamp": told}
    await station.call("TransactionEvent", started, valid=False)
    (row,) = await bench.hub.rows(tables.transaction_event, station.station_id)
    assert "clock_off" in row["flags"]
    assert flag is None or flag in row["flags"]


@pytest.mark.parametrize("evse_id", [0, 1])
async def test_connector_zero_and_the_whole_station_have_a_status(
    bench: Bench, evse_id: int
) -> None:
    station = await known(bench)
    told = status("Available", evse_id=evse_id) | {"connectorId": 0}
    assert await station.call("StatusNotification", told) == {}


async def test_a_password_that_a_station_tells_is_not_in_the_messages_kept(bench: Bench) -> None:
    station = await known(bench)
    attribute = {"type": "Actual", "value": "hunter2hunter2hunter2"}
    row = {
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
        "variableAttribute": [attribute],
    }
    report = {"requestId": 5, "generatedAt": iso(), "seqNo": 0, "reportData": [row]}
    await station.call("NotifyReport", report)

    async def kept() -> list[str]:
        rows = await bench.hub.rows(tables.ocpp_message, station.station_id)
        return [json.dumps(one["payload"]) for one in rows if one["action"] == "NotifyReport"]

    assert not any("hunter2" in payload for payload in await until(kept))


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


async def test_a_user_that_is_not_the_identity_is_refused(hub: Hub) -> None:
    station_id, password = await hub.new_station()
    with pytest.raises(InvalidStatus) as error:
        await connect(
            f"{hub.url}/{station_id}",
            additional_headers=basic("sapuser", password),
        )
    assert error.value.response.status_code == 401


@pytest.mark.parametrize(
    ("path", "offered", "agreed"),
    [
        ("/ocpp/{}/", ["ocpp2.0.1"], "ocpp2.0.1"),
        ("/{}", ["ocpp2.1", "ocpp2.0.1"], "ocpp2.1"),
        ("/{}", ["OCPP2.0.1"], "OCPP2.0.1"),
    ],
)
async def test_odd_urls_and_offers_are_understood(
    hub: Hub, path: str, offered: list[str], agreed: str
) -> None:
    station_id, password = await hub.new_station()
    async with connect(
        hub.url + path.format(station_id),
        subprotocols=offered,  # type: ignore[arg-type]
        additional_headers=basic(station_id, password),
    ) as socket:
        assert socket.subprotocol == agreed


async def test_a_station_that_talks_on_without_a_subprotocol_is_closed(hub: Hub) -> None:
    station_id, password = await hub.new_station()
    async with connect(
        f"{hub.url}/{station_id}", additional_headers=basic(station_id, password)
    ) as socket:
        await socket.wait_closed()
        assert socket.close_code == 1002


async def test_a_start_that_1_6_sends_again_is_one_transaction(bench: Bench) -> None:
    station = await known(bench, "1.6")
    start = {"connectorId": 1, "idTag": "DEADBEEF", "meterStart": 5, "timestamp": iso(30)}
    first = await station.call("StartTransaction", start)
    second = await station.call("StartTransaction", start)
    assert first["transactionId"] == second["transactionId"]
    stop = {"transactionId": first["transactionId"], "meterStop": 25, "timestamp": iso()}
    await station.call("StopTransaction", stop)
    assert (await transaction(bench, station))["imported_wh"] == 20
