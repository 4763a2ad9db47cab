"""OCPP 1.6: wire payload ⇄ domain message; faults get codes, the ledger's text gives the event."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from csms.domain import messages as m
from csms.domain.authorization import AuthorizationStatus, IdTokenInfo, TokenRef
from csms.domain.ids import IdToken
from csms.domain.meter import ReadingContext
from csms.domain.station import OcppVersion
from csms.domain.transaction import NOT_COUNTED, TransactionEvent, TransactionEventType
from csms.ocppj import codec16
from csms.ocppj import types_v16 as wire
from csms.ocppj.faults import SPELLINGS
from csms.ocppj.peer import CallError, ErrorCode, Peer

AT = "2026-03-01T08:00:00Z"
T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
START = {"connectorId": 2, "idTag": "TAG", "meterStart": 1_000, "timestamp": AT}
STOP = {"transactionId": 7, "meterStop": 4_000, "timestamp": AT, "idTag": "TAG"}
VALUES = {
    "connectorId": 2,
    "transactionId": 7,
    "meterValue": [{"timestamp": AT, "sampledValue": [{"value": "1234.5"}]}],
}
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Charging", "timestamp": AT}


def decode(action: str, payload: dict[str, Any]) -> Any:
    return codec16.decode(action, json.dumps(payload).encode())


def started(**changes: Any) -> TransactionEvent:
    told = decode("StartTransaction", START | changes)
    assert isinstance(told, m.StartTransaction)
    return told.event


def stopped(**changes: Any) -> TransactionEvent:
    told = decode("StopTransaction", STOP | changes)
    assert isinstance(told, TransactionEvent)
    return told


def sampled(*values: dict[str, Any], **changes: Any) -> Any:
    value = {"timestamp": AT, "sampledValue": list(values)}
    return decode("MeterValues", VALUES | {"meterValue": [value]} | changes)


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("MakeCoffee", {}, ErrorCode.NOT_IMPLEMENTED),
        ("TransactionEvent", {}, ErrorCode.NOT_IMPLEMENTED),
        ("RemoteStartTransaction", {}, ErrorCode.NOT_SUPPORTED),
        ("StartTransaction", {}, ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION),
        ("StartTransaction", START | {"x": 1}, ErrorCode.FORMAT_VIOLATION),
        ("StartTransaction", START | {"meterStart": []}, ErrorCode.TYPE_CONSTRAINT_VIOLATION),
        ("Authorize", {"idTag": "x" * 21}, ErrorCode.PROPERTY_CONSTRAINT_VIOLATION),
        ("StatusNotification", STATUS | {"status": "?"}, ErrorCode.PROPERTY_CONSTRAINT_VIOLATION),
        ("MeterValues", VALUES | {"meterValue": []}, ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION),
    ],
)
def test_each_fault_has_its_code(action: str, payload: dict[str, Any], code: ErrorCode) -> None:
    told = decode(action, payload)
    assert isinstance(told, CallError)
    assert told.code == code


@pytest.mark.parametrize(
    ("code", "spelled"),
    [
        (ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION, "OccurenceConstraintViolation"),
        (ErrorCode.FORMAT_VIOLATION, "FormationViolation"),
        (ErrorCode.RPC_FRAMEWORK_ERROR, "GenericError"),
        (ErrorCode.NOT_IMPLEMENTED, "NotImplemented"),
    ],
)
def test_codes_are_spelled_the_1_6_way_on_1_6_sockets(code: ErrorCode, spelled: str) -> None:
    peer = Peer(error_codes=SPELLINGS[OcppVersion.V16])
    peer.refuse("7", CallError(code))
    (frame,) = peer.frames_to_send()
    assert json.loads(frame)[:3] == [4, "7", spelled]


def test_a_start_is_the_started_event_without_an_id() -> None:
    event = started(reservationId=5)
    assert (event.event_type, event.seq_no) == (TransactionEventType.STARTED, NOT_COUNTED)
    assert (event.transaction_id, event.at, event.evse_id) == ("", T0, 2)
    assert (event.connector_id, event.id_token, event.reservation_id) == (1, "TAG", 5)
    (reading,) = event.readings
    assert (reading.context, reading.import_wh) == (ReadingContext.TRANSACTION_BEGIN, 1_000)


def test_a_stop_is_the_ended_event_with_the_samples_it_brings() -> None:
    data = [
        {
            "timestamp": "2026-03-01T07:59:00Z",
            "sampledValue": [
                {"value": "3.9", "unit": "kWh", "context": "Sample.Periodic"},
                {"value": "11", "unit": "kW", "measurand": "Power.Active.Import"},
            ],
        }
    ]
    event = stopped(transactionData=data, reason="EVDisconnected")
    assert (event.event_type, event.transaction_id) == (TransactionEventType.ENDED, "7")
    assert event.stopped_reason == "EVDisconnected"
    sample, end = event.readings
    assert (sample.import_wh, sample.power_w) == (3_900, 11_000)
    assert (end.context, end.import_wh, end.at) == (ReadingContext.TRANSACTION_END, 4_000, T0)


@pytest.mark.parametrize(
    ("told", "stopped_reason", "trigger_reason"),
    [
        ({}, "Local", "StopAuthorized"),
        ({"reason": "Remote"}, "Remote", "RemoteStop"),
        ({"reason": "HardReset"}, "ImmediateReset", "ResetCommand"),
        ({"reason": "UnlockCommand"}, "Remote", "UnlockCommand"),
        ({"reason": "DeAuthorized"}, "DeAuthorized", "Deauthorized"),
        ({"reason": "PowerLoss"}, "PowerLoss", "AbnormalCondition"),
    ],
)
def test_why_it_stopped_in_the_words_of_2(
    told: dict[str, Any], stopped_reason: str, trigger_reason: str
) -> None:
    event = stopped(**told)
    assert (event.stopped_reason, event.trigger_reason) == (stopped_reason, trigger_reason)


def test_values_that_name_a_transaction_are_its_updated_event() -> None:
    event = sampled(
        {"value": "12.5", "unit": "kWh"},
        {"value": "1.5", "unit": "kW", "measurand": "Power.Active.Export"},
        {"value": "48", "unit": "Percent", "measurand": "SoC", "location": "EV"},
    )
    assert isinstance(event, TransactionEvent)
    assert (event.event_type, event.transaction_id) == (TransactionEventType.UPDATED, "7")
    (reading,) = event.readings
    assert (reading.import_wh, reading.power_w, reading.soc_pct) == (12_500, -1_500, 48)


def test_phases_add_up_and_a_missing_unit_is_wh() -> None:
    event = sampled(*({"value": "10", "phase": phase} for phase in ("L1", "L2", "L3")))
    assert event.readings[0].import_wh == 30


@pytest.mark.parametrize("number", [{}, {"transactionId": 0}, {"transactionId": -1}])
def test_values_without_a_transaction_are_readings(number: dict[str, int]) -> None:
    payload = {key: one for key, one in VALUES.items() if key != "transactionId"} | number
    told = decode("MeterValues", payload)
    assert isinstance(told, m.MeterValues)
    assert (told.evse_id, told.readings[0].import_wh) == (2, 1234.5)


@pytest.mark.parametrize(
    ("contexts", "reason"),
    [
        (["Sample.Clock"], "MeterValueClock"),
        (["Trigger"], "Trigger"),
        (["Sample.Periodic", "Sample.Clock"], "MeterValuePeriodic"),
    ],
)
def test_why_values_came(contexts: list[str], reason: str) -> None:
    assert sampled(*({"value": "1", "context": one} for one in contexts)).trigger_reason == reason


@pytest.mark.parametrize("value", ["", "OCMF|{}", "NaN", "inf"])
def test_what_is_no_number_is_flagged_and_kept_in_the_ledger_only(value: str) -> None:
    event = sampled({"value": value}, {"value": "7", "measurand": "Voltage"})
    assert event.flags == ("value_unreadable",)
    assert event.readings[0].import_wh is None
    assert event.readings[0].voltage_v == 7


def test_a_signed_value_is_not_taken_for_a_register() -> None:
    event = sampled({"value": "12345", "format": "SignedData"}, {"value": "7"})
    assert event.readings[0].import_wh == 7


def test_a_stop_that_never_learned_its_id_is_a_transaction_of_its_own() -> None:
    one, other = stopped(transactionId=-1), stopped(transactionId=-1, meterStop=5_000)
    assert one.transaction_id.startswith("orphan-")
    assert one.transaction_id != other.transaction_id
    assert stopped(transactionId=-1).transaction_id == one.transaction_id
    assert one.flags == ("transaction_id_missing",)


@pytest.mark.parametrize(
    ("status", "in_2", "state"),
    [
        ("Available", "Available", None),
        ("Preparing", "Occupied", "EVConnected"),
        ("Charging", "Occupied", "Charging"),
        ("SuspendedEV", "Occupied", "SuspendedEV"),
        ("SuspendedEVSE", "Occupied", "SuspendedEVSE"),
        ("Finishing", "Occupied", "EVConnected"),
        ("Reserved", "Reserved", None),
        ("Unavailable", "Unavailable", None),
        ("Faulted", "Faulted", None),
    ],
)
def test_a_status_in_the_words_of_2(status: str, in_2: str, state: str | None) -> None:
    told = decode("StatusNotification", STATUS | {"status": status})
    assert (told.status, told.evse_id, told.connector_id) == (in_2, 1, 1)
    assert (told.event.charging_state if told.event else None) == state


def test_connector_0_is_the_station_and_a_status_may_lack_its_time() -> None:
    payload = {"connectorId": 0, "errorCode": "NoError", "status": "Available"}
    told = decode("StatusNotification", payload)
    assert (told.evse_id, told.connector_id, told.at, told.fault) == (0, 0, None, None)


def test_what_is_wrong_with_a_connector_is_kept() -> None:
    told = decode(
        "StatusNotification", STATUS | {"status": "Faulted", "errorCode": "GroundFailure"}
    )
    assert told.fault["errorCode"] == "GroundFailure"


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("StartTransaction", START),
        ("StopTransaction", STOP),
        ("MeterValues", VALUES),
        ("StopTransaction", STOP | {"timestamp": "2026-03-01T08:00:00", "meterStop": "4000"}),
    ],
)
def test_the_ledgers_text_gives_the_same_event(action: str, payload: dict[str, Any]) -> None:
    told = decode(action, payload)
    event = told.event if isinstance(told, m.StartTransaction) else told
    assert json.loads(event.payload) == payload
    assert codec16.transaction_event(event.payload) == event


def test_a_status_in_the_ledger_is_a_charging_state() -> None:
    told = decode("StatusNotification", STATUS)
    assert codec16.transaction_event(told.event.payload).charging_state == "Charging"


@pytest.mark.parametrize("payload", [b"{}", b'{"idTag":"x"}', b"[]"])
def test_what_is_no_event_is_none(payload: bytes) -> None:
    with pytest.raises(codec16.msgspec.MsgspecError):
        codec16.transaction_event(payload)


def test_the_hash_is_of_what_is_said_and_not_how() -> None:
    backwards = json.dumps(dict(reversed(START.items())), indent=2).encode()
    again = codec16.decode("StartTransaction", backwards)
    assert isinstance(again, m.StartTransaction)
    assert again.event.content_hash == started().content_hash
    assert started(meterStart=1_001).content_hash != started().content_hash


def info(status: AuthorizationStatus, **more: Any) -> IdTokenInfo:
    return IdTokenInfo(status=status, **more)


@pytest.mark.parametrize(
    ("status", "in_16"),
    [
        (AuthorizationStatus.ACCEPTED, "Accepted"),
        (AuthorizationStatus.UNKNOWN, "Invalid"),
        (AuthorizationStatus.NO_CREDIT, "Blocked"),
        (AuthorizationStatus.NOT_AT_THIS_TIME, "Blocked"),
        (AuthorizationStatus.CONCURRENT_TX, "ConcurrentTx"),
    ],
)
def test_a_token_in_five_words(status: AuthorizationStatus, in_16: str) -> None:
    answer = codec16.encode_answer("Authorize", m.AuthorizeAnswer(info(status)))
    assert json.loads(answer) == {"idTagInfo": {"status": in_16}}


def test_expiry_and_parent_of_a_token() -> None:
    told = info(AuthorizationStatus.ACCEPTED, cache_expires_at=T0, group=TokenRef(IdToken("FLEET")))
    answer = json.loads(codec16.encode_answer("Authorize", m.AuthorizeAnswer(told)))
    assert answer["idTagInfo"] == {"status": "Accepted", "expiryDate": AT, "parentIdTag": "FLEET"}


@pytest.mark.parametrize(
    ("action", "answer", "expected"),
    [
        ("Heartbeat", m.HeartbeatAnswer(T0), {"currentTime": AT}),
        ("MeterValues", m.TransactionEventAnswer(), {}),
        (
            "StartTransaction",
            m.StartTransactionAnswer(7, m.TransactionEventAnswer()),
            {"transactionId": 7, "idTagInfo": {"status": "Accepted"}},
        ),
        (
            "StopTransaction",
            m.TransactionEventAnswer(info(AuthorizationStatus.BLOCKED)),
            {"idTagInfo": {"status": "Blocked"}},
        ),
        (
            "BootNotification",
            m.BootNotificationAnswer(now=T0, interval_s=30, status=m.RegistrationStatus.PENDING),
            {"currentTime": AT, "interval": 30, "status": "Pending"},
        ),
    ],
)
def test_answers(action: str, answer: m.Answer, expected: dict[str, Any]) -> None:
    assert json.loads(codec16.encode_answer(action, answer)) == expected


def test_a_refusal_is_no_answer() -> None:
    with pytest.raises(TypeError):
        codec16.encode_answer("Heartbeat", m.Refused("SecurityError", ""))


def test_diagnostics_are_logs_and_signed_firmware_is_firmware() -> None:
    told = decode("DiagnosticsStatusNotification", {"status": "UploadFailed"})
    assert (told.kind, told.payload) == ("LogStatusNotification", {"status": "UploadFailure"})
    told = decode("SignedFirmwareStatusNotification", {"status": "Installing", "requestId": 3})
    assert (told.kind, told.payload["requestId"]) == ("FirmwareStatusNotification", 3)


def test_our_own_calls() -> None:
    request = codec16.request_from("Reset", {"type": "Hard"})
    assert isinstance(request, wire.ResetRequest)
    assert codec16.encode_request(request) == b'{"type":"Hard"}'
    assert isinstance(codec16.request_from("Reset", {"type": "OnIdle"}), CallError)
    answered = codec16.decode_response("Reset", b'{"status":"Accepted"}')
    assert answered == wire.ResetResponse(status="Accepted")
    assert isinstance(codec16.decode_response("Reset", b'{"status":1}'), CallError)
