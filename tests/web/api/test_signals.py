from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store.tables import outbox
from scheduler.store import sites
from scheduler.store.tables import settlement, signal, site_reading
from tests.web.conftest import People, Problem
from tests.web.seed import NOON, SITE, reading
from web.roles import Role, Scope
from web.store.tables import audit

pytestmark = pytest.mark.integration
PATH = f"/sites/{SITE}/signals"
LESS: dict[str, Any] = {
    "external_id": "evening-1", "revision": 0, "kind": "instruction", "priority": 1,
    "starts_at": "2026-06-01T13:00:00Z", "ends_at": "2026-06-01T13:30:00Z", "delta_w": -150_000,
}  # fmt: skip


async def test_a_signal_is_acknowledged_with_what_can_be_given_and_its_baseline(
    grid: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    answer = await grid.post(PATH, json=LESS)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["status"], told["operator"], told["delta_w"]) == (
        "accepted", "token:grid", -150_000,
    )  # fmt: skip
    acknowledgement = told["acknowledgement"]
    assert acknowledgement["requested_w"] == -150_000
    assert acknowledgement["available_down_w"] > 900_000
    assert acknowledgement["feasible"] is False, "at noon the sun may take more than all of it"
    assert "the forecast may miss" in acknowledgement["text"]
    baseline = told["baseline"]
    assert (baseline["starts_at"], baseline["slot_s"]) == ("2026-06-01T13:00:00Z", 900)
    assert len(baseline["grid_w"]) == 2
    assert (await grid.get(f"{PATH}/{told['signal_id']}")).json() == told
    async with engine.connect() as conn:
        assert "SignalAccepted" in list(await conn.scalars(select(outbox.c.kind)))
        assert "signal.accept" in list(await conn.scalars(select(audit.c.action)))


async def test_the_same_words_again_get_the_same_answer_and_one_effect(
    grid: httpx.AsyncClient,
) -> None:
    first = await grid.post(PATH, json=LESS)
    for _ in range(5):
        again = await grid.post(PATH, json=LESS)
        assert (again.status_code, again.json()) == (200, first.json())
    assert len((await grid.get(PATH)).json()["items"]) == 1


async def test_other_words_or_an_older_revision_are_refused(
    grid: httpx.AsyncClient, problem: Problem
) -> None:
    await grid.post(PATH, json={**LESS, "revision": 1})
    differs = await grid.post(PATH, json={**LESS, "revision": 1, "delta_w": -1})
    assert problem(differs, 409)["type"] == "urn:v2ghub:problem:revision-differs"
    older = await grid.post(PATH, json=LESS)
    assert problem(older, 409)["type"] == "urn:v2ghub:problem:revision-old"
    newer = await grid.post(PATH, json={**LESS, "revision": 2, "delta_w": -80_000})
    assert newer.status_code == 201
    by_revision = {s["revision"]: s["status"] for s in (await grid.get(PATH)).json()["items"]}
    assert by_revision == {1: "superseded", 2: "accepted"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ends_at": "2026-06-01T13:00:00Z"}, "ends_at"),
        ({"starts_at": "2026-06-01T10:00:00Z", "ends_at": "2026-06-01T11:00:00Z"}, "starts_at"),
        ({"starts_at": "2026-06-01T11:00:00Z"}, "starts_at"),
        ({"ends_at": "2027-06-01T13:00:00Z"}, "ends_at"),
        ({"ends_at": "2026-06-01T13:30:00"}, "ends_at"),
        ({"delta_w": None}, "delta_w"),
        ({"site_power_w": 0}, "delta_w"),
        ({"kind": "envelope"}, "kind"),
        ({"kind": "wish"}, "kind"),
        ({"delta_w": "lots"}, "delta_w"),
        ({"delta_w": 1e30}, "delta_w"),
        ({"import_max_w": -5}, "import_max_w"),
        ({"external_id": ""}, "external_id"),
        ({"revision": -1}, "revision"),
        ({"urgent": True}, "urgent"),
    ],
)
async def test_a_signal_that_cannot_be_held_names_its_field(
    grid: httpx.AsyncClient, problem: Problem, change: dict[str, Any], field: str
) -> None:
    refused = problem(await grid.post(PATH, json={**LESS, **change}), 422)
    assert [error["field"] for error in refused["errors"]] == [field]
    assert (await grid.get(PATH)).json()["items"] == []


