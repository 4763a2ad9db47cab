"""A station that sends too fast is slowed, and nothing of it or of others is lost."""

import asyncio
import json
from time import perf_counter

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from websockets.asyncio.client import ClientConnection, connect

from csms.store import credentials
from tests.integration.csms.conftest import SECRET
from tests.integration.csms.station import basic
from tests.integration.csms.test_many import serving

pytestmark = pytest.mark.integration

FRAMES = 240
PER_S = 80.0
BURST = 40.0


async def dial(engine: AsyncEngine, url: str, station_id: str) -> ClientConnection:
    async with engine.begin() as conn:
        password = await credentials.add(conn, SECRET, station_id)
    return await connect(
        f"{url}/{station_id}",
        subprotocols=["ocpp2.0.1"],  # type: ignore[list-item]
        additional_headers=basic(station_id, password or ""),
        compression=None,
    )


async def asked(socket: ClientConnection, message_id: str) -> None:
    await socket.send(f'[2,"{message_id}","Heartbeat",{{}}]')
    assert json.loads(await asyncio.wait_for(socket.recv(), 15))[1] == message_id


async def answers(socket: ClientConnection) -> list[str]:
    """The message ids of the flood's answers, in the order they came."""
    return [json.loads(await asyncio.wait_for(socket.recv(), 15))[1] for _ in range(FRAMES)]


async def test_a_flood_is_answered_at_its_pace_and_a_neighbour_at_once(
    database_url: str, redis_url: str, engine: AsyncEngine
) -> None:
    pace = {"station_frames_per_s": PER_S, "station_frames_burst": BURST}
    async with (
        serving(database_url, redis_url, "paced", **pace) as (_, url),
        await dial(engine, url, "f-1") as fast,
        await dial(engine, url, "f-2") as calm,
    ):
        start_s = perf_counter()
        for number in range(FRAMES):
            await fast.send(f'[2,"{number}","Heartbeat",{{}}]')
        heard = asyncio.create_task(answers(fast))
        for number in range(20):
            await asked(calm, f"c-{number}")
        assert not heard.done(), "the neighbour waited until the flood was through"
        assert await heard == [str(number) for number in range(FRAMES)]
        took_s = perf_counter() - start_s

    assert took_s >= (FRAMES - BURST) / PER_S
