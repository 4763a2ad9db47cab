"""Variables of 2.0.1 over the configuration keys of 1.6."""

from datetime import timedelta
from typing import Any

import pytest

from csms.domain.commands import CommandPriority
from csms.outbound.v16.configuration import KEYS, VARIABLES, configuration
from csms.outbound.v16.voice import Voice
from tests.csms.outbound.v16.conftest import NOW, Bench16


def variable(component: str, name: str, **more: Any) -> dict[str, Any]:
    return {"component": {"name": component}, "variable": {"name": name}} | more


INTERVAL = variable("SampledDataCtrlr", "TxUpdatedInterval")
OWN = variable("Configuration", "VendorThing")
NOWHERE = variable("ChargingStation", "Nowhere")


async def test_values_are_asked_for_in_one_call(bench16: Bench16) -> None:
    bench16.answers(
        GetConfiguration={
            "configurationKey": [
                {"key": "metervaluesampleinterval", "readonly": False, "value": "60"},
                {"key": "VendorThing", "readonly": True},
            ],
            "unknownKey": [],
        }
    )
    asked = [INTERVAL, OWN, NOWHERE, variable("OCPPCommCtrlr", "HeartbeatInterval")]
    told = await bench16.say("GetVariables", {"getVariableData": asked})
    assert bench16.heard == [
        (
            "GetConfiguration",
            {"key": ["MeterValueSampleInterval", "VendorThing", "HeartbeatInterval"]},
        )
    ]
    results = told["getVariableResult"]
    assert [one["attributeStatus"] for one in results] == [
        "Accepted",
        "Accepted",
        "UnknownVariable",
        "UnknownVariable",
    ]
    assert [one.get("attributeValue") for one in results] == ["60", "", None, None]


async def test_nothing_to_ask_for_is_not_everything(bench16: Bench16) -> None:
    told = await bench16.say("GetVariables", {"getVariableData": [NOWHERE]})
    assert told["getVariableResult"][0]["attributeStatus"] == "UnknownVariable"
    assert bench16.heard == []


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("Accepted", "Accepted"),
        ("RebootRequired", "RebootRequired"),
        ("NotSupported", "UnknownVariable"),
        ("Rejected", "Rejected"),
    ],
)
async def test_values_are_set_one_by_one(bench16: Bench16, said: str, status: str) -> None:
    bench16.answers(ChangeConfiguration={"status": said})
    data = [INTERVAL | {"attributeValue": "30"}, OWN | {"attributeValue": ""}]
    told = await bench16.say("SetVariables", {"setVariableData": data})
    assert bench16.heard == [
        ("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "30"}),
        ("ChangeConfiguration", {"key": "VendorThing", "value": ""}),
    ]
    assert [one["attributeStatus"] for one in told["setVariableResult"]] == [status] * 2


@pytest.mark.parametrize(
    ("one", "status"),
    [
        (NOWHERE, "UnknownVariable"),
        (INTERVAL | {"attributeType": "Target"}, "NotSupportedAttributeType"),
        (
            INTERVAL | {"component": {"name": "SampledDataCtrlr", "evse": {"id": 1}}},
            "UnknownVariable",
        ),
    ],
)
async def test_what_has_no_key_is_not_sent(
    bench16: Bench16, one: dict[str, Any], status: str
) -> None:
    data = [one | {"attributeValue": "1"}]
    told = await bench16.say("SetVariables", {"setVariableData": data})
    assert told["setVariableResult"][0]["attributeStatus"] == status
    assert bench16.heard == []


async def test_the_configuration_as_rows_without_secrets(bench16: Bench16) -> None:
    bench16.answers(
        GetConfiguration={
            "configurationKey": [
                {
                    "key": "ChargingScheduleAllowedChargingRateUnit",
                    "readonly": True,
                    "value": "Current, Power",
                },
                {"key": "AuthorizationKey", "readonly": False, "value": "hunter2"},
                {"key": "VendorThing", "readonly": False, "value": "x"},
            ]
        }
    )
    voice = Voice(bench16.station, CommandPriority.OPERATOR, NOW + timedelta(minutes=1), NOW)
    rows = await configuration(voice)
    told = [(row.component, row.variable, row.value, row.mutability) for row in rows]
    assert told == [
        ("SmartChargingCtrlr", "RateUnit", "A,W", "ReadOnly"),
        ("SecurityCtrlr", "BasicAuthPassword", None, "ReadWrite"),
        ("Configuration", "VendorThing", "x", "ReadWrite"),
    ]


def test_no_key_stands_for_two_variables() -> None:
    assert len(VARIABLES) == len(KEYS)


async def test_a_phase_rotation_tells_of_three_phases(bench16: Bench16) -> None:
    rotation = {"key": "connectorPhaseRotation", "readonly": True, "value": "1.RST, 2.Unknown"}
    bench16.answers(GetConfiguration={"configurationKey": [rotation]})
    voice = Voice(bench16.station, CommandPriority.DISPATCH, NOW + timedelta(minutes=1), NOW)
    raw, supply = await configuration(voice)
    assert (raw.component, raw.variable) == ("Configuration", "connectorPhaseRotation")
    assert (supply.component, supply.evse_id, supply.variable, supply.value) == (
        "EVSE",
        1,
        "SupplyPhases",
        "3",
    )
