"""Which commands may change what a station takes or gives."""

from dataclasses import replace
from typing import Any

import pytest

from csms.domain.commands import CommandKind
from csms.domain.power_commands import (
    Flow,
    aims_at,
    ends_charging,
    may_give,
    moves_power,
    reach_w,
)


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


CHARGES = Flow(
    runs=True, held_w=7_000.0, lowest_w=-10_000.0, highest_w=11_000.0, floor_w=1_400.0, leased=True
)
GIVES = replace(CHARGES, held_w=-10_000.0)
FREE = replace(CHARGES, runs=False, held_w=0.0, leased=False)


def limited(*limits: float, unit: str = "W", **told: Any) -> dict[str, Any]:
    periods = [{"startPeriod": 60 * n, "limit": limit} | told for n, limit in enumerate(limits)]
    schedule = {"chargingRateUnit": unit, "chargingSchedulePeriod": periods}
    return {"evseId": 1, "chargingProfile": {"chargingSchedule": [schedule]}}


def cleared(purpose: str) -> dict[str, Any]:
    return {"chargingProfileCriteria": {"chargingProfilePurpose": purpose}}


@pytest.mark.parametrize(
    ("kind", "payload", "flow", "reach"),
    [
        ("RequestStopTransaction", {}, CHARGES, (0, 7_000)),
        ("RequestStopTransaction", {}, GIVES, (-10_000, 0)),
        ("RequestStopTransaction", {}, FREE, (0, 0)),
        ("ChangeAvailability", {"operationalStatus": "Operative"}, CHARGES, (7_000, 7_000)),
        ("RequestStartTransaction", {}, FREE, (0, 1_400)),
        ("RequestStartTransaction", {"chargingProfile": limited(6_000)}, FREE, (0, 6_000)),
        ("RequestStartTransaction", {}, CHARGES, (7_000, 7_000)),
        ("SetChargingProfile", limited(9_000, 3_000), CHARGES, (3_000, 7_000)),
        ("SetChargingProfile", limited(9_000), replace(CHARGES, leased=False), (7_000, 9_000)),
        ("SetChargingProfile", limited(16, unit="A"), replace(FREE, runs=True), (0, 11_000)),
        ("SetChargingProfile", limited(10, unit="A"), CHARGES, (2_300, 7_000)),
        ("SetChargingProfile", limited(5_000, operationMode="LocalFrequency"), CHARGES,
         (-10_000, 11_000)),
        ("UpdateDynamicSchedule", {"scheduleUpdate": {"setpoint": 5_000}}, GIVES, (-10_000, 5_000)),
        ("ClearChargingProfile", {}, GIVES, (-10_000, 11_000)),
        ("ClearChargingProfile", cleared("TxProfile"), GIVES, (-10_000, 11_000)),
        ("ClearChargingProfile", cleared("TxDefaultProfile"), GIVES, (-10_000, -10_000)),
        ("UsePriorityCharging", {"activate": True}, GIVES, (-10_000, 11_000)),
        ("UsePriorityCharging", {"activate": False}, CHARGES, (0, 7_000)),
        ("SetTransactionLimit", {"transactionId": "tx-1"}, CHARGES, (0, 7_000)),
        ("AFRRSignal", {"signal": 1}, CHARGES, (-10_000, 11_000)),
        ("SetDERControl", {}, CHARGES, (-10_000, 11_000)),
        ("DataTransfer", {"vendorId": "x"}, CHARGES, (-10_000, 11_000)),
        ("NotifyAllowedEnergyTransfer", {"allowedEnergyTransfer": ["AC_BPT"]}, GIVES,
         (-10_000, 0)),
    ],
)  # fmt: skip
def test_how_far_a_command_may_move_power(
    kind: str, payload: dict[str, Any], flow: Flow, reach: tuple[float, float]
) -> None:
    """What it does not say counts as far as power can go; below a lease a limit only lowers."""
    assert reach_w(CommandKind(kind), payload, flow) == reach


@pytest.mark.parametrize(
    ("payload", "here"),
    [
        ({}, True),
        ({"transactionId": "tx-1"}, True),
        ({"transactionId": "tx-2"}, False),
        ({"evseId": 2}, True),
        ({"evseId": 1}, False),
        ({"evseId": 0}, True),
        ({"evse": {"id": 1}}, False),
        ({"chargingProfileCriteria": {"evseId": 1}}, False),
        ({"evse": "2"}, True),
    ],
)
def test_a_command_is_meant_for_an_evse_unless_it_names_another(
    payload: dict[str, Any], here: bool
) -> None:
    assert aims_at(payload, 2, "tx-1") is here


def test_leave_to_discharge_and_modes_of_v2x_may_take_from_a_vehicle() -> None:
    allowed = CommandKind.NOTIFY_ALLOWED_ENERGY_TRANSFER
    assert may_give(allowed, {"allowedEnergyTransfer": ["AC_single_phase", "DC_BPT"]})
    assert not may_give(allowed, {"allowedEnergyTransfer": ["DC"]})
    assert may_give(CommandKind.AFRR_SIGNAL, {"signal": 1})
    profile = CommandKind.SET_CHARGING_PROFILE
    assert may_give(profile, limited(0, operationMode="ExternalLimits"))
    assert not may_give(profile, limited(0, operationMode="ChargingOnly"))
