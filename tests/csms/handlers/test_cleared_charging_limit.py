"""K13: the end of a limit that others set."""

import pytest

from csms.domain.facts import Noticed
from tests.csms.handlers.conftest import STATION


@pytest.fixture
async def limited(hub):
    """EMS limits the station and EVSE 1, the grid operator the station."""
    for source, place in (("EMS", {}), ("EMS", {"evseId": 1}), ("SO", {})):
        limit = {"chargingLimit": {"chargingLimitSource": source}}
        await hub.tell("NotifyChargingLimit", limit | place)
    return hub


@pytest.mark.parametrize(
    ("cleared", "left"),
    [
        ({"chargingLimitSource": "EMS"}, [(0, "SO")]),
        ({"chargingLimitSource": "EMS", "evseId": 1}, [(0, "EMS"), (0, "SO")]),
        ({"chargingLimitSource": "EMS", "evseId": 0}, [(0, "SO"), (1, "EMS")]),
        ({"chargingLimitSource": "Other"}, [(0, "EMS"), (0, "SO"), (1, "EMS")]),
    ],
)
async def test_k13_a_cleared_limit_is_in_force_no_longer(limited, cleared, left):
    assert await limited.tell("ClearedChargingLimit", cleared) == {}
    limits = (await limited.store.charging_state(STATION)).limits
    assert sorted((one.evse_id, one.source) for one in limits) == left
    notice = limited.kept(Noticed)[-1]
    assert (notice.kind, notice.payload, notice.severity) == (
        "ClearedChargingLimit",
        cleared,
        "info",
    )
