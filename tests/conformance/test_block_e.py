"""Block E: transactions begin and end as TxStartPoint and TxStopPoint say, and none is lost."""

import json
from contextlib import AsyncExitStack

import pytest

from csms.clock import wall_now
from csms.domain.commands import CommandStatus
from csms.store import tables
from tests.conformance.conftest import Bench, shared_loop_fixture, until
from tests.conformance.sessions import (
    SIGNED,
    Session,
    connector_status,
    evse_transaction,
    meter_value,
)
from tests.conformance.station import ScriptedStation, connected

pytestmark = pytest.mark.integration


@shared_loop_fixture()
async def session(bench: Bench) -> Session:
    """Nothing has happened yet at EVSE 1."""
    station_id, password = await bench.hub.new_station()
    line = connected(bench.hub.url, station_id, password)
    station = await bench.stack.enter_async_context(line)
    await station.boot()
    return Session(bench, station, password=password)


async def ended(session: Session, reason: str | None) -> None:
    """The transaction ended for `reason`, once, and its EVSE is free."""
    row = await session.kept()
    assert row["ended_at"] is not None
    assert row["stopped_reason"] == reason
    assert await evse_transaction(session.bench, session.station) is None


async def runs(session: Session, state: str | None) -> None:
    """The transaction goes on at EVSE 1 in `state`."""
    row = await session.kept()
    assert (row["ended_at"], row["charging_state"], row["evse_id"]) == (None, state, 1)
    assert await evse_transaction(session.bench, session.station) == session.transaction_id


# How a transaction begins (E01 S1–S6)


async def test_tc_e_01_csms_start_when_the_power_path_closes(session: Session) -> None:
    assert await session.authorize() == "Accepted"
    await session.occupied()
    answer = await session.tell("Started", "ChargingStateChanged", "SuspendedEVSE", token=True)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    await session.tell("Updated", "ChargingStateChanged", "Charging")
    await runs(session, "Charging")
    assert (await session.kept())["id_token"] == session.token


async def test_tc_e_02_csms_start_when_energy_flows(session: Session) -> None:
    assert await session.authorize() == "Accepted"
    await session.occupied()
    answer = await session.tell("Started", "ChargingStateChanged", "Charging", token=True)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    await runs(session, "Charging")


async def test_tc_e_03_csms_local_start_cable_first(session: Session) -> None:
    await session.plugged_in()
    await runs(session, "EVConnected")
    answer = await session.tell("Updated", "Authorized", token=True)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    await session.tell("Updated", "ChargingStateChanged", "Charging")
    await runs(session, "Charging")


async def test_tc_e_04_csms_local_start_authorization_first(session: Session) -> None:
    assert await session.authorize() == "Accepted"
    answer = await session.tell("Started", "Authorized", token=True, evse=False)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    assert (await session.kept())["evse_id"] is None
    await session.occupied()
    await session.tell("Updated", "CablePluggedIn", "EVConnected", evse=True)
    await session.tell("Updated", "ChargingStateChanged", "Charging")
    await runs(session, "Charging")


async def test_tc_e_38_csms_local_start_the_vehicle_is_not_ready(session: Session) -> None:
    await session.tell("Started", "Authorized", token=True, evse=False)
    await session.occupied()
    await session.tell("Updated", "CablePluggedIn", "EVConnected", evse=True)
    await session.tell("Updated", "ChargingStateChanged", "SuspendedEV")
    await runs(session, "SuspendedEV")


async def test_tc_e_09_csms_start_when_the_vehicle_is_connected(session: Session) -> None:
    assert await session.plugged_in() == {}
    await runs(session, "EVConnected")
    assert await connector_status(session.bench, session.station) == "Occupied"


async def test_tc_e_10_csms_start_when_authorized(session: Session) -> None:
    assert await session.authorize() == "Accepted"
    answer = await session.tell("Started", "Authorized", token=True, evse=False)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    row = await session.kept()
    assert (row["evse_id"], row["id_token"]) == (None, session.token)


