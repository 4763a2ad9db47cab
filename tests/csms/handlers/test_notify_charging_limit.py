"""K11, K12, K14: a limit that others set is in force until it is cleared."""

import pytest

from csms.domain.facts import Noticed
from csms.domain.facts_charging import ChargingLimitTold
from tests.csms.handlers.conftest import STATION

SCHEDULE = {
    "id": 1,
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}],
}


@pytest.mark.parametrize(
    ("payload", "evse_id", "severity"),
    [
        ({"chargingLimit": {"chargingLimitSource": "EMS"}}, 0, "info"),
        (
            {
                "evseId": 2,
                "chargingLimit": {"chargingLimitSource": "SO", "isGridCritical": True},
                "chargingSchedule": [SCHEDULE],
            },
            2,
            "warning",
        ),
    ],
)
async def test_k12_an_outside_limit_is_in_force(hub, payload, evse_id, severity):
    assert await hub.tell("NotifyChargingLimit", payload) == {}
    (told,) = hub.kept(ChargingLimitTold)
    source = payload["chargingLimit"]["chargingLimitSource"]
    assert (told.evse_id, told.source, told.in_force) == (evse_id, source, True)
    assert list(told.schedules) == payload.get("chargingSchedule", [])
    (notice,) = hub.kept(Noticed)
    assert (notice.kind, notice.payload) == ("NotifyChargingLimit", payload)
    assert notice.severity == severity


async def test_a_new_limit_of_the_same_source_takes_the_place_of_the_old(hub):
    limit = {"chargingLimit": {"chargingLimitSource": "EMS"}}
    await hub.tell("NotifyChargingLimit", limit)
    await hub.tell("NotifyChargingLimit", limit | {"chargingSchedule": [SCHEDULE]})
    (known,) = (await hub.store.charging_state(STATION)).limits
    assert known.schedules == (SCHEDULE,)
