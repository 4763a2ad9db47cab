"""Which commands may change what a station takes or gives."""

from typing import Any

import pytest

from csms.domain.commands import CommandKind
from csms.domain.power_commands import ends_charging, moves_power


def variables(component: str, variable: str) -> dict[str, Any]:
    told = {"component": {"name": component}, "variable": {"name": variable}}
    return {"setVariableData": [told | {"attributeValue": "1"}]}


@pytest.mark.parametrize(
    ("component", "variable", "moves"),
    [
        ("SmartChargingCtrlr", "LimitChangeSignificance", True),
        ("SmartChargingCtrlr", "Enabled", True),
        ("V2XChargingCtrlr", "Enabled", True),
        ("EVSE", "Power", True),
        ("OCPPCommCtrlr", "HeartbeatInterval", False),
        ("DisplayMessageCtrlr", "Language", False),
    ],
)
def test_variables_move_power_where_they_speak_of_it(
    component: str, variable: str, moves: bool
) -> None:
    assert moves_power(CommandKind.SET_VARIABLES, variables(component, variable)) is moves


def test_reading_moves_nothing() -> None:
    assert not moves_power(CommandKind.GET_COMPOSITE_SCHEDULE, {})
    assert moves_power(CommandKind.CLEAR_CHARGING_PROFILE, {})


def test_a_vendors_message_may_do_anything() -> None:
    assert moves_power(CommandKind.DATA_TRANSFER, {"vendorId": "com.example"})


def test_bringing_a_station_back_ends_nothing() -> None:
    kind = CommandKind.CHANGE_AVAILABILITY
    assert ends_charging(kind, {"operationalStatus": "Inoperative"})
    assert not ends_charging(kind, {"operationalStatus": "Operative"})
    assert not ends_charging(CommandKind.SET_CHARGING_PROFILE, {})
