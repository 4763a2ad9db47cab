"""K12."""

import pytest

from csms.domain.facts import Noticed


@pytest.mark.parametrize(
    ("payload", "severity"),
    [
        ({"chargingLimit": {"chargingLimitSource": "EMS"}}, "info"),
        ({"chargingLimit": {"chargingLimitSource": "SO", "isGridCritical": True}}, "warning"),
    ],
)
async def test_k12_an_outside_limit_is_kept(hub, payload, severity):
    assert await hub.tell("NotifyChargingLimit", payload) == {}
    (notice,) = hub.kept(Noticed)
    assert (notice.kind, notice.payload, notice.severity) == (
        "NotifyChargingLimit",
        payload,
        severity,
    )
