"""K21, K22."""

import pytest

from csms.domain.facts_v21 import PriorityChargingTold


@pytest.mark.parametrize("activated", [True, False])
async def test_k21_fr09_a_hurry_is_noted(hub21, activated):
    payload = {"transactionId": "tx1", "activated": activated}
    assert await hub21.tell("NotifyPriorityCharging", payload) == {}
    (told,) = hub21.kept(PriorityChargingTold)
    assert (told.transaction_id, told.activated) == ("tx1", activated)
