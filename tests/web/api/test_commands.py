import asyncio
from datetime import timedelta
from json import dumps
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store.tables import command
from tests.web.conftest import People, Problem
from web.roles import Role
from web.store import idempotency
from web.store.tables import audit

pytestmark = pytest.mark.integration
RESET: dict[str, Any] = {
    "station_id": "ev36-v2g-01", "kind": "Reset", "payload": {"type": "OnIdle"},
}  # fmt: skip


def key(value: str) -> dict[str, str]:
    return {"Idempotency-Key": value}


def nested(depth: int) -> dict[str, Any]:
    return {"a": nested(depth - 1)} if depth else {}


async def stored(engine: AsyncEngine) -> int:
    async with engine.connect() as conn:
        return await conn.scalar(select(func.count()).select_from(command)) or 0


async def test_a_command_is_written_for_the_csms_and_can_be_followed(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    answer = await operator.post("/commands", json=RESET, headers=key("1"))
    assert answer.status_code == 202
    told = answer.json()
    assert (told["status"], told["requested_by"]) == ("pending", "user:operator")
    assert (await operator.get(f"/commands/{told['command_id']}")).json() == told
    listed = (await operator.get("/commands", params={"station_id": "ev36-v2g-01"})).json()
    assert listed["items"] == [told]
    async with engine.connect() as conn:
        actions = list(await conn.scalars(select(audit.c.action)))
    assert "command.Reset" in actions


async def test_commands_are_read_page_by_page(operator: httpx.AsyncClient) -> None:
    asked = [
        (await operator.post("/commands", json=RESET, headers=key(str(number)))).json()
        for number in range(3)
    ]
    first = (await operator.get("/commands", params={"limit": 2})).json()
    rest = (await operator.get("/commands", params={"limit": 2, "cursor": first["next"]})).json()
    assert [*first["items"], *rest["items"]] == asked[::-1]
    assert rest["next"] is None


async def test_the_same_key_and_body_get_the_same_answer_and_one_effect(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    first = await operator.post("/commands", json=RESET, headers=key("k"))
    again = await operator.post("/commands", json=RESET, headers=key("k"))
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert await stored(engine) == 1


async def test_twenty_at_once_with_one_key_have_one_effect(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    asked = [operator.post("/commands", json=RESET, headers=key("race")) for _ in range(20)]
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["command_id"] for answer in answers}) == 1
    assert await stored(engine) == 1


async def test_a_key_is_its_senders_own(
    operator: httpx.AsyncClient, people: People, engine: AsyncEngine
) -> None:
    other = await people.token("robot", Role.OPERATOR)
    await operator.post("/commands", json=RESET, headers=key("k"))
    await other.post("/commands", json=RESET, headers=key("k"))
    assert await stored(engine) == 2


async def test_the_same_key_with_another_body_is_refused(
    operator: httpx.AsyncClient, engine: AsyncEngine, problem: Problem
) -> None:
    await operator.post("/commands", json=RESET, headers=key("k"))
    other = {**RESET, "payload": {"type": "Immediate"}}
    refused = problem(await operator.post("/commands", json=other, headers=key("k")), 422)
    assert refused["type"] == "urn:v2ghub:problem:idempotency-key-reused"
    assert await stored(engine) == 1


async def test_a_key_is_free_again_after_a_day_and_its_answer_forgotten_after_two(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async def aged(hours: int) -> int:
        """How many answers are kept once they all have become older, and old ones have gone."""
        async with engine.begin() as conn:
            created_at = idempotency.table.c.created_at - timedelta(hours=hours)
            await conn.execute(idempotency.table.update().values(created_at=created_at))
        async with engine.begin() as conn:
            await idempotency.prune(conn)
            return await conn.scalar(select(func.count()).select_from(idempotency.table)) or 0

    first = await operator.post("/commands", json=RESET, headers=key("k"))
    assert await aged(hours=23) == 1
    again = await operator.post("/commands", json=RESET, headers=key("k"))
    assert again.json() == first.json()
    assert await aged(hours=2) == 1
    other = {**RESET, "payload": {"type": "Immediate"}}
    assert (await operator.post("/commands", json=other, headers=key("k"))).status_code == 202
    assert await stored(engine) == 2
    assert await aged(hours=47) == 1
    assert await aged(hours=2) == 0


async def test_without_a_key_nothing_is_done(
    operator: httpx.AsyncClient, engine: AsyncEngine, problem: Problem
) -> None:
    refused = problem(await operator.post("/commands", json=RESET), 400)
    assert refused["type"] == "urn:v2ghub:problem:idempotency-key-missing"
    assert await stored(engine) == 0


async def test_a_refused_command_does_not_use_up_its_key(operator: httpx.AsyncClient) -> None:
    wrong = {**RESET, "station_id": "hub-99"}
    assert (await operator.post("/commands", json=wrong, headers=key("k"))).status_code == 404
    assert (await operator.post("/commands", json=RESET, headers=key("k"))).status_code == 202


async def test_a_key_that_is_free_again_keeps_no_answer_for_an_unknown_station(
    operator: httpx.AsyncClient, engine: AsyncEngine, problem: Problem
) -> None:
    await operator.post("/commands", json=RESET, headers=key("k"))
    async with engine.begin() as conn:
        created_at = idempotency.table.c.created_at - timedelta(hours=25)
        await conn.execute(idempotency.table.update().values(created_at=created_at))
    wrong = {**RESET, "station_id": "hub-99"}
    refused = problem(await operator.post("/commands", json=wrong, headers=key("k")), 404)
    assert "hub-99" in str(refused["detail"])
    assert await stored(engine) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"evse_id": 1}, 202, id="of the site file"),
        pytest.param({"evse_id": 0}, 202, id="the station itself"),
        pytest.param({"evse_id": 7}, 404, id="of nobody"),
    ],
)
async def test_a_command_for_an_evse_is_for_one_that_somebody_told_of(
    operator: httpx.AsyncClient, change: dict[str, Any], status: int
) -> None:
    asked = await operator.post("/commands", json={**RESET, **change}, headers=key("k"))
    assert asked.status_code == status


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        pytest.param({"kind": "Explode"}, 422, "kind", id="unknown kind"),
        pytest.param({"kind": "SetSetpoint"}, 422, "kind", id="setpoints are the controller's"),
        pytest.param({"payload": "x"}, 422, "payload", id="payload is no object"),
        pytest.param({"surprise": 1}, 422, "surprise", id="unknown field"),
        pytest.param({"payload": {"a": "x" * 70_000}}, 422, "payload", id="too long"),
        pytest.param(
            {"payload": {"chargingSchedule": [{"chargingSchedulePeriod": [{"limit": -1.0}]}]}},
            422, "payload", id="negative limit",
        ),
        pytest.param({"payload": {"limit_L2": -1.0}}, 422, "payload", id="of one phase"),
        pytest.param({"payload": {"setpoint": -1}}, 422, "payload", id="negative setpoint"),
        pytest.param({"payload": nested(300)}, 422, "payload", id="too deep"),
        pytest.param({"payload": {"a": 2**70}}, 422, "payload", id="too large a number"),
        pytest.param({"payload": {"a": "\ud800"}}, 422, "payload", id="half a character"),
        pytest.param({"payload": {"a": "nul\0"}}, 422, None, id="NUL in the payload"),
        pytest.param({"kind": "DataTransfer", "payload": {"vendorId": "x"}}, 403, None, id="words"),
        pytest.param({"evse_id": 7}, 404, None, id="unknown EVSE"),
        pytest.param({"station_id": "nul\0"}, 422, "station_id", id="NUL in an id"),
    ],
)  # fmt: skip
async def test_what_cannot_be_right_is_refused_early(
    operator: httpx.AsyncClient, engine: AsyncEngine, problem: Problem,
    change: dict[str, Any], status: int, field: str | None,
) -> None:  # fmt: skip
    body, json_headers = dumps({**RESET, **change}), {"Content-Type": "application/json"}
    answer = await operator.post("/commands", content=body, headers=key("k") | json_headers)
    refused = problem(answer, status)
    if field is not None:
        assert [error["field"] for error in refused["errors"]] == [field]
    assert await stored(engine) == 0


