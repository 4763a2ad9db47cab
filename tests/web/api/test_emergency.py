"""One person, one click: the site's import falls at once and stays down until somebody lifts it."""

import asyncio

import httpx
import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import fast_clock
from csms.store.tables import charging_station
from scheduler.planning.limits import limits_during
from scheduler.store import signals, sites
from scheduler.store.tables import site_reading
from tests.web.conftest import Problem, key
from tests.web.seed import NOON, SITE
from web.store.tables import audit

pytestmark = pytest.mark.integration
PATH = f"/sites/{SITE}/emergency"


async def import_bound_w(engine: AsyncEngine) -> float:
    """What the controller holds as import bound a second later."""
    now = fast_clock(1.0, NOON).now()
    async with engine.connect() as conn:
        site = await sites.load(conn, SITE)
        assert site is not None
        live = await signals.live(conn, SITE, now)
    at = max([now, *(signal.starts_at for signal in live)])
    return limits_during(site.grid_connection, live, at, 1.0).import_max_w


async def test_one_click_cuts_the_import_until_it_is_lifted(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    before_w = await import_bound_w(engine)
    wish = {"reason": "smoke in the substation", "import_max_w": 500_000}
    told = await operator.post(PATH, json=wish, headers=key())
    assert told.status_code == 201, told.text
    assert (told.json()["operator"], told.json()["priority"]) == ("emergency", 0)
    assert await import_bound_w(engine) == 440_000, "less the site's margin"
    async with engine.connect() as conn:
        row = (await conn.execute(select(audit).order_by(audit.c.audit_id.desc()))).first()
    assert row is not None
    assert (row.actor, row.action) == ("user:operator", "site.emergency")
    assert row.detail["reason"] == "smoke in the substation"
    lifted = await operator.delete(f"/sites/{SITE}/signals/{told.json()['signal_id']}")
    assert lifted.json()["status"] == "cancelled"
    assert await import_bound_w(engine) == before_w


async def test_a_second_click_replaces_the_first_and_both_at_once_leave_one(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    wishes = [{"reason": "again", "import_max_w": w} for w in (70_000, 60_000)]
    told = await asyncio.gather(*(operator.post(PATH, json=w, headers=key()) for w in wishes))
    assert [one.status_code for one in told] == [201, 201]
    async with engine.connect() as conn:
        (live,) = await signals.live(conn, SITE, NOON)
    assert live.revision == 2


async def test_unsaid_the_import_is_what_is_left_with_the_fleet_at_its_floors(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    """Of four chargers one has a vehicle, and one that is away may have: nobody is at the others,
    and their floors are no room for the rest."""
    now = fast_clock(1.0, NOON).now()
    row = {
        "site_id": SITE, "at": now, "quality": "measured", "grid_w": 500_000.0,
        "fleet_charge_w": 90_000.0, "fleet_discharge_w": 10_000.0, "store_w": -20_000.0,
    }  # fmt: skip
    async with engine.begin() as conn:
        await conn.execute(insert(site_reading).values(row))
        await conn.execute(update(charging_station).values(floor_w=1_400.0))
    told = (await operator.post(PATH, json={"reason": "heat"}, headers=key())).json()
    assert told["import_max_w"] == pytest.approx(440_000 + 2 * 1_400 + 60_000), (
        "and the site's margin"
    )


async def test_a_viewer_may_not(viewer: httpx.AsyncClient, problem: Problem) -> None:
    problem(await viewer.post(PATH, json={"reason": "fun"}, headers=key()), 403)
