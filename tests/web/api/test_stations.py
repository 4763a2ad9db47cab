from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store.tables import command, evse, ocpp_message, variable
from scheduler.store import states
from scheduler.store.states import SiteState
from scheduler.store.tables import vehicle
from tests.web.conftest import Problem
from tests.web.seed import NOON, SITE, STATION

pytestmark = pytest.mark.integration


async def every(client: httpx.AsyncClient, path: str, **query: Any) -> list[dict[str, Any]]:
    """All items, two at a time."""
    items: list[dict[str, Any]] = []
    query = {**query, "limit": 2}
    while True:
        page = (await client.get(path, params=query)).json()
        items += page["items"]
        if page["next"] is None:
            return items
        query["cursor"] = page["next"]


async def test_stations_are_listed_page_by_page_with_their_evses(viewer: httpx.AsyncClient) -> None:
    found = await every(viewer, "/stations")
    assert [station["station_id"] for station in found] == [f"ev36-v2g-0{n}" for n in range(1, 5)]
    assert [evse["evse_id"] for station in found for evse in station["evses"]] == [1, 1, 1, 1]
    assert (found[0]["site_id"], found[0]["circuit_id"]) == (SITE, "v2g-bay")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"connected": True}, 3),
        ({"connected": False}, 1),
        ({"q": "V2G-02"}, 1),
        ({"q": "bidirectional"}, 4),
        ({"q": "%"}, 0),
        ({"site_id": "nowhere"}, 0),
        ({"site_id": SITE, "q": "hubsim"}, 4),
    ],
)
async def test_stations_are_found(
    viewer: httpx.AsyncClient, query: dict[str, Any], count: int
) -> None:
    assert len(await every(viewer, "/stations", **query)) == count


