"""Block F of OCPP 2.1."""

import pytest

from csms.domain.commands import CommandStatus
from tests.conformance.conftest import Bench

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("status", ["Accepted", "NotImplemented"])
async def test_tc21_f_100_csms_custom_trigger(bench21: Bench, status: str) -> None:
    station = await bench21.station()
    payload = {"requestedMessage": "CustomTrigger", "customTrigger": "SelfTest"}
    asked = await bench21.command(station, "TriggerMessage", payload)
    assert await station.expect("TriggerMessage", {"status": status}) == payload
    accepted = (await bench21.outcome(asked)).status is CommandStatus.CONFIRMED
    assert accepted is (status == "Accepted")
