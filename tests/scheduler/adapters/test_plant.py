from datetime import UTC, datetime, timedelta

import pytest

from scheduler.adapters.plant import Plant
from scheduler.domain.site import ModbusDevice, SolarFarm
from tests.scheduler.makers import a_site
from tests.scheduler.sunspec_plant import Unit, served

pytestmark = pytest.mark.integration

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)


def farm(farm_id: str, port: int, unit_id: int) -> SolarFarm:
    inverter = ModbusDevice(host="127.0.0.1", port=port, unit_id=unit_id)
    return SolarFarm(
        farm_id=farm_id, capacity_w=1e6, tilt_deg=30, azimuth_deg=180, inverter=inverter
    )


async def test_two_farms_are_as_still_as_the_stiller_unless_that_one_gives_nothing() -> None:
    units = [Unit(n).with_model(1).with_model(113, W=100_000) for n in (1, 2)]
    async with served(*units) as port:
        plant = Plant(a_site(solar=(farm("east", port, 1), farm("west", port, 2))))

        async def still_s(second: int) -> float:
            solar = (await plant.read(NOON + timedelta(seconds=second))).solar
            assert solar is not None
            return solar.still_s

        assert await still_s(0) == 0
        units[0].put(113, "W", 90_000)
        assert await still_s(5) == 5
        units[1].put(113, "W", 0)
        assert await still_s(10) == 5
        units[0].put(113, "W", 0)
        assert await still_s(15) == 5
        plant.close()


async def test_a_device_that_stays_in_a_new_version_of_the_site_keeps_its_last_value() -> None:
    units = [Unit(n).with_model(1).with_model(113, W=100_000) for n in (1, 2)]
    async with served(*units) as port:
        east, west = farm("east", port, 1), farm("west", port, 2)
        plant = Plant(a_site(solar=(east,)))
        first = await plant.read(NOON)
        plant.fit(a_site(solar=(east, west)))
        units[0].broken = True
        second = await plant.read(NOON + timedelta(seconds=1))
        plant.fit(a_site(solar=(west,)))
        third = await plant.read(NOON + timedelta(seconds=2))
        plant.close()
    assert [m.solar and m.solar.power_w for m in (first, second, third)] == [1e5, 2e5, 1e5]
    assert second.solar is not None
    assert third.solar is not None
    assert (second.solar.age_s, third.solar.age_s) == (1, 0)
