"""A simulated station that does not look at ends keeps its lease; what it meters gives it away."""

from datetime import timedelta

import pytest

from csms.clock import wall_now
from csms.domain.commands import CommandStatus
from csms.store import tables
from simulator.faults import Faults
from tests.integration.csms.conftest import Hub, until
from tests.integration.csms.test_simulated_stations import on_line

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_a_station_that_goes_on_is_given_no_more_than_its_floor(
    hub: Hub, version: str
) -> None:
    hub.csms.lease_ends.settled_s = 0.0
    async with on_line(hub, version) as one:
        one.station.faults = Faults(keeps_leases=True)
        one.now = wall_now()  # its clock is as ours from here on
        ends_at = one.now + timedelta(seconds=2)
        told = await one.setpoint(7_000, until_at=ends_at)
        assert told.status is CommandStatus.CONFIRMED
        one.samples_each_second()

        async def learned() -> bool:
            one.now = wall_now()
            one.station.step(one.now, 1.0)
            await hub.csms.lease_ends.look(one.now)
            rows = await hub.rows(tables.station_quirk, one.station.spec.station_id)
            return ("lease_ends", False) in [(row["name"], row["value"]) for row in rows]

        await until(learned)
        assert wall_now() > ends_at
        refused = await one.setpoint(7_000)
        assert (refused.status, refused.reason) == (CommandStatus.REFUSED, "lease_never_ends")
        assert (await one.setpoint(1_400)).status is CommandStatus.CONFIRMED
        await one.step_until(lambda: one.station.evse.power_w == 1_400)
