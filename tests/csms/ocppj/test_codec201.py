"""Wire → domain and back, and the error code of every kind of bad payload."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from csms.domain import messages as m
from csms.domain.authorization import AuthorizationStatus, IdTokenInfo
from csms.domain.transaction import TransactionEvent, TransactionEventType
from csms.ocppj import codec201
from csms.ocppj import types_v201 as wire
from csms.ocppj.peer import CallError, ErrorCode
from csms.ocppj.reading import ZONE_MISSING

T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
AT = "2026-03-01T08:00:00Z"
STATUS = {"timestamp": AT, "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1}
EVENT: dict[str, Any] = {
    "eventType": "Updated",
    "timestamp": AT,
    "triggerReason": "MeterValuePeriodic",
    "seqNo": 3,
    "transactionInfo": {"transactionId": "tx1", "chargingState": "Charging"},
    "evse": {"id": 1, "connectorId": 2},
    "idToken": {"idToken": "ABC", "type": "ISO14443"},
    "meterValue": [
        {
            "timestamp": AT,
            "sampledValue": [
                {"value": 12.5, "unitOfMeasure": {"unit": "kWh"}},
                {"value": 3000, "measurand": "Power.Active.Export"},
            ],
        }
    ],
}


def decode(action: str, payload: dict[str, Any]) -> Any:
    return codec201.decode(action, json.dumps(payload).encode())


def event(**changes: Any) -> TransactionEvent:
    told = decode("TransactionEvent", EVENT | changes)
    assert isinstance(told, TransactionEvent)
    return told


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("MakeCoffee", {}, ErrorCode.NOT_IMPLEMENTED),
        ("", {}, ErrorCode.NOT_IMPLEMENTED),
        ("SetChargingProfile", {}, ErrorCode.NOT_SUPPORTED),
        ("ReserveNow", {}, ErrorCode.NOT_SUPPORTED),
        ("StatusNotification", {}, ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION),
        ("StatusNotification", STATUS | {"x": 1}, ErrorCode.FORMAT_VIOLATION),
        ("StatusNotification", STATUS | {"evseId": "1"}, ErrorCode.TYPE_CONSTRAINT_VIOLATION),
        ("StatusNotification", STATUS | {"evseId": None}, ErrorCode.TYPE_CONSTRAINT_VIOLATION),
        (
            "StatusNotification",
            STATUS | {"connectorStatus": "Busy"},
            ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
        ),
        (
            "StatusNotification",
            STATUS | {"timestamp": "yesterday"},
            ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
        ),
        (
            "StatusNotification",
            STATUS | {"evseId": 10**30},
            ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
        ),
        ("DataTransfer", {"vendorId": "x" * 256}, ErrorCode.PROPERTY_CONSTRAINT_VIOLATION),
        (
            "MeterValues",
            {"evseId": 1, "meterValue": []},
            ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
        ),
        (
            "NotifyEVChargingNeeds",
            {
                "evseId": 1,
                "chargingNeeds": {
                    "requestedEnergyTransfer": "DC",
                    "dcChargingParameters": {
                        "evMaxCurrent": 1,
                        "evMaxVoltage": 1,
                        "stateOfCharge": 101,
                    },
                },
            },
            ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
        ),
    ],
)
def test_each_fault_has_its_code(action: str, payload: dict[str, Any], code: ErrorCode) -> None:
    told = decode(action, payload)
    assert isinstance(told, CallError)
    assert told.code == code


def test_not_json_is_a_format_violation() -> None:
    told = codec201.decode("Heartbeat", b"{")
    assert told == CallError(ErrorCode.FORMAT_VIOLATION, "not JSON")


@pytest.mark.parametrize(
    "payload", [STATUS | {"secret-42": 1}, STATUS | {"connectorStatus": "secret-42"}]
)
def test_a_fault_names_the_place_and_never_the_content(payload: dict[str, Any]) -> None:
    told = decode("StatusNotification", payload)
    assert "secret" not in told.description
    assert len(told.description) < 200


def test_a_fault_names_the_field_that_is_missing() -> None:
    told = decode("StatusNotification", {"timestamp": AT})
    assert "`connectorStatus`" in told.description


def test_a_transaction_event_in_domain_words() -> None:
    told = event()
    assert told.event_type is TransactionEventType.UPDATED
    assert (told.seq_no, told.at, told.transaction_id) == (3, T0, "tx1")
    assert (told.evse_id, told.connector_id, told.id_token) == (1, 2, "ABC")
    assert (told.charging_state, told.offline) == ("Charging", False)
    (reading,) = told.readings
    assert (reading.import_wh, reading.power_w) == (12_500, -3000)
    assert told.flags == ()


def test_the_hash_is_of_what_is_said_and_not_how() -> None:
    backwards = json.dumps(dict(reversed(EVENT.items())), indent=2).encode()
    again = codec201.decode("TransactionEvent", backwards)
    assert isinstance(again, TransactionEvent)
    assert again.key == event().key


def test_a_retry_that_calls_itself_offline_is_the_same_event() -> None:
    assert event(offline=True).key == event(offline=False).key == event().key
    assert event(offline=True).offline


@pytest.mark.parametrize(
    "change",
    [
        {"seqNo": 4},
        {"timestamp": "2026-03-01T08:00:01Z"},
        {"eventType": "Ended"},
        {"numberOfPhasesUsed": 1},
        {"customData": {"vendorId": "v", "x": 1}},
    ],
)
def test_other_content_is_another_event(change: dict[str, Any]) -> None:
    assert event(**change).key != event().key


def test_vendor_data_counts_as_content() -> None:
    one = event(customData={"vendorId": "v", "x": 1})
    two = event(customData={"vendorId": "v", "x": 2})
    assert one.key != two.key


def test_odd_but_legal_input_is_mended_and_flagged() -> None:
    odd = event(
        evse={"id": 1, "connectorId": 0},
        seqNo=-2,
        idToken={"idToken": "", "type": "NoAuthorization"},
    )
    assert (odd.connector_id, odd.id_token) == (None, None)
    assert odd.flags == ("connector_id_zero", "seq_no_negative")


def test_a_time_without_zone_is_utc_and_flagged() -> None:
    odd = event(timestamp="2026-03-01T08:00:00.000")
    assert odd.at == T0
    assert odd.flags == (ZONE_MISSING,)
    assert b"08:00:00.000" in odd.payload
    assert codec201.transaction_event(odd.payload) == odd


@pytest.mark.parametrize(
    ("told", "year"),
    [("0001-01-01T00:00:00+14:00", 1970), ("9999-12-31T23:59:59-14:00", 2199), (AT, 2026)],
)
def test_times_beyond_any_store_are_cut_off(told: str, year: int) -> None:
    assert event(timestamp=told).at.year == year


def test_times_are_told_in_utc() -> None:
    assert event(timestamp="2026-03-01T09:00:00+01:00").at.isoformat() == T0.isoformat()


def test_a_stored_payload_gives_the_same_event_again() -> None:
    told = event()
    assert codec201.transaction_event(told.payload) == told


def test_boot_in_domain_words() -> None:
    told = decode(
        "BootNotification",
        {
            "reason": "PowerUp",
            "chargingStation": {"model": "M ", "vendorName": "V", "serialNumber": ""},
        },
    )
    assert told == m.BootNotification(vendor="V", model="M", reason="PowerUp")


def test_needs_of_an_ac_vehicle() -> None:
    told = decode(
        "NotifyEVChargingNeeds",
        {
            "evseId": 1,
            "chargingNeeds": {
                "requestedEnergyTransfer": "AC_three_phase",
                "departureTime": AT,
                "acChargingParameters": {
                    "energyAmount": 20_000,
                    "evMinCurrent": 6,
                    "evMaxCurrent": 16,
                    "evMaxVoltage": 230,
                },
            },
        },
    )
    assert (told.departure_at, told.energy_wh, told.max_charge_w) == (T0, 20_000, 11_040)
    assert told.payload["requestedEnergyTransfer"] == "AC_three_phase"


def test_needs_of_a_dc_vehicle() -> None:
    dc = {"evMaxCurrent": 125, "evMaxVoltage": 400, "stateOfCharge": 40, "evEnergyCapacity": 62_000}
    needs = {"requestedEnergyTransfer": "DC", "dcChargingParameters": dc}
    told = decode("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs})
    assert (told.soc_pct, told.capacity_wh, told.max_charge_w) == (40, 62_000, 50_000)
    assert told.energy_wh is None


def test_a_report_becomes_rows() -> None:
    told = decode(
        "NotifyReport",
        {
            "requestId": 1,
            "generatedAt": AT,
            "seqNo": 0,
            "tbc": True,
            "reportData": [
                {
                    "component": {"name": "Connector", "evse": {"id": 2, "connectorId": 1}},
                    "variable": {"name": "Available"},
                    "variableAttribute": [
                        {"value": "true"},
                        {"type": "MaxSet", "mutability": "ReadOnly"},
                    ],
                }
            ],
        },
    )
    assert told.more_follows
    assert [(r.component, r.evse_id, r.attribute, r.value) for r in told.rows] == [
        ("Connector", 2, "Actual", "true"),
        ("Connector", 2, "MaxSet", None),
    ]


@pytest.mark.parametrize(
    ("action", "answer", "expected"),
    [
        ("Heartbeat", m.HeartbeatAnswer(T0), {"currentTime": AT}),
        ("StatusNotification", m.Acknowledged(), {}),
        (
            "NotifyEVChargingSchedule",
            m.NotifyEVChargingScheduleAnswer(accepted=False),
            {"status": "Rejected"},
        ),
        ("TransactionEvent", m.TransactionEventAnswer(), {}),
        (
            "TransactionEvent",
            m.TransactionEventAnswer(IdTokenInfo(status=AuthorizationStatus.BLOCKED)),
            {"idTokenInfo": {"status": "Blocked"}},
        ),
        (
            "Authorize",
            m.AuthorizeAnswer(IdTokenInfo(status=AuthorizationStatus.ACCEPTED)),
            {"idTokenInfo": {"status": "Accepted"}},
        ),
        (
            "BootNotification",
            m.BootNotificationAnswer(
                now=T0.replace(microsecond=5), interval_s=30, status=m.RegistrationStatus.PENDING
            ),
            {"currentTime": AT, "interval": 30, "status": "Pending"},
        ),
        (
            "NotifyEVChargingNeeds",
            m.NotifyEVChargingNeedsAnswer(m.NeedsStatus.PROCESSING),
            {"status": "Processing"},
        ),
        ("DataTransfer", m.DataTransferAnswer("UnknownVendorId"), {"status": "UnknownVendorId"}),
    ],
)
def test_answers(action: str, answer: m.Answer, expected: dict[str, Any]) -> None:
    assert json.loads(codec201.encode_answer(action, answer)) == expected


def test_a_refusal_is_no_answer() -> None:
    with pytest.raises(TypeError):
        codec201.encode_answer("Heartbeat", m.Refused("SecurityError", ""))


def test_our_own_calls() -> None:
    request = codec201.request_from("Reset", {"type": "Immediate"})
    assert isinstance(request, wire.ResetRequest)
    assert codec201.encode_request(request) == b'{"type":"Immediate"}'
    assert isinstance(codec201.request_from("Reset", {"type": "Maybe"}), CallError)
    answered = codec201.decode_response("Reset", b'{"status":"Accepted"}')
    assert answered == wire.ResetResponse(status="Accepted")
    assert isinstance(codec201.decode_response("Reset", b'{"status":1}'), CallError)