async def test_a_grid_operator_sees_its_own_signals_only(
    grid: httpx.AsyncClient, people: People, operator: httpx.AsyncClient, problem: Problem
) -> None:
    other = await people.token("other", Role.VIEWER, Scope.SIGNALS)
    mine = (await grid.post(PATH, json=LESS)).json()
    theirs = (await other.post(PATH, json=LESS)).json()
    assert mine["signal_id"] != theirs["signal_id"]
    assert [s["signal_id"] for s in (await grid.get(PATH)).json()["items"]] == [mine["signal_id"]]
    foreign = f"{PATH}/{theirs['signal_id']}"
    problem(await grid.get(foreign), 404)
    problem(await grid.get(f"{foreign}/delivery"), 404)
    problem(await grid.delete(foreign), 404)
    assert len((await operator.get(PATH)).json()["items"]) == 2
    assert (await operator.get(foreign)).json() == theirs


async def test_signals_are_read_page_by_page(grid: httpx.AsyncClient) -> None:
    for number in range(3):
        await grid.post(PATH, json={**LESS, "external_id": f"event-{number}"})
    first = (await grid.get(PATH, params={"limit": 2})).json()
    rest = (await grid.get(PATH, params={"limit": 2, "cursor": first["next"]})).json()
    told = [signal["external_id"] for signal in (*first["items"], *rest["items"])]
    assert sorted(told) == ["event-0", "event-1", "event-2"]


async def test_a_token_for_one_site_does_nothing_elsewhere(
    people: People, engine: AsyncEngine, problem: Problem
) -> None:
    async with engine.begin() as conn:
        file = await sites.load(conn, SITE)
        assert file is not None
        await sites.save(conn, msgspec.structs.replace(file, site_id="other"), now=NOON)
    sender = await people.token("dso", Role.VIEWER, Scope.SIGNALS, site_ids=(SITE,))
    assert (await sender.get(f"/sites/{SITE}/signals")).status_code == 200
    assert problem(await sender.get("/sites/other/signals"), 403)["detail"] == (
        f"This token is good for /sites/… of {SITE} alone."
    )
    problem(await sender.post("/sites/other/signals", json=LESS), 403)
    robot = await people.token("robot", Role.ADMIN, site_ids=(SITE,))
    assert (await robot.get(f"/sites/{SITE}/power")).status_code == 200
    for path in ("/sites/other/power", "/sites", "/stations", "/stream", "/commands"):
        problem(await robot.get(path), 403)


async def test_a_signals_token_can_do_nothing_else(
    grid: httpx.AsyncClient, problem: Problem
) -> None:
    for path in ("/sites", "/evses", "/vehicles", f"/sites/{SITE}/power", "/processes"):
        problem(await grid.get(path), 403)
    problem(await grid.post(f"/sites/{SITE}/replan"), 403)


async def test_a_signal_can_be_cancelled_until_it_is_over(
    grid: httpx.AsyncClient, engine: AsyncEngine, problem: Problem
) -> None:
    told = (await grid.post(PATH, json=LESS)).json()
    one = f"{PATH}/{told['signal_id']}"
    assert (await grid.delete(one)).json()["status"] == "cancelled"
    assert (await grid.delete(one)).json()["status"] == "cancelled"
    again = (await grid.post(PATH, json={**LESS, "revision": 1})).json()
    async with engine.begin() as conn:
        await conn.execute(update(signal).values(status="settled"))
    over = await grid.delete(f"{PATH}/{again['signal_id']}")
    assert problem(over, 409)["type"] == "urn:v2ghub:problem:already-over"


