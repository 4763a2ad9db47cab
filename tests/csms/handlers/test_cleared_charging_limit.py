"""K13."""

import pytest

from csms.domain.facts import Noticed


@pytest.mark.parametrize(
    ("payload", "severity"),
    [
        ({"chargingLimitSource": "SO", "evseId": 1}, "info"),
    ],
)
async def test_k13_the_end_of_an_outside_limit_is_kept(hub, payload, severity):
    assert await hub.tell("ClearedChargingLimit", payload) == {}
    (notice,) = hub.kept(Noticed)
    assert (notice.kind, notice.payload, notice.severity) == (
        "ClearedChargingLimit",
        payload,
        severity,
    )