async def test_raw_charging_profiles_are_for_administrators(
    operator: httpx.AsyncClient, people: People, problem: Problem
) -> None:
    raw = {**RESET, "kind": "ClearChargingProfile", "payload": {}}
    problem(await operator.post("/commands", json=raw, headers=key("1")), 403)
    start = {**RESET, "kind": "RequestStartTransaction", "payload": {"chargingProfile": {}}}
    problem(await operator.post("/commands", json=start, headers=key("2")), 403)
    offer = {**RESET, "kind": "OfferSchedule", "payload": {}}
    problem(await operator.post("/commands", json=offer, headers=key("3")), 422)
    report = {"chargingProfile": {"stackLevel": 0}}
    asked = {**RESET, "kind": "GetChargingProfiles", "payload": report}
    assert (await operator.post("/commands", json=asked, headers=key("4"))).status_code == 202
    admin = await people.user(Role.ADMIN)
    assert (await admin.post("/commands", json=raw, headers=key("1"))).status_code == 202


@pytest.mark.parametrize(
    "kind",
    ["SetVariables", "SetNetworkProfile", "UpdateDynamicSchedule", "SetDERControl", "AFRRSignal"],
)
async def test_what_takes_a_station_out_of_the_hubs_hands_is_for_administrators(
    operator: httpx.AsyncClient, engine: AsyncEngine, problem: Problem, kind: str
) -> None:
    asked = {**RESET, "kind": kind, "payload": {}}
    problem(await operator.post("/commands", json=asked, headers=key("1")), 403)
    assert await stored(engine) == 0


