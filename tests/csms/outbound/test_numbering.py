"""A station that calls its first EVSE 0 is spoken to in its own numbers, in every version."""

from dataclasses import replace
from typing import Any

import pytest

from csms.domain.commands import CommandKind
from csms.domain.quirks import Quirks
from csms.domain.station import OcppVersion
from tests.csms.outbound.conftest import Bench
from tests.csms.outbound.v16.conftest import MemoryStation16

FROM_ZERO = Quirks(evses_from_zero=True)
TOKEN = {"idToken": "GOOD", "type": "Central"}


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        (CommandKind.UNLOCK_CONNECTOR, {"evseId": 2, "connectorId": 1}, {"evseId": 1}),
        (
            CommandKind.CHANGE_AVAILABILITY,
            {"operationalStatus": "Operative", "evse": {"id": 1, "connectorId": 1}},
            {"evse": {"id": 0, "connectorId": 1}},
        ),
        (
            CommandKind.GET_CHARGING_PROFILES,
            {
                "requestId": 1,
                "evseId": 0,
                "chargingProfile": {"chargingProfilePurpose": "TxDefaultProfile"},
            },
            {"evseId": 0},
        ),
        (CommandKind.TRIGGER_MESSAGE, {"requestedMessage": "Heartbeat"}, {}),
    ],
)
async def test_an_evse_of_2_0_1_is_one_less_and_the_station_stays_0(
    bench: Bench, kind: CommandKind, payload: dict[str, Any], expected: dict[str, Any]
) -> None:
    bench.can(quirks=FROM_ZERO)
    bench.station.answers["UnlockConnector"] = {"status": "Unlocked"}
    await bench.run(kind, **payload)
    assert bench.station.heard == [(kind.value, {**payload, **expected})]


async def test_a_lease_goes_to_the_evse_that_is_meant(bench: Bench) -> None:
    bench.can(quirks=FROM_ZERO)
    await bench.setpoint(3_000.0)
    (lease,) = bench.station.requests("SetChargingProfile")
    (asked,) = bench.station.requests("GetCompositeSchedule")
    assert (lease["evseId"], asked["evseId"]) == (0, 0)


async def test_profiles_are_cleared_at_the_evse_that_is_meant(bench: Bench) -> None:
    bench.can(quirks=FROM_ZERO)
    criteria = {"evseId": 1, "chargingProfilePurpose": "TxDefaultProfile"}
    await bench.run(CommandKind.CLEAR_CHARGING_PROFILE, chargingProfileCriteria=criteria)
    (asked,) = bench.station.requests("ClearChargingProfile")
    assert asked["chargingProfileCriteria"]["evseId"] == 0


@pytest.mark.parametrize(("quirks", "connector_id"), [(FROM_ZERO, 1), (Quirks(), 2)])
async def test_a_connector_of_1_6_is_one_less(
    bench: Bench, quirks: Quirks, connector_id: int
) -> None:
    station = MemoryStation16(answers={"UnlockConnector": {"status": "Unlocked"}})
    spoken = replace(bench, abilities=replace(bench.abilities, quirks=quirks))
    spoken.station = station  # type: ignore[assignment]
    assert station.version is OcppVersion.V16
    await spoken.run(CommandKind.UNLOCK_CONNECTOR, evseId=2, connectorId=1)
    assert station.heard == [("UnlockConnector", {"connectorId": connector_id})]
