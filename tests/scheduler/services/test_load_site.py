"""A site file over an older one: whatever stands on the site must fit it."""

from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

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