async def test_a_password_in_a_command_is_told_to_the_station_alone(
    people: People, engine: AsyncEngine
) -> None:
    admin, viewer = await people.user(Role.ADMIN), await people.user(Role.VIEWER)
    secret = {
        "basicAuthPassword": "hush",
        "vpn": {"user": "u", "key": "hush"},
        "apn": {"simPin": "hush"},
    }
    payload = {"connectionData": {"ocppTransport": "JSON", **secret}}
    asked = {**RESET, "kind": "SetNetworkProfile", "payload": payload}
    told = await admin.post("/commands", json=asked, headers=key("1"))
    listed = await viewer.get("/commands")
    async with engine.connect() as conn:
        audited = str(list(await conn.scalars(select(audit.c.detail))))
        assert await conn.scalar(select(command.c.payload)) == payload
    assert told.status_code == 202
    for seen in (told.text, listed.text, audited):
        assert "hush" not in seen
        assert "JSON" in seen


async def test_the_csms_is_hinted_after_the_commit(
    operator: httpx.AsyncClient, redis_url: str, engine: AsyncEngine
) -> None:
    from redis.asyncio import Redis

    async with Redis.from_url(redis_url, decode_responses=True) as redis:
        listening = redis.pubsub(ignore_subscribe_messages=True)
        async with listening:
            await listening.subscribe("v2ghub.commands")
            await operator.post("/commands", json=RESET, headers=key("k"))
            async with asyncio.timeout(5):
                while (hint := await listening.get_message(timeout=1.0)) is None:
                    pass
    assert hint["data"] == "ev36-v2g-01"
    assert await stored(engine) == 1


async def test_a_setpoint_in_a_vendors_words_is_the_controllers(
    admin: httpx.AsyncClient, engine: AsyncEngine, problem: Problem
) -> None:
    told = {"vendorId": "org.v2ghub.Simulator", "messageId": "SetCurrent"}
    told |= {"data": {"evse": 1, "dischargeCurrent": 16.0, "validFor": 3600}}
    one = {**RESET, "kind": "DataTransfer"}
    refused = await admin.post("/commands", json=one | {"payload": told}, headers=key("k"))
    assert "controller" in str(problem(refused, 422)["errors"])
    assert await stored(engine) == 0
    other = one | {"payload": told | {"messageId": "GetCurrent"}}
    assert (await admin.post("/commands", json=other, headers=key("l"))).status_code == 202
