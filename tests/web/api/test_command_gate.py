"""What a person or a program sends past the controller passes the site's gate."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store.tables import charging_station, command, evse
from scheduler.store.tables import site, vehicle
from tests.web.conftest import Problem, approve, ask, key
from tests.web.seed import NOON, SITE, STATION, put
from web.api import command_gate
from web.store.tables import audit

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is: all that a test sends comes in one window."""
    monkeypatch.setattr(command_gate, "SHARE_WINDOW", timedelta(hours=1))


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
    monkeypatch.setattr(command_gate, "SHARE_WINDOW", timedelta(0))
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


PRIORITY = {"transactionId": "tx-1", "activate": True}


async def ordered(engine: AsyncEngine, *setpoints_w: float, last_s: float) -> None:
    """The controller gave the van these setpoints, ten seconds apart; the last is in force."""
    async with engine.begin() as conn:
        for number, setpoint_w in enumerate(reversed(setpoints_w)):
            at = NOON - timedelta(seconds=last_s + 10 * number)
            until = at + timedelta(minutes=5)
            payload = {"setpoint_w": setpoint_w, "until": until.isoformat(), "reason": "plan"}
            await put(
                conn, command, command_id=uuid4(), station_id=STATION, evse_id=1,
                kind="SetSetpoint", payload=payload, priority=1, created_at=at, deadline_at=until,
                requested_by="controller", status="confirmed", version=len(setpoints_w) - number,
            )  # fmt: skip
        await conn.execute(
            evse.update().where(evse.c.station_id == STATION).values(setpoint_w=setpoints_w[-1])
        )


async def last_refusal(engine: AsyncEngine) -> tuple[str, str]:
    async with engine.connect() as conn:
        gate = audit.c.action.like("gate.%")
        found = await conn.execute(
            select(audit).where(gate).order_by(audit.c.audit_id.desc()).limit(1)
        )
    row = found.one()
    return row.action, row.detail["why"]


async def test_who_gives_must_dwell_before_a_person_may_have_it_charge(
    admin: httpx.AsyncClient, engine: AsyncEngine, problem: Problem
) -> None:
    """It may be stopped meanwhile."""
    await rules(engine, dwell_s=3600)
    await ordered(engine, -5_000.0, last_s=20)
    turn = wish(1, "UsePriorityCharging", **PRIORITY)
    answer = await admin.post("/commands", json=turn, headers=key())
    assert str(problem(answer, 429)["type"]).endswith(":dwell")
    assert 3000 <= int(answer.headers["Retry-After"]) <= 3580
    action, why = await last_refusal(engine)
    assert action == "gate.dwell"
    assert STATION in why
    await rules(engine, dwell_s=15)
    assert (await admin.post("/commands", json=turn, headers=key())).status_code == 202


async def test_who_turned_by_hand_has_turned_and_dwells(
    admin: httpx.AsyncClient, engine: AsyncEngine, problem: Problem
) -> None:
    """What was ordered by hand counts for what is asked by hand next."""
    await rules(engine, dwell_s=500)
    await ordered(engine, -5_000.0, last_s=600)
    turn = wish(1, "UsePriorityCharging", **PRIORITY)
    assert (await admin.post("/commands", json=turn, headers=key())).status_code == 202
    back = wish(1, "AFRRSignal", timestamp="2026-06-01T12:00:00Z", signal=-1)
    told = problem(await admin.post("/commands", json=back, headers=key()), 429)
    assert str(told["type"]).endswith(":dwell")


async def test_nobody_turns_a_vehicle_to_and_fro_by_hand_more_often_than_the_site_allows(
    admin: httpx.AsyncClient, engine: AsyncEngine, problem: Problem
) -> None:
    await rules(engine, dwell_s=0, reversals_per_h=3)
    await ordered(engine, 7_000.0, -5_000.0, 7_000.0, -5_000.0, last_s=5)
    turn = wish(1, "UsePriorityCharging", **PRIORITY)
    answer = await admin.post("/commands", json=turn, headers=key())
    assert str(problem(answer, 429)["type"]).endswith(":reversals")
    assert 3000 <= int(answer.headers["Retry-After"]) <= 3600