async def test_tc_e_11_csms_start_when_signed_data_came(session: Session) -> None:
    assert await session.authorize() == "Accepted"
    await session.occupied()
    begin = meter_value(0.0, "Transaction.Begin", signedMeterValue=SIGNED)
    answer = await session.tell("Started", "SignedDataReceived", token=True, meterValue=[begin])
    assert answer["idTokenInfo"]["status"] == "Accepted"
    await session.tell("Updated", "ChargingStateChanged", "Charging")
    await runs(session, "Charging")
    told = json.loads((await session.ledger())[0]["payload"])
    assert told["meterValue"][0]["sampledValue"][0]["signedMeterValue"] == SIGNED


async def test_tc_e_12_csms_start_when_the_parking_bay_is_occupied(session: Session) -> None:
    assert await session.tell("Started", "EVDetected") == {}
    await runs(session, None)


# How it ends (E06 S1–S6)


async def test_tc_e_07_csms_stop_when_the_power_path_opens(session: Session) -> None:
    await session.charging()
    await session.tell("Ended", "StopAuthorized", "EVConnected", stopped="Local", token=True)
    await ended(session, "Local")


async def test_tc_e_08_csms_stop_when_energy_stops_after_stop_authorized(session: Session) -> None:
    await session.charging()
    await session.tell("Updated", "StopAuthorized", token=True)
    await runs(session, "Charging")
    await session.tell("Ended", "ChargingStateChanged", "EVConnected", stopped="Local")
    await ended(session, "Local")


async def test_tc_e_14_csms_stop_when_disconnected_at_the_station(session: Session) -> None:
    await session.charging()
    await session.tell("Updated", "StopAuthorized", token=True)
    await session.tell("Updated", "ChargingStateChanged", "EVConnected")
    await session.tell("Ended", "EVCommunicationLost", "Idle", stopped="EVDisconnected")
    await session.occupied("Available")
    await ended(session, "EVDisconnected")
    assert await connector_status(session.bench, session.station) == "Available"


async def test_tc_e_15_csms_stop_authorized_locally(session: Session) -> None:
    await session.charging(1000)
    await session.tell(
        "Ended",
        "StopAuthorized",
        stopped="Local",
        token=True,
        meterValue=[meter_value(1025, "Transaction.End", seconds=10)],
    )
    await ended(session, "Local")
    assert (await session.kept())["imported_wh"] == 25


async def test_tc_e_16_csms_deauthorized_for_an_invalid_token(session: Session) -> None:
    invalid = tables.id_token.insert().values(
        id_key=session.token.casefold(),
        id_token=session.token,
        type="ISO14443",
        status="Invalid",
        updated_at=wall_now(),
    )
    async with session.bench.hub.engine.begin() as conn:
        await conn.execute(invalid)
    answer = await session.tell("Started", "Authorized", token=True)
    assert answer["idTokenInfo"]["status"] == "Invalid"
    assert await session.tell("Ended", "Deauthorized", stopped="DeAuthorized") == {}
    await ended(session, "DeAuthorized")


async def test_tc_e_17_csms_deauthorized_when_the_vehicle_side_is_unplugged(
    session: Session,
) -> None:
    await session.charging()
    await session.tell("Updated", "ChargingStateChanged", "SuspendedEV")
    await session.tell("Ended", "EVCommunicationLost", "Idle", stopped="EVDisconnected")
    await ended(session, "EVDisconnected")


async def test_tc_e_19_csms_stop_when_the_parking_bay_is_empty(session: Session) -> None:
    await session.charging()
    await session.tell("Updated", "EVCommunicationLost", "Idle")
    await session.occupied("Available")
    await runs(session, "Idle")
    await session.tell("Ended", "EVDeparted", stopped="Local")
    await ended(session, "Local")


async def test_tc_e_20_csms_stop_when_disconnected_at_the_vehicle(session: Session) -> None:
    await session.charging()
    await session.tell("Updated", "ChargingStateChanged", "SuspendedEV")
    await session.tell("Ended", "EVCommunicationLost", "Idle", stopped="EVDisconnected")
    await session.occupied("Available")
    await ended(session, "EVDisconnected")
    assert await connector_status(session.bench, session.station) == "Available"


