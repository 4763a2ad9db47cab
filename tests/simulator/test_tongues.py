"""OCPP 2.1 in the mouth of a station that behaves as 2.0.1 says."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import ocpp
import pytest
from jsonschema.validators import validator_for

from simulator.tongues import TONGUES, Tongue21
from tests.simulator.makers import NOON, charging, profile

SCHEMAS = Path(ocpp.__file__).parent / "v21" / "schemas"


@lru_cache
def validator(name: str) -> Any:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8-sig"))
    return validator_for(schema)(schema)


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


def test_what_a_session_says_is_valid_in_2_1_too() -> None:
    csms = charging()
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
    csms = charging()
    asked = {"evseId": 1, "chargingProfile": lease(csms, **period)}
    validator("SetChargingProfileRequest").validate(asked)
    answer = Tongue21(csms.station).hear("SetChargingProfile", asked, csms.now)
    validator("SetChargingProfileResponse").validate(answer)
    csms.run(60)
    assert (answer["status"], csms.station.evse.power_w) == ("Accepted", power_w)


def test_a_dynamic_profile_is_rejected_by_its_kind() -> None:
    csms = charging()
    told = lease(csms, operationMode="CentralSetpoint", setpoint=0.0)
    asked = {"evseId": 1, "chargingProfile": told | {"chargingProfileKind": "Dynamic"}}
    answer = Tongue21(csms.station).hear("SetChargingProfile", asked, NOON)
    assert answer == {"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedKind"}}
