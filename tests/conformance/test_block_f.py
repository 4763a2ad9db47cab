"""Block F: starting, stopping, unlocking and asking from afar."""

import pytest

from csms.domain.commands import CommandStatus
from csms.domain.ids import ChargingStationId, TransactionId
from csms.store import tables
from csms.store.remote_starts import started_by
from tests.conformance.conftest import Bench, shared_loop_fixture
from tests.conformance.sessions import Session, connector_status, meter_value, now_text
from tests.conformance.station import Payload

pytestmark = pytest.mark.integration


@shared_loop_fixture()
async def session(bench: Bench) -> Session:
    """Nothing has happened yet at EVSE 1."""
    return Session(bench, await bench.station())


async def remotely_started(session: Session, answer: Payload | None = None, **more: object) -> int:
    """An operator starts it for the driver's token; the number that the csms gave."""
    payload = {"idToken": session.id_token, **more}
    asked = await session.bench.command(session.station, "RequestStartTransaction", payload)
    told = {"status": "Accepted"} | (answer or {})
    heard = await session.station.expect("RequestStartTransaction", told)
    assert heard["idToken"] == session.id_token
    outcome = await session.bench.outcome(asked)
    assert outcome.status is CommandStatus.CONFIRMED
    number: int = heard["remoteStartId"]
    assert outcome.response is not None
    assert outcome.response["remoteStartId"] == number
    return number


async def answers_to_us(session: Session, number: int) -> None:
    """The transaction is known to have begun with our command."""
    row = await session.kept()
    assert (row["remote_start_id"], row["id_token"]) == (number, session.token)
    async with session.bench.hub.engine.connect() as conn:
        found = await started_by(
            conn,
            ChargingStationId(session.station.station_id),
            TransactionId(session.transaction_id),
        )
    assert found is not None
    assert found.command.payload["idToken"] == session.id_token


async def test_tc_f_01_csms_remote_start_cable_first(session: Session) -> None:
    await session.plugged_in()
    number = await remotely_started(session, {"transactionId": session.transaction_id}, evseId=1)
    answer = await session.tell("Updated", "RemoteStart", remote=number, token=True)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    await session.tell("Updated", "ChargingStateChanged", "Charging")
    await answers_to_us(session, number)
    assert (await session.kept())["charging_state"] == "Charging"


async def test_tc_f_02_csms_remote_start_first_with_authorization(session: Session) -> None:
    number = await remotely_started(session, evseId=1)
    assert await session.authorize() == "Accepted"
    answer = await session.tell("Started", "RemoteStart", remote=number, token=True)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    await session.occupied()
    await session.tell("Updated", "CablePluggedIn", "EVConnected", evse=True)
    await session.tell("Updated", "ChargingStateChanged", "Charging")
    await answers_to_us(session, number)


async def test_tc_f_03_csms_remote_start_first_without_authorization(session: Session) -> None:
    number = await remotely_started(session)  # and the station chooses the EVSE (F01.FR.20)
    answer = await session.tell("Started", "RemoteStart", remote=number, token=True)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    await session.occupied()
    await session.tell("Updated", "CablePluggedIn", "EVConnected", evse=True)
    await session.tell("Updated", "ChargingStateChanged", "Charging")
    await answers_to_us(session, number)


async def test_tc_f_04_csms_remote_start_first_and_no_cable_comes(session: Session) -> None:
    number = await remotely_started(session, evseId=1)
    await session.tell("Started", "RemoteStart", remote=number, token=True)
    await session.tell("Updated", "EVConnectTimeout")
    row = await session.kept()
    assert (row["ended_at"], row["remote_start_id"]) == (None, number)
    await session.tell("Ended", "EVConnectTimeout", stopped="Timeout")
    row = await session.kept()
    assert (row["ended_at"] is None, row["stopped_reason"]) == (False, "Timeout")


async def test_tc_f_06_csms_remote_unlock_without_a_transaction(session: Session) -> None:
    payload = {"evseId": 1, "connectorId": 1}
    asked = await session.bench.command(session.station, "UnlockConnector", payload)
    assert await session.station.expect("UnlockConnector", {"status": "Unlocked"}) == payload
    outcome = await session.bench.outcome(asked)
    assert (outcome.status, outcome.response) == (CommandStatus.CONFIRMED, {"status": "Unlocked"})


@pytest.mark.parametrize(
    "status", ["UnlockFailed", "OngoingAuthorizedTransaction", "UnknownConnector"]
)
async def test_f05_an_unlock_that_failed_is_refused_by_name(session: Session, status: str) -> None:
    payload = {"evseId": 1, "connectorId": 1}
    asked = await session.bench.command(session.station, "UnlockConnector", payload)
    await session.station.expect("UnlockConnector", {"status": status})
    outcome = await session.bench.outcome(asked)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, status)


