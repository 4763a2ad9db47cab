import asyncio
import json
from collections.abc import Callable
from datetime import UTC

import httpx
import pytest

from simulator.drivers import Drivers, told
from simulator.evse import Occupant
from simulator.sessions import Session, Tells, day_sessions
from simulator.vehicle import Vehicle
from tests.simulator.makers import NOON, ev36zero


def guest(tells: Tells, two_way: bool) -> Occupant:
    session = next(
        session
        for session in day_sessions(ev36zero(), NOON.date(), 1)
        if session.tells is tells and (session.vehicle.max_discharge_w > 0) is two_way
    )
    vehicle = Vehicle(session.vehicle, session.arrival_soc_ratio * session.vehicle.capacity_wh)
    return Occupant(vehicle, session, session.requested_wh)


async def told_over(
    handler: Callable[[httpx.Request], httpx.Response],
    guest: Occupant,
    is_here: Callable[[Session], bool] = lambda _: True,
) -> list[tuple[str, str, str]]:
    incidents: list[tuple[str, str, str]] = []
    transport = httpx.MockTransport(handler)
    async with httpx.AsyncClient(base_url="http://hub/api/v1/", transport=transport) as client:
        drivers = Drivers(client, "ev36zero", is_here, lambda *what: incidents.append(what))
        drivers.tell(guest)
        async with asyncio.timeout(10):
            await drivers.heard()
    return incidents


async def test_a_driver_tells_departure_and_target_and_tries_again_while_the_hub_is_away() -> None:
    requests: list[httpx.Request] = []

    def hub(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(503 if len(requests) == 1 else 200)

    two_way = guest(Tells.DRIVER, True)
    assert two_way.session is not None
    assert await told_over(hub, two_way) == []
    assert len(requests) == 2
    assert requests[1].method == "PUT"
    assert requests[1].url.path == f"/api/v1/vehicles/{two_way.vehicle.spec.vehicle_id}"
    body = json.loads(requests[1].content)
    departure = two_way.session.told_departure_at.astimezone(UTC)
    assert body["departure_at"].startswith(departure.isoformat()[:19])
    assert body["target_soc_pct"] == round(100 * two_way.session.target_soc_ratio, 1)
    assert body["v2g_allowed"] is True


async def test_a_refusal_is_an_incident_and_not_repeated() -> None:
    requests: list[httpx.Request] = []

    def hub(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(422)

    incidents = await told_over(hub, guest(Tells.DRIVER, False))
    assert len(requests) == 1
    assert [kind for _, kind, _ in incidents] == ["telling_refused"]


@pytest.mark.parametrize("tells", [Tells.STATION, Tells.NOTHING])
async def test_others_tell_the_hub_nothing(tells: Tells) -> None:
    def hub(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"{request.url} was called")

    assert await told_over(hub, guest(tells, False)) == []


async def test_who_has_left_tells_nothing_any_more() -> None:
    def hub(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    asked = iter([True, False])
    assert await told_over(hub, guest(Tells.DRIVER, False), lambda _: next(asked)) == []


def test_where_the_charge_is_not_known_an_amount_is_told() -> None:
    one_way = guest(Tells.DRIVER, False)
    assert one_way.session is not None
    body = told("ev36zero", one_way, one_way.session)
    assert body["requested_wh"] == one_way.session.requested_wh
    assert "target_soc_pct" not in body