async def test_delivery_is_told_as_settled(grid: httpx.AsyncClient, engine: AsyncEngine) -> None:
    told = (await grid.post(PATH, json=LESS)).json()
    path = f"{PATH}/{told['signal_id']}/delivery"
    assert (await grid.get(path)).json() == {"minutes": [], "half_hours": []}
    row = {
        "signal_id": told["signal_id"], "starts_at": NOON + timedelta(hours=1),
        "baseline_wh": 250_000.0, "metered_wh": 175_000.0, "requested_wh": -75_000.0,
        "delivered_wh": -75_000.0, "delivered_ratio": 1.0, "reading_count": 1800, "complete": True,
    }  # fmt: skip
    async with engine.begin() as conn:
        for duration_s in (60, 1800):
            await conn.execute(
                insert(settlement).values(
                    {**row, "interval_s": duration_s, "duration_s": duration_s}
                )
            )
    delivery = (await grid.get(path)).json()
    assert [one["duration_s"] for one in delivery["minutes"]] == [60]
    assert [one["delivered_ratio"] for one in delivery["half_hours"]] == [1.0]


async def test_while_it_runs_delivery_is_what_the_meter_says_so_far(
    grid: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    told = (await grid.post(PATH, json=LESS)).json()
    start = NOON - timedelta(minutes=2)
    async with engine.begin() as conn:
        window = {"starts_at": start, "ends_at": start + timedelta(minutes=30)}
        baseline = {
            "starts_at": start.isoformat(), "slot_s": 900, "grid_w": [500_000.0] * 2,
            "plan_version": 1,
        }  # fmt: skip
        await conn.execute(update(signal).values(**window, baseline=baseline, status="active"))
        await conn.execute(site_reading.update().values(grid_w=350_000.0))
        await conn.execute(insert(site_reading), [reading(1, grid_w=350_000.0)])
    delivery = (await grid.get(f"{PATH}/{told['signal_id']}/delivery")).json()
    first = delivery["minutes"][0]
    assert first["starts_at"] == "2026-06-01T11:58:00Z"
    assert first["metered_wh"] == pytest.approx(350_000 / 60)
    assert first["delivered_ratio"] == pytest.approx(1.0)


async def test_no_rebound_is_part_of_what_is_asked(
    grid: httpx.AsyncClient, problem: Problem
) -> None:
    kept = LESS | {"no_rebound_after_s": 3_600}
    told = (await grid.post(PATH, json=kept)).json()
    assert (told["no_rebound_before_s"], told["no_rebound_after_s"]) == (0, 3_600)
    assert "No rebound: for 60 min after its window" in told["acknowledgement"]["text"]
    assert len(told["baseline"]["grid_w"]) == 6
    assert (await grid.post(PATH, json=kept)).status_code == 200
    problem(await grid.post(PATH, json=LESS), 409)
    problem(await grid.post(PATH, json=LESS | {"no_rebound_before_s": -1}), 422)


async def test_a_reserve_is_acknowledged_with_what_can_be_held(
    grid: httpx.AsyncClient, problem: Problem
) -> None:
    held = LESS | {"kind": "reserve", "reserve_down_w": 100_000, "reserve_s": 900}
    del held["delta_w"]
    told = (await grid.post(PATH, json=held)).json()
    assert (told["reserve_down_w"], told["reserve_up_w"], told["reserve_s"]) == (100_000, None, 900)
    assert told["acknowledgement"]["available_down_w"] == 100_000
    assert told["acknowledgement"]["text"].startswith("Held on call for 15 min at a time")
    assert (await grid.post(PATH, json=held)).status_code == 200
    refused = problem(await grid.post(PATH, json=held | {"revision": 1, "reserve_s": 0}), 422)
    assert refused["errors"][0]["field"] == "reserve_down_w"
