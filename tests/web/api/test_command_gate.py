"""What a person or a program sends past the controller passes the site's gate."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store.tables import command
from scheduler.store.tables import site
from tests.web.conftest import Problem, approve, ask, key
from tests.web.seed import SITE
from web.api import command_gate
from web.store.tables import audit

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is: all that a test sends comes in one window."""
    monkeypatch.setattr(command_gate, "SHARE_WINDOW_S", 3_600)


def wish(number: int, kind: str = "Reset", **payload: Any) -> dict[str, Any]:
    payload = payload or {"type": "OnIdle"}
    return {"station_id": f"ev36-v2g-{number:02d}", "kind": kind, "payload": payload}


async def rules(engine: AsyncEngine, **told: Any) -> None:
    """The site's `[dispatch]`, as its file would say it."""

    async with engine.begin() as conn:
        config = await conn.scalar(select(site.c.config).where(site.c.site_id == SITE))
        config["dispatch"] |= told
        await conn.execute(site.update().values(config=config))


async def sent(engine: AsyncEngine) -> int:
    async with engine.connect() as conn:
        return await conn.scalar(select(func.count()).select_from(command)) or 0


async def test_so_many_stations_may_be_changed_in_ten_seconds_and_no_more(
    operator: httpx.AsyncClient, engine: AsyncEngine, problem: Problem
) -> None:
    """60 stations, a share of a twentieth: three."""
    await rules(engine, changed_ratio=0.05)
    for number in (1, 2, 3, 3):
        answer = await operator.post("/commands", json=wish(number), headers=key())
        assert answer.status_code == 202, answer.text
    answer = await operator.post("/commands", json=wish(4), headers=key())
    told = problem(answer, 429)
    assert str(told["type"]).endswith(":fleet-share")
    assert answer.headers["Retry-After"] == "3600"
    assert await sent(engine) == 4
    async with engine.connect() as conn:
        last = (await conn.execute(select(audit).order_by(audit.c.audit_id.desc()))).first()
    assert last is not None
    assert (last.actor, last.action) == ("user:operator", "gate.fleet-share")
    assert last.object_id == "ev36-v2g-04"
    reads = wish(4, "GetLocalListVersion", customData={"vendorId": "x"})
    assert (await operator.post("/commands", json=reads, headers=key())).status_code == 202


async def test_what_was_sent_before_the_window_is_not_counted(
    operator: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rules(engine, changed_ratio=0.05)
    monkeypatch.setattr(command_gate, "SHARE_WINDOW_S", 0)
    for number in (1, 2, 3, 4):
        answer = await operator.post("/commands", json=wish(number), headers=key())
        assert answer.status_code == 202, answer.text


async def test_many_at_once_get_no_further_than_one_after_another(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await rules(engine, changed_ratio=0.05)
    wishes = [operator.post("/commands", json=wish(n), headers=key()) for n in (1, 2, 3, 4)]
    answers = await asyncio.gather(*wishes)
    assert sorted(answer.status_code for answer in answers) == [202, 202, 202, 429]
    assert await sent(engine) == 3


async def test_a_mass_stop_takes_two_administrators(
    admin: httpx.AsyncClient, second: httpx.AsyncClient, engine: AsyncEngine, problem: Problem
) -> None:
    await rules(engine, mass_stations=2)
    for number in (1, 2):
        answer = await admin.post("/commands", json=wish(number), headers=key())
        assert answer.status_code == 202, answer.text
    told = problem(await admin.post("/commands", json=wish(3), headers=key()), 403)
    assert str(told["type"]).endswith(":approval-needed")
    back = wish(3, "ChangeAvailability", operationalStatus="Operative")
    assert (await admin.post("/commands", json=back, headers=key())).status_code == 202
    done = await approve(second, await ask(admin, "commands", {"commands": [wish(3), wish(4)]}))
    assert done.status_code == 200, done.text
    assert await sent(engine) == 5


async def test_what_ends_nothing_and_moves_nothing_is_not_counted(
    admin: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await rules(engine, mass_stations=1, changed_ratio=0.05)
    for number in (1, 2):
        back = wish(number, "ChangeAvailability", operationalStatus="Operative")
        assert (await admin.post("/commands", json=back, headers=key())).status_code == 202
    name = {"component": {"name": "ClockCtrlr"}, "variable": {"name": "TimeZone"}}
    zone = {"setVariableData": [name | {"attributeValue": "UTC"}]}
    for number in (3, 4):
        told = wish(number, "SetVariables", **zone)
        assert (await admin.post("/commands", json=told, headers=key())).status_code == 202
    last = await admin.post("/commands", json=wish(1), headers=key())
    assert last.status_code == 202, last.text


async def test_several_that_are_rated_much_together_are_a_mass_too(
    operator: httpx.AsyncClient, engine: AsyncEngine, problem: Problem
) -> None:
    """11 kW each."""
    await rules(engine, mass_w=20_000.0)
    first = await operator.post("/commands", json=wish(1), headers=key())
    assert first.status_code == 202
    problem(await operator.post("/commands", json=wish(2), headers=key()), 403)


async def test_asked_again_under_one_key_it_is_answered_and_not_judged(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    one = key()
    first = await operator.post("/commands", json=wish(1), headers=one)
    again = await operator.post("/commands", json=wish(1), headers=one)
    assert (again.status_code, again.json()) == (202, first.json())
    assert await sent(engine) == 1