async def test_the_ramp_holds_for_what_is_raised_by_hand(
    admin: httpx.AsyncClient, engine: AsyncEngine, problem: Problem
) -> None:
    """From 7 kW to 11 kW within ten seconds: 400 W/s."""
    await rules(engine, ramp_w_per_s=300)
    raised = wish(1, "UsePriorityCharging", **PRIORITY)
    answer = await admin.post("/commands", json=raised, headers=key())
    assert str(problem(answer, 429)["type"]).endswith(":ramp")
    assert answer.headers["Retry-After"] == "10"
    await rules(engine, ramp_w_per_s=500)
    assert (await admin.post("/commands", json=raised, headers=key())).status_code == 202


async def test_one_vehicle_may_always_be_stopped(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await rules(engine, ramp_w_per_s=10)
    await ordered(engine, -5_000.0, last_s=5)
    stop = wish(1, "RequestStopTransaction", transactionId="tx-1")
    assert (await operator.post("/commands", json=stop, headers=key())).status_code == 202


@pytest.mark.parametrize(
    ("driver", "rule"),
    [
        ({"v2g_allowed": False}, "driver-opt-out"),
        ({"v2g_paused_until": NOON + timedelta(hours=3)}, "driver-opt-out"),
        ({"v2g_floor_soc_pct": 60.0}, "v2g-floor"),
        ({"v2g_paused_until": NOON - timedelta(hours=3)}, None),
    ],
)
async def test_by_hand_nothing_is_taken_that_the_driver_does_not_let_go(
    admin: httpx.AsyncClient,
    engine: AsyncEngine,
    problem: Problem,
    driver: dict[str, Any],
    rule: str | None,
) -> None:
    async with engine.begin() as conn:
        await conn.execute(vehicle.update().values(driver))
    allow = wish(
        1, "NotifyAllowedEnergyTransfer", transactionId="tx-1", allowedEnergyTransfer=["AC_BPT"]
    )
    answer = await admin.post("/commands", json=allow, headers=key())
    if rule is None:
        assert answer.status_code == 202
        return
    assert str(problem(answer, 409)["type"]).endswith(f":{rule}")
    assert (await last_refusal(engine))[0] == f"gate.{rule}"


async def test_two_people_may_not_do_it_either_until_it_has_dwelt(
    admin: httpx.AsyncClient, second: httpx.AsyncClient, engine: AsyncEngine, problem: Problem
) -> None:
    """Their wish waits on."""
    await rules(engine, dwell_s=3600)
    await ordered(engine, -5_000.0, last_s=20)
    turn = {"commands": [wish(1, "UsePriorityCharging", **PRIORITY)]}
    asked = await ask(admin, "commands", turn)
    told = problem(await approve(second, asked), 429)
    assert str(told["type"]).endswith(":dwell")
    assert (await last_refusal(engine))[0] == "gate.dwell"
    await rules(engine, dwell_s=15, ramp_w_per_s=1)
    assert (await approve(second, asked)).status_code == 200


async def test_what_moves_power_is_not_sent_when_it_is_no_longer_fresh(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await rules(engine, fresh_s=20)
    told = (await operator.post("/commands", json=wish(1), headers=key())).json()
    reads = wish(1, "GetLocalListVersion", customData={"vendorId": "x"})
    read = (await operator.post("/commands", json=reads, headers=key())).json()

    def waits_s(one: dict[str, Any]) -> float:
        created_at, deadline_at = (
            datetime.fromisoformat(one[name]) for name in ("created_at", "deadline_at")
        )
        return (deadline_at - created_at).total_seconds()

    assert (waits_s(told), waits_s(read)) == (20.0, 120.0)


async def test_a_station_of_no_site_swings_none(
    admin: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with engine.begin() as conn:
        await put(
            conn, charging_station, station_id="lone", password_hmac=b"x", connected=True,
            registration_status="Accepted",
        )  # fmt: skip
    lone = {"station_id": "lone", "kind": "Reset", "payload": {"type": "OnIdle"}}
    assert (await admin.post("/commands", json=lone, headers=key())).status_code == 202
