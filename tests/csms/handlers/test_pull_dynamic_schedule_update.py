"""K28: the newest setpoint, as long as its lease outlives what the answer would start."""

from datetime import timedelta

import pytest

from csms.domain.commands import Setpoint
from csms.domain.dynamic import DynamicProfile
from tests.csms.handlers.conftest import T0


def lease(setpoint_w, mode, until_s=600, duration_s=450):
    return DynamicProfile(
        operation_mode=mode,
        duration_s=duration_s,
        setpoint=Setpoint(setpoint_w=setpoint_w, until=T0 + timedelta(seconds=until_s)),
    )


@pytest.mark.parametrize(
    ("profile", "update"),
    [
        (lease(-5_000.0, "CentralSetpoint"), {"setpoint": -5_000.0}),
        (lease(3_000.0, "CentralSetpoint"), {"setpoint": 3_000.0}),
        (lease(3_000.0, "ChargingOnly"), {"limit": 3_000.0}),
        (lease(-5_000.0, "ChargingOnly"), {"limit": 0.0}),
        (DynamicProfile(operation_mode="ChargingOnly", values={"limit": 16.0}), {"limit": 16.0}),
    ],
)
async def test_k28_fr07_the_newest_values_are_given(hub21, profile, update):
    hub21.v21.profiles[1001] = profile
    told = await hub21.tell("PullDynamicScheduleUpdate", {"chargingProfileId": 1001})
    assert told == {"status": "Accepted", "scheduleUpdate": update}


@pytest.mark.parametrize(
    "profile",
    [
        None,
        DynamicProfile(operation_mode="CentralSetpoint", duration_s=450),
        lease(-5_000.0, "CentralSetpoint", until_s=440),
    ],
    ids=["no such profile", "no setpoint in force", "the lease would be outlived"],
)
async def test_k28_fr12_else_the_profile_is_left_to_run_out(hub21, profile):
    if profile:
        hub21.v21.profiles[1001] = profile
    told = await hub21.tell("PullDynamicScheduleUpdate", {"chargingProfileId": 1001})
    assert told["status"] == "Rejected"
    assert told["statusInfo"]["reasonCode"] == "InvalidProfile"
    assert "scheduleUpdate" not in told