async def test_tc_e_21_csms_stop_authorized_remotely(session: Session) -> None:
    await session.charging()
    payload = {"transactionId": session.transaction_id}
    asked = await session.bench.command(session.station, "RequestStopTransaction", payload)
    heard = await session.station.expect("RequestStopTransaction", {"status": "Accepted"})
    assert heard == payload
    assert (await session.bench.outcome(asked)).status is CommandStatus.CONFIRMED
    await session.tell("Ended", "RemoteStop", stopped="Remote")
    await ended(session, "Remote")


async def test_tc_e_22_csms_stop_when_the_vehicle_takes_no_more(session: Session) -> None:
    await session.charging()
    await session.tell("Ended", "ChargingStateChanged", "SuspendedEV", stopped="StoppedByEV")
    await ended(session, "StoppedByEV")


async def test_tc_e_26_csms_suspended_while_unplugged_at_the_vehicle(session: Session) -> None:
    await session.charging()
    await session.tell("Updated", "ChargingStateChanged", "SuspendedEV")
    await session.tell("Updated", "EVCommunicationLost", "Idle")
    await session.occupied("Available")
    await runs(session, "Idle")
    await session.tell("Updated", "CablePluggedIn", "EVConnected")
    await session.tell("Updated", "ChargingStateChanged", "Charging")
    await runs(session, "Charging")


async def test_tc_e_39_csms_deauthorized_by_timeout(session: Session) -> None:
    assert await session.authorize() == "Accepted"
    await session.tell("Started", "Authorized", token=True)
    await session.tell("Ended", "EVConnectTimeout", stopped="Timeout")
    await ended(session, "Timeout")


# What became of it (E14)


async def reconnected(session: Session, stack: AsyncExitStack) -> ScriptedStation:
    """The same station on a new socket, with nothing answered yet."""
    await session.station.socket.close()
    line = connected(session.bench.hub.url, session.station.station_id, session.password)
    session.station = await stack.enter_async_context(line)
    return session.station


async def status_told(session: Session) -> dict[str, object]:
    """What the station said of the transaction, once it is stored."""

    async def stored() -> list[dict[str, object]]:
        return await session.bench.hub.rows(tables.transaction_status, session.station.station_id)

    (row,) = await until(stored)
    return {name: row[name] for name in ("transaction_id", "ongoing", "messages_in_queue")}


async def test_tc_e_29_csms_status_of_an_ongoing_one_with_messages_queued(
    session: Session,
) -> None:
    await session.charging()
    async with AsyncExitStack() as stack:
        station = await reconnected(session, stack)
        answer = {"ongoingIndicator": True, "messagesInQueue": True}
        asked = await station.expect("GetTransactionStatus", answer)
        assert asked == {"transactionId": session.transaction_id}
        late = [meter_value(1010, seconds=5)]
        await session.tell("Updated", "MeterValuePeriodic", offline=True, meterValue=late)
        assert await status_told(session) == asked_for(session, ongoing=True, queued=True)
        await runs(session, "Charging")
        assert (await session.ledger())[-1]["offline"] is True


def asked_for(session: Session, *, ongoing: bool, queued: bool) -> dict[str, object]:
    return {
        "transaction_id": session.transaction_id,
        "ongoing": ongoing,
        "messages_in_queue": queued,
    }


async def test_tc_e_30_csms_status_of_an_ongoing_one_without_messages_queued(
    session: Session,
) -> None:
    await session.charging()
    payload = {"transactionId": session.transaction_id}
    asked = await session.bench.command(session.station, "GetTransactionStatus", payload, 1)
    answer = {"ongoingIndicator": True, "messagesInQueue": False}
    assert await session.station.expect("GetTransactionStatus", answer) == payload
    outcome = await session.bench.outcome(asked)
    assert (outcome.status, outcome.response) == (CommandStatus.CONFIRMED, answer)
    assert await status_told(session) == asked_for(session, ongoing=True, queued=False)
    await runs(session, "Charging")


