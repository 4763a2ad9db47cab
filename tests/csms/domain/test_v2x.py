"""What a station says that it can, read from its device model."""

import pytest

from csms.domain.v2x import OperationMode, Support, V2xAbilities, energy_transfers

CHARGING = energy_transfers(v2x=False)

MODEL = {
    "V2XChargingCtrlr.Enabled": "true",
    "V2XChargingCtrlr.SupportedOperationModes": "ChargingOnly, CentralSetpoint",
    "SmartChargingCtrlr.SupportsDynamicProfiles": "TRUE",
    "SmartChargingCtrlr.SupportsLimitAtSoC": "false",
    "SmartChargingCtrlr.MaxExternalConstraintsId": "99",
    "SmartChargingCtrlr.SupportedAdditionalPurposes": "PriorityCharging",
}


def test_the_device_model_says_what_there_is() -> None:
    can = V2xAbilities.told(MODEL, "DC_BPT")
    assert can.modes == {OperationMode.CHARGING_ONLY, OperationMode.CENTRAL_SETPOINT}
    assert can.supports == {Support.DYNAMIC_PROFILES}
    assert (can.highest_external_id, can.purposes) == (99, {"PriorityCharging"})
    assert can.takes_discharge


@pytest.mark.parametrize(
    ("changes", "wants"),
    [
        ({"V2XChargingCtrlr.Enabled": "false"}, "DC_BPT"),
        ({"V2XChargingCtrlr.SupportedOperationModes": "ChargingOnly"}, "DC_BPT"),
        ({}, "DC"),
        ({}, "AC_three_phase"),
    ],
    ids=["switched off", "no central setpoint", "vehicle only charges", "likewise by AC"],
)
def test_no_discharge_without_station_and_vehicle(changes: dict[str, str], wants: str) -> None:
    assert not V2xAbilities.told(MODEL | changes, wants).takes_discharge


@pytest.mark.parametrize("wants", [None, "", "DC_BPT_2", "NOT_BPT", "UNDER"])
def test_a_vehicle_that_has_not_said_or_said_an_unknown_word_only_charges(
    wants: str | None,
) -> None:
    assert not V2xAbilities.told(MODEL, wants).takes_discharge


@pytest.mark.parametrize("wants", sorted(set(energy_transfers(v2x=True)) - set(CHARGING)))
def test_every_mode_of_2_1_that_gives_back_is_known(wants: str) -> None:
    assert V2xAbilities.told(MODEL, wants).takes_discharge
    assert "BPT" in wants or "DER" in wants
