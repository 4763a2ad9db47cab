"""OCPP 2.1 in the mouth of a station that behaves as 2.0.1 says."""

from functools import partial
from typing import Any

import pytest

from simulator.call import Call
from simulator.tongues import TONGUES, Tongue21
from tests.simulator import makers
from tests.simulator.makers import NOON, Csms, charging, profile

validator = partial(makers.validator, version="2.1")


def lease(csms: Any, **period: Any) -> dict[str, Any]:
    told = profile(
        100,
        0,
        chargingProfilePurpose="TxProfile",
        transactionId=csms.station.evse.transaction.transaction_id,
    )
    (schedule,) = told["chargingSchedule"]
    schedule["chargingSchedulePeriod"] = [{"startPeriod": 0, **period}]
    return told


def test_every_version_of_ocpp_has_a_tongue() -> None:
    assert set(TONGUES) == {"1.6", "2.0.1", "2.1"}


@pytest.mark.parametrize("model", ["AC-11", "Bidirectional-11", "V2X-11"])
def test_what_a_session_says_is_valid_in_2_1_too(model: str) -> None:
    csms = charging(model)
    csms.call("GetBaseReport", requestId=1, reportBase="FullInventory")
    csms.run(130)
    csms.station.unplug(csms.now)
    csms.run(1)
    tongue = Tongue21(csms.station)
    for call in csms.heard:
        told = tongue.say(call)
        assert told is not None
        validator(f"{told[0]}Request").validate(told[1])


@pytest.mark.parametrize(
    ("period", "power_w"),
    [
        ({"operationMode": "ChargingOnly", "limit": 5_000.0}, 5_000),
        ({"operationMode": "CentralSetpoint", "setpoint": -3_000.0}, -3_000),
    ],
)
def test_a_setpoint_is_followed(period: dict[str, Any], power_w: float) -> None:
    csms = charging("V2X-11")
    asked = {"evseId": 1, "chargingProfile": lease(csms, **period)}
    validator("SetChargingProfileRequest").validate(asked)
    answer = Tongue21(csms.station).hear("SetChargingProfile", asked, csms.now)
    validator("SetChargingProfileResponse").validate(answer)
    csms.run(60)
    assert (answer["status"], csms.station.evse.power_w) == ("Accepted", power_w)
    (held,) = csms.station.stack.find({"chargingProfilePurpose": "TxProfile"})
    assert held.raw == asked["chargingProfile"]
    asked = {"evseId": 1, "duration": 60}
    read = Tongue21(csms.station).hear("GetCompositeSchedule", asked, csms.now)
    validator("GetCompositeScheduleResponse").validate(read)
    (told,) = read["schedule"]["chargingSchedulePeriod"]
    assert told == {"startPeriod": 0} | (period if power_w < 0 else {"limit": power_w})


def test_a_dynamic_profile_is_rejected_by_its_kind() -> None:
    csms = charging()
    told = lease(csms, operationMode="CentralSetpoint", setpoint=0.0)
    asked = {"evseId": 1, "chargingProfile": told | {"chargingProfileKind": "Dynamic"}}
    answer = Tongue21(csms.station).hear("SetChargingProfile", asked, NOON)
    assert answer == {"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedKind"}}


@pytest.mark.parametrize(
    ("model", "period", "reason"),
    [
        ("AC-11", {"operationMode": "CentralSetpoint", "setpoint": -1.0}, "InvalidOperationMode"),
        ("V2X-11", {"operationMode": "CentralFrequency"}, "InvalidOperationMode"),
        ("V2X-11", {"operationMode": "LocalFrequency"}, "NoFreqWattCurve"),
        ("V2X-11", {"limit": -3_000.0}, "InvalidSchedule"),
    ],
)
def test_what_the_model_cannot_follow_is_rejected_by_name(
    model: str, period: dict[str, Any], reason: str
) -> None:
    csms = charging(model)
    asked = {"evseId": 1, "chargingProfile": lease(csms, **period)}
    answer = Tongue21(csms.station).hear("SetChargingProfile", asked, NOON)
    assert answer == {"status": "Rejected", "statusInfo": {"reasonCode": reason}}


def needs_told(tongue: Tongue21, csms: Csms, *, after: int = 0) -> dict[str, Any]:
    """The last NotifyEVChargingNeeds in the words of 2.1."""
    (call,) = [one for one in csms.heard[after:] if one.action == "NotifyEVChargingNeeds"]
    told = tongue.say(call)
    assert told is not None
    validator("NotifyEVChargingNeedsRequest").validate(told[1])
    needs: dict[str, Any] = told[1]["chargingNeeds"]
    return needs


def test_a_vehicle_that_can_give_back_says_so_where_the_station_can() -> None:
    two_way = charging("V2X-11")
    told = needs_told(Tongue21(two_way.station), two_way)
    assert told["requestedEnergyTransfer"] == "DC_BPT"
    assert told["v2xChargingParameters"]["maxDischargePower"] == 10_000
    one_way = charging("Bidirectional-11")
    assert needs_told(Tongue21(one_way.station), one_way)["requestedEnergyTransfer"] == "DC"


def test_a_vehicle_asks_for_what_its_card_allows_and_again_when_that_changes() -> None:
    csms = charging("V2X-11")
    tongue = Tongue21(csms.station)
    answer = {"idTokenInfo": {"status": "Accepted"}, "allowedEnergyTransfer": ["DC"]}
    assert tongue.heard(Call("Authorize", {}), answer) == answer
    assert needs_told(tongue, csms)["requestedEnergyTransfer"] == "DC"
    before, asked = len(csms.heard), {"transactionId": "t", "allowedEnergyTransfer": ["DC_BPT"]}
    assert tongue.hear("NotifyAllowedEnergyTransfer", asked, csms.now) == {"status": "Accepted"}
    csms.hear()
    assert needs_told(tongue, csms, after=before)["requestedEnergyTransfer"] == "DC_BPT"
    csms.station.unplug(csms.now)
    assert tongue.hear("NotifyAllowedEnergyTransfer", asked, csms.now) == {"status": "Rejected"}