async def test_tc_e_31_csms_status_of_an_ended_one_with_messages_queued(session: Session) -> None:
    await session.charging()
    async with AsyncExitStack() as stack:
        station = await reconnected(session, stack)
        ended_already = {"ongoingIndicator": False, "messagesInQueue": True}
        station.answers["GetTransactionStatus"] = ended_already
        await station.heard_of("GetTransactionStatus")
        await session.occupied("Available")
        skipped = session.seq_no
        await session.tell("Ended", "EVCommunicationLost", "Idle", offline=True, seqNo=skipped + 2)
        asked = await station.heard_of("GetTransactionStatus", 2)
        assert asked == {"transactionId": session.transaction_id}
        assert "seq_no_gap" in (await session.kept())["flags"]
        await session.tell("Updated", "StopAuthorized", offline=True, seqNo=skipped, token=True)
        await session.tell(
            "Updated", "ChargingStateChanged", "EVConnected", offline=True, seqNo=skipped + 1
        )
        row = await session.kept()
        assert (row["flags"], row["ended_at"] is None) == ([], False)


async def status_of_all(session: Session, queued: bool) -> None:
    asked = await session.bench.command(session.station, "GetTransactionStatus", {})
    answer = {"messagesInQueue": queued}
    assert await session.station.expect("GetTransactionStatus", answer) == {}
    outcome = await session.bench.outcome(asked)
    assert (outcome.status, outcome.response) == (CommandStatus.CONFIRMED, answer)


async def test_tc_e_33_csms_status_without_a_transaction_with_messages_queued(
    session: Session,
) -> None:
    await session.charging()
    await status_of_all(session, queued=True)
    late = [meter_value(1010, seconds=5)]
    await session.tell("Updated", "MeterValuePeriodic", offline=True, meterValue=late)
    await runs(session, "Charging")


async def test_tc_e_34_csms_status_without_a_transaction_without_messages_queued(
    session: Session,
) -> None:
    await status_of_all(session, queued=False)
    assert await session.bench.hub.rows(tables.transaction, session.station.station_id) == []


async def test_one_that_the_station_will_never_end_is_ended_and_flagged(session: Session) -> None:
    await session.charging()
    async with AsyncExitStack() as stack:
        station = await reconnected(session, stack)
        unknown = {"ongoingIndicator": False, "messagesInQueue": False}
        await station.expect("GetTransactionStatus", unknown)
        assert await status_told(session) == asked_for(session, ongoing=False, queued=False)
        row = await session.kept()
        assert (row["ended_at"] is None, row["flags"]) == (False, ["never_ended"])
        assert await evse_transaction(session.bench, session.station) is None
        # … and should it tell of it after all, it is believed
        await session.tell("Updated", "ChargingStateChanged", "SuspendedEV")
        await runs(session, "SuspendedEV")


# Numbers and repetitions


async def test_tc_e_53_csms_numbers_begin_at_zero_in_each_transaction(session: Session) -> None:
    first = session
    for one in (first, second := Session(session.bench, session.station)):
        await one.charging()
        await one.tell("Ended", "EVCommunicationLost", "Idle", stopped="EVDisconnected")
        await one.occupied("Available")
    for one in (first, second):
        row = await one.kept()
        assert (row["ended_at"] is None, row["flags"]) == (False, [])
        assert [line["seq_no"] for line in await one.ledger()] == [0, 1, 2, 3]


async def test_e13_an_event_that_is_told_again_is_answered_alike_and_counted_once(
    session: Session,
) -> None:
    await session.charging(1000)
    told = {
        "eventType": "Updated",
        "timestamp": "2026-03-01T08:00:00Z",
        "triggerReason": "MeterValuePeriodic",
        "seqNo": session.seq_no,
        "transactionInfo": {"transactionId": session.transaction_id},
        "idToken": session.id_token,
    }
    answers = [await session.station.call("TransactionEvent", told) for _ in range(3)]
    answers.append(await session.station.call("TransactionEvent", told | {"offline": True}))
    assert all(answer == answers[0] for answer in answers)
    assert len(await session.ledger()) == session.count + 1
