"""What a schema refuses and a person would understand is understood, and flagged."""

import json
from typing import Any

import pytest

from csms.domain import messages as m
from csms.domain.transaction import TransactionEvent
from csms.ocppj import codec16
from csms.ocppj.mending16 import MENDED
from csms.ocppj.peer import CallError
from tests.csms.ocppj.test_codec16 import AT, START, STOP, VALUES


def decode(action: str, payload: dict[str, Any]) -> Any:
    return codec16.decode(action, json.dumps(payload).encode())


def values(*samples: Any) -> dict[str, Any]:
    return VALUES | {"meterValue": [{"timestamp": AT, "sampledValue": list(samples)}]}


@pytest.mark.parametrize(
    "change", [{"transactionId": "7"}, {"meterStop": 4_000.0}, {"reason": "Whatever"},
               {"transactionData": None}, {"idTag": None}],
)  # fmt: skip
def test_a_stop_is_understood(change: dict[str, Any]) -> None:
    event = decode("StopTransaction", STOP | change)
    assert isinstance(event, TransactionEvent)
    assert (event.transaction_id, event.readings[-1].import_wh) == ("7", 4_000)
    assert event.flags == (MENDED,)
    assert json.loads(event.payload) == STOP | change


def test_a_start_is_understood_and_a_repeat_is_the_same() -> None:
    one = decode("StartTransaction", START | {"meterStart": "1000", "connectorId": "2"})
    assert isinstance(one, m.StartTransaction)
    assert one.event.readings[0].import_wh == 1_000
    again = decode("StartTransaction", START)
    assert one.event.content_hash == again.event.content_hash


def test_a_number_that_is_no_text_and_empty_members() -> None:
    event = decode(
        "MeterValues", values({"value": 12.5, "unit": "kWh", "phase": "", "location": ""})
    )
    assert event.readings[0].import_wh == 12_500


@pytest.mark.parametrize("odd", [{"value": "1", "measurand": "Coffee"}, {"unit": "Wh"}, 5])
def test_one_bad_sample_does_not_spoil_the_rest(odd: Any) -> None:
    event = decode("MeterValues", values(odd, {"value": "7"}))
    assert (event.readings[0].import_wh, event.flags) == (7, (MENDED,))


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("StartTransaction", START | {"meterStart": "a lot"}),
        ("StartTransaction", START | {"timestamp": "yesterday"}),
        ("StartTransaction", START | {"meterStart": True}),
        ("StopTransaction", {"transactionId": 7}),
        ("MeterValues", values({"value": "1", "measurand": "Coffee"})),
        ("MeterValues", VALUES | {"meterValue": [5]}),
    ],
)
def test_what_nobody_could_understand_stays_refused(action: str, payload: dict[str, Any]) -> None:
    assert isinstance(decode(action, payload), CallError)
