"""All 91 actions of OCPP 2.1: typed like the official schema, read, and answered as it says."""

import json
from importlib.resources import files
from random import Random
from typing import Any

import pytest
from jsonschema import Draft7Validator

from csms.domain import messages as m
from csms.domain import messages_v21 as m21
from csms.domain.station import OcppVersion
from csms.domain.transaction import TransactionEvent
from csms.ocppj import codec21, codec201
from csms.ocppj import types_v21 as wire
from csms.ocppj.peer import CallError
from tests.csms.ocppj.test_types_v201 import example, is_about_time, mutate, verdict

SCHEMAS = files("ocpp") / "v21" / "schemas"
MESSAGES = {f"{action}Request": kind for action, kind in wire.REQUESTS.items()}
MESSAGES |= {f"{action}Response": kind for action, kind in wire.RESPONSES.items()}
MESSAGES["NotifyPeriodicEventStream"] = wire.NotifyPeriodicEventStream
AT = "2026-03-01T08:00:00Z"
EVENT = {
    "eventType": "Updated",
    "timestamp": AT,
    "triggerReason": "OperationModeChanged",
    "seqNo": 3,
    "transactionInfo": {"transactionId": "tx1", "operationMode": "CentralSetpoint"},
    "evse": {"id": 1, "connectorId": 2},
}


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8-sig"))
    return loaded


def decode(action: str, payload: dict[str, Any]) -> Any:
    return codec21.decode(action, json.dumps(payload).encode())


def test_all_91_actions_are_there() -> None:
    assert len(codec21.REQUESTS) == 91
    assert len(wire.RESPONSES) == 90
    assert set(codec201.ACTIONS) <= set(codec21.ACTIONS)


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_types_agree_with_the_official_schema(name: str) -> None:
    random, official, kind = Random(name), schema(name), MESSAGES[name]
    oracle = Draft7Validator(official)
    definitions = official.get("definitions", {})
    for fill in (0.0, 0.5):
        payload = example(official, definitions, random, fill)
        oracle.validate(payload)
        assert verdict(kind, payload) is None
        for _ in range(6):
            mutant = mutate(payload, random)
            why = verdict(kind, mutant)
            if not is_about_time(why):
                assert (why is None) == oracle.is_valid(mutant), (why, mutant)


@pytest.mark.parametrize("action", sorted(codec21.REQUESTS.keys() - codec21.ACTIONS))
def test_a_known_action_that_stations_may_not_call_is_not_supported(action: str) -> None:
    told = decode(action, {})
    assert isinstance(told, CallError)
    assert told.code == "NotSupported"


@pytest.mark.parametrize("action", sorted(codec21.ACTIONS))
def test_every_action_of_stations_is_read_from_its_schema(action: str) -> None:
    name = f"{action}Request" if f"{action}Request" in MESSAGES else action
    official = schema(name)
    for fill in (0.0, 0.5, 0.9):
        payload = example(official, official.get("definitions", {}), Random(action), fill)
        assert not isinstance(decode(action, payload), CallError)


def test_an_action_of_no_version_is_not_implemented() -> None:
    told = decode("MakeCoffee", {})
    assert isinstance(told, CallError)
    assert told.code == "NotImplemented"


def test_an_event_is_the_same_in_both_versions_but_for_the_version() -> None:
    plain = EVENT | {"transactionInfo": {"transactionId": "tx1"}, "triggerReason": "Trigger"}
    old = codec201.decode("TransactionEvent", json.dumps(plain).encode())
    new = decode("TransactionEvent", plain)
    assert isinstance(old, TransactionEvent)
    assert isinstance(new, TransactionEvent)
    assert (old.key, old.transaction_id) == (new.key, new.transaction_id)
    assert (old.ocpp_version, new.ocpp_version) == (OcppVersion.V201, OcppVersion.V21)


def test_the_ledger_reads_an_event_of_2_1_again() -> None:
    payload = json.dumps(EVENT).encode()
    assert codec21.transaction_event(payload) == decode("TransactionEvent", EVENT)


def test_charging_needs_of_iso_15118_20_are_magnitudes_of_all_phases() -> None:
    needs = {
        "requestedEnergyTransfer": "AC_BPT",
        "departureTime": AT,
        "v2xChargingParameters": {
            "maxChargePower": 3_700,
            "maxChargePower_L2": 3_700,
            "maxChargePower_L3": 3_700,
            "maxDischargePower": 5_000,
            "evTargetEnergyRequest": 20_000,
            "targetSoC": 70,
        },
    }
    told = decode("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs})
    assert isinstance(told, m.NotifyEVChargingNeeds)
    assert (told.max_charge_w, told.max_discharge_w) == (11_100, 5_000)
    assert (told.energy_wh, told.target_soc_pct) == (20_000, 70)
    assert told.requested_energy_transfer == "AC_BPT"
    assert told.payload == needs


@pytest.mark.parametrize(
    ("action", "answer"),
    [
        ("OpenPeriodicEventStream", m.Acknowledged()),
        ("ClosePeriodicEventStream", m.Acknowledged()),
        ("BatterySwap", m.Acknowledged()),
        ("PullDynamicScheduleUpdate", m21.PullDynamicScheduleUpdateAnswer()),
        ("PullDynamicScheduleUpdate", m21.PullDynamicScheduleUpdateAnswer(setpoint_w=-5.0)),
        ("NotifySettlement", m21.NotifySettlementAnswer(receipt_url="https://r.example/1")),
        (
            "VatNumberValidation",
            m21.VatNumberValidationAnswer(
                request=m21.VatNumberValidation(vat_number="GB1"), company=None
            ),
        ),
        ("NotifyEVChargingNeeds", m.NotifyEVChargingNeedsAnswer(m.NeedsStatus.REJECTED)),
    ],
)
def test_answers_are_valid(action: str, answer: object) -> None:
    told = json.loads(codec21.encode_answer(action, answer))
    Draft7Validator(schema(f"{action}Response")).validate(told)


def test_a_request_of_another_version_is_refused_by_name() -> None:
    told = codec201.request_from("SetDERControl", {})
    assert isinstance(told, CallError)
    assert told.code == "NotSupported"
    assert isinstance(codec21.request_from("NotifyPeriodicEventStream", {}), CallError)


def test_a_bad_answer_of_a_station_is_named() -> None:
    told = codec21.decode_response("UsePriorityCharging", b'{"status":"Perhaps"}')
    assert isinstance(told, CallError)
    assert told.code == "PropertyConstraintViolation"


def test_j01_a_signed_value_need_not_name_method_and_key() -> None:
    signed = {"signedMeterData": "AA==", "encodingMethod": "OCMF"}
    values = [{"timestamp": AT, "sampledValue": [{"value": 1, "signedMeterValue": signed}]}]
    told = decode("MeterValues", {"evseId": 1, "meterValue": values})
    (one,) = told.signed
    assert (one.signing_method, one.public_key) == ("", "")
    assert (one.signed_meter_data, one.encoding_method) == ("AA==", "OCMF")