async def triggered(session: Session, message: str, **evse: int) -> None:
    """The csms asks for the message, and the station agrees."""
    payload: Payload = {"requestedMessage": message} | ({"evse": evse} if evse else {})
    asked = await session.bench.command(session.station, "TriggerMessage", payload)
    assert await session.station.expect("TriggerMessage", {"status": "Accepted"}) == payload
    assert (await session.bench.outcome(asked)).status is CommandStatus.CONFIRMED


async def test_tc_f_11_csms_trigger_meter_values_of_one_evse(session: Session) -> None:
    await triggered(session, "MeterValues", id=1)
    await readings_of(session, (1,))


async def test_tc_f_12_csms_trigger_meter_values_of_all_evses(session: Session) -> None:
    await triggered(session, "MeterValues")
    await readings_of(session, (0, 1, 2))


async def readings_of(session: Session, evses: tuple[int, ...]) -> None:
    for evse_id in evses:
        value = meter_value(500 + evse_id, "Trigger")
        told = {"evseId": evse_id, "meterValue": [value]}
        assert await session.station.call("MeterValues", told) == {}
    rows = await session.bench.hub.rows(tables.meter_reading, session.station.station_id)
    kept = sorted((row["evse_id"], row["import_wh"], row["context"]) for row in rows)
    assert kept == [(evse_id, 500.0 + evse_id, "Trigger") for evse_id in evses]


async def test_tc_f_13_csms_trigger_transaction_event_of_one_evse(session: Session) -> None:
    await session.charging(1000)
    await triggered(session, "TransactionEvent", id=1)
    value = meter_value(1011, "Trigger", seconds=5)
    await session.tell("Updated", "Trigger", "Charging", evse=True, meterValue=[value])
    row = await session.kept()
    assert (row["imported_wh"], row["charging_state"]) == (11, "Charging")


async def test_tc_f_14_csms_trigger_transaction_event_of_all_evses(session: Session) -> None:
    other = Session(session.bench, session.station, evse_id=2)
    for one in (session, other):
        await one.charging(1000)
    await triggered(session, "TransactionEvent")
    for wh, one in ((1005, session), (1009, other)):
        value = meter_value(wh, "Trigger", seconds=5)
        await one.tell("Updated", "Trigger", "Charging", meterValue=[value])
    assert [(await one.kept())["imported_wh"] for one in (session, other)] == [5, 9]


async def test_tc_f_15_csms_trigger_log_status(session: Session) -> None:
    await triggered(session, "LogStatusNotification")
    await idle(session, "LogStatusNotification")


async def test_tc_f_18_csms_trigger_firmware_status(session: Session) -> None:
    await triggered(session, "FirmwareStatusNotification")
    await idle(session, "FirmwareStatusNotification")


async def idle(session: Session, action: str) -> None:
    assert await session.station.call(action, {"status": "Idle"}) == {}
    rows = await session.bench.hub.rows(tables.station_notice, session.station.station_id)
    assert [row["payload"] for row in rows if row["kind"] == action] == [{"status": "Idle"}]


async def test_tc_f_20_csms_trigger_heartbeat(session: Session) -> None:
    await triggered(session, "Heartbeat")
    assert set(await session.station.call("Heartbeat", {})) == {"currentTime"}


async def test_tc_f_23_csms_trigger_status_of_a_free_connector(session: Session) -> None:
    await triggered(session, "StatusNotification", id=1, connectorId=1)
    await session.occupied("Available")
    assert await connector_status(session.bench, session.station) == "Available"


async def test_tc_f_24_csms_trigger_status_of_an_occupied_connector(session: Session) -> None:
    await session.occupied("Occupied")
    before = await session.bench.hub.row(tables.connector, session.station.station_id)
    await triggered(session, "StatusNotification", id=1, connectorId=1)
    at = now_text(1)
    told = {"timestamp": at, "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1}
    await session.station.call("StatusNotification", told)
    row = await session.bench.hub.row(tables.connector, session.station.station_id)
    assert row["status"] == "Occupied"
    assert row["status_at"] > before["status_at"]


async def test_tc_f_27_csms_trigger_of_what_the_station_does_not_know(session: Session) -> None:
    payload = {"requestedMessage": "SignChargingStationCertificate"}
    asked = await session.bench.command(session.station, "TriggerMessage", payload)
    assert await session.station.expect("TriggerMessage", {"status": "NotImplemented"}) == payload
    outcome = await session.bench.outcome(asked)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "NotImplemented")
