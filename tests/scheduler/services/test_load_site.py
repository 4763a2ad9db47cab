"""A site file over an older one: whatever stands on the site must fit it."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store.tables import variable
from scheduler.domain.errors import SiteRefused
from scheduler.domain.site import EvseSpec
from scheduler.services.load_site import load_site_file
from scheduler.store import sites
from tests.scheduler.world import NOON, World

pytestmark = pytest.mark.integration
DEPOT = (Path(__file__).parents[3] / "sites" / "depot.toml").read_text()
EXTRA = EvseSpec(station_id="extra", evse_id=1, circuit_id="yard", max_charge_w=11_000.0)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"yard"', '"court"', "Stations `extra…` hang on circuit `yard`, which is not there"),
        ("limit_w = 40_000", "limit_w = 17_000", "exceed its limit by 1200 W"),
    ],
)
async def test_a_file_that_has_no_room_for_a_station_enrolled_later_changes_nothing(
    world: World, engine: AsyncEngine, before: str, after: str, said: str
) -> None:
    site = await load_site_file(engine, DEPOT, now=NOON)
    async with engine.begin() as conn:
        await sites.assign(conn, site.site_id, [EXTRA])
    with pytest.raises(SiteRefused, match=said):
        await load_site_file(engine, DEPOT.replace(before, after), now=NOON)
    async with engine.connect() as conn:
        assert await sites.load(conn, site.site_id) == site
    assert await load_site_file(engine, DEPOT, now=NOON) == site


async def test_the_csms_hears_of_fewer_phases_and_again_when_the_file_changes(
    world: World, engine: AsyncEngine
) -> None:
    async def told() -> list[tuple[str, str]]:
        query = select(variable.c.value, variable.c.told_by).where(
            variable.c.station_id == "depot-03", variable.c.variable == "SupplyPhases"
        )
        async with engine.connect() as conn:
            return [(row.value, row.told_by) for row in await conn.execute(query)]

    single = DEPOT.replace('model = "AC-11"', 'model = "AC-11"\nphases = 1')
    assert single != DEPOT
    await load_site_file(engine, DEPOT, now=NOON)
    assert await told() == []
    for _ in range(2):
        await load_site_file(engine, single, now=NOON)
        assert await told() == [("1", "SiteFile")]
    await load_site_file(engine, DEPOT, now=NOON)
    assert await told() == []