async def test_a_setpoint_past_its_lease_and_a_departure_of_another_day_are_not_told(
    viewer: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    path = f"/stations/{STATION}/evses/1"
    assert (await viewer.get(path)).json()["departure_at"] == "2026-06-01T17:00:00Z"
    async with engine.begin() as conn:
        await conn.execute(update(evse).values(setpoint_until=NOON - timedelta(seconds=1)))
        await conn.execute(update(vehicle).values(departure_at=NOON - timedelta(days=1)))
    told = (await viewer.get(path)).json()
    names = ("setpoint_w", "setpoint_until", "setpoint_status", "departure_at")
    assert [told[name] for name in names] == [None] * 4


async def test_an_evse_tells_what_it_does_and_why(viewer: httpx.AsyncClient) -> None:
    evse = (await viewer.get(f"/stations/{STATION}/evses/1")).json()
    assert evse["status"] == "Available"
    assert (evse["power_w"], evse["import_wh"], evse["export_wh"]) == (7000, 107_000, 2000)
    assert (evse["transaction_id"], evse["vehicle_id"]) == ("tx-1", "van-7")
    assert evse["why"] == {
        "code": "circuit_limit", "detail": "v2g-bay", "until": "2026-06-01T13:00:00Z",
        "cost_gbp_per_kwh": 0.0, "runner_up": None,
    }  # fmt: skip
    listed = await every(viewer, "/evses", site_id=SITE)
    assert len(listed) == 60
    assert [one for one in listed if one["transaction_id"]] == [evse]


async def test_where_the_controller_corrected_the_plan_its_reason_is_the_true_one(
    viewer: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with engine.begin() as conn:
        await conn.execute(
            insert(command).values(
                command_id=uuid4(), station_id=STATION, evse_id=1, kind="SetSetpoint", priority=1,
                payload={"setpoint_w": 3000.0, "reason": "import_bound"}, created_at=NOON,
                requested_by="controller", deadline_at=NOON, status="confirmed",
            )
        )  # fmt: skip
        state = SiteState(
            at=NOON, mode="limit", import_bound_w=1e6, export_bound_w=2e6,
            explanation=[{"code": "import_bound", "detail": "fleet -4.0 kW"}],
        )  # fmt: skip
        await states.put(conn, SITE, state)
    evse = (await viewer.get(f"/stations/{STATION}/evses/1")).json()
    assert evse["why"] == {
        "code": "connection_limit", "detail": "fleet -4.0 kW", "until": "2026-06-01T12:10:00Z",
        "cost_gbp_per_kwh": None, "runner_up": None,
    }  # fmt: skip
    power = (await viewer.get(f"/sites/{SITE}/power")).json()
    assert (power["mode"], power["import_bound_w"]) == ("limit", 1e6)
    assert power["explanation"] == [{"code": "import_bound", "detail": "fleet -4.0 kW"}]


async def test_readings_come_in_columns_of_the_window(viewer: httpx.AsyncClient) -> None:
    query = {"from": "2026-06-01T11:10:00Z", "to": "2026-06-01T11:12:00Z"}
    told = (await viewer.get(f"/stations/{STATION}/readings", params=query)).json()
    assert told == {
        "at": ["2026-06-01T11:10:00Z", "2026-06-01T11:11:00Z"],
        "power_w": [7000, 7000],
        "import_wh": [pytest.approx(101_166.67), pytest.approx(101_283.33)],
        "export_wh": [None, None],
        "soc_pct": [None, None],
    }


async def test_messages_and_variables_are_told(
    viewer: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with engine.begin() as conn:
        for number in range(5):
            await conn.execute(
                insert(ocpp_message).values(
                    station_id=STATION, at=NOON + timedelta(seconds=number), direction="in",
                    kind="call", action="Heartbeat", message_id=str(number), payload={},
                )
            )  # fmt: skip
            await conn.execute(
                insert(variable).values(
                    station_id=STATION, component="EVSE", component_instance="", evse_id=number,
                    variable="Power", variable_instance="", attribute="Actual", value="1",
                    reported_at=NOON,
                )
            )  # fmt: skip
    messages = await every(viewer, f"/stations/{STATION}/messages")
    assert [message["message_id"] for message in messages] == ["4", "3", "2", "1", "0"]
    third = messages[2]["message_row_id"]
    before = await every(viewer, f"/stations/{STATION}/messages", before=third)
    assert [message["message_id"] for message in before] == ["1", "0"]
    variables = await every(viewer, f"/stations/{STATION}/variables")
    assert [one["evse_id"] for one in variables] == [0, 1, 2, 3, 4]
    assert await every(viewer, f"/stations/{STATION}/notices") == []


async def test_transactions_keep_import_and_export_apart(viewer: httpx.AsyncClient) -> None:
    listed = await every(viewer, "/transactions", open=True, site_id=SITE, station_id=STATION)
    one = (await viewer.get(f"/transactions/{STATION}/tx-1")).json()
    assert listed == [one]
    assert (one["imported_wh"], one["exported_wh"], one["vehicle_id"]) == (7000, 0, "van-7")
    assert one["ended_at"] is None
    assert await every(viewer, "/transactions", open=False) == []


@pytest.mark.parametrize(
    "path",
    [
        "/stations/none", "/stations/none/evses/1", f"/stations/{STATION}/evses/9",
        "/stations/none/readings", "/stations/none/messages", "/stations/none/variables",
        "/stations/none/notices", f"/transactions/{STATION}/none", "/vehicles/none",
        "/commands/00000000-0000-0000-0000-000000000000", "/nothing/here",
    ],
)  # fmt: skip
async def test_unknown_things_are_not_found(
    viewer: httpx.AsyncClient, problem: Problem, path: str
) -> None:
    problem(await viewer.get(path), 404)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/stations?limit=0", "limit"),
        ("/stations?limit=1001", "limit"),
        ("/stations?cursor=nonsense", "cursor"),
        ("/stations?cursor=WzFd", "cursor"),
        ("/transactions?cursor=WyJ4IiwieSIsInoiXQ==", "cursor"),
        (f"/stations/{STATION}/messages?cursor=WzFlOTld", "cursor"),
        ("/stations?connected=perhaps", "connected"),
        (f"/stations/{STATION}/evses/one", "evse_id"),
        (f"/stations/{STATION}/evses/99999999999999999999", "evse_id"),
        (f"/stations/{STATION}/readings?from=yesterday", "from"),
        (f"/stations/{STATION}/readings?from=2026-06-01T12:00:00Z&to=2026-06-01T11:00:00Z", "from"),
        ("/commands/not-a-uuid", "command_id"),
    ],
)
async def test_bad_questions_name_their_field(
    viewer: httpx.AsyncClient, problem: Problem, path: str, field: str
) -> None:
    refused = problem(await viewer.get(path), 422)
    assert [error["field"] for error in refused["errors"]] == [field]


async def test_a_value_that_no_database_can_hold_is_no_crash(
    viewer: httpx.AsyncClient, problem: Problem
) -> None:
    for path in ("/stations/a%00b", "/stations?q=%00", "/vehicles/%00", "/transactions/a/%00"):
        assert (await viewer.get(path)).status_code in (404, 422), path
