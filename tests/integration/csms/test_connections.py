"""Who gets in, who is the station's connection, and what bad input can do: nothing."""

import asyncio
import json
import os
import random
from typing import Any

import pytest
from sqlalchemy import make_url
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from csms.domain.ids import ChargingStationId
from csms.ocppj.peer import CallReceived, FrameRefused, Peer
from csms.store import tables
from tests.csms.ocppj import test_malformed_frames as fuzz
from tests.engines import Databases
from tests.integration.csms.conftest import Hub, until
from tests.integration.csms.station import basic, connected, stamp

pytestmark = pytest.mark.integration

LONG = os.environ.get("V2GHUB_CHAOS") == "long"
SECOND_CONNECTIONS = 1_000 if LONG else 20
MALFORMED = 10_000 if LONG else 500
HEARTBEAT = '[2,"hb","Heartbeat",{}]'


def dial(hub: Hub, path: str, user: str, password: str, *subprotocols: str) -> connect:
    return connect(
        f"{hub.url}/{path}",
        subprotocols=subprotocols or ("ocpp2.0.1",),  # type: ignore[arg-type]
        additional_headers=basic(user, password),
        compression=None,
    )


async def refused_with(attempt: connect) -> int:
    with pytest.raises(InvalidStatus) as refusal:
        async with attempt:
            pass
    return refusal.value.response.status_code


async def close_code(socket: ClientConnection) -> int | None:
    await asyncio.wait_for(socket.wait_closed(), 15)
    return socket.close_code


async def test_only_the_right_password_of_the_identity_in_the_url_opens_a_socket(hub: Hub) -> None:
    station_id, password = await hub.new_station()
    other_id, other_password = await hub.new_station()

    assert await refused_with(dial(hub, station_id, station_id, "wrong")) == 401
    assert await refused_with(dial(hub, "nobody", "nobody", password)) == 401
    assert await refused_with(dial(hub, station_id, other_id, other_password)) == 401
    assert await refused_with(connect(f"{hub.url}/{station_id}", subprotocols=["ocpp2.0.1"])) == 401  # type: ignore[list-item]
    for path in (station_id, f"{station_id}/", f"ocpp/{station_id}", f"a/b/{station_id}/"):
        async with dial(hub, path, station_id, password) as socket:
            assert socket.subprotocol == "ocpp2.0.1"


async def test_unknown_and_wrong_get_the_same_answer(hub: Hub) -> None:
    station_id, _ = await hub.new_station()
    answers = []
    for identity in (station_id, "cs-unknown"):
        with pytest.raises(InvalidStatus) as refusal:
            async with dial(hub, identity, identity, "wrong"):
                pass
        response = refusal.value.response
        headers = {k: v for k, v in response.headers.raw_items() if k != "Date"}
        answers.append((response.status_code, headers, response.body))

    assert answers[0] == answers[1]


async def test_guessing_is_slowed_and_others_at_the_address_still_get_in(hub: Hub) -> None:
    victim, _ = await hub.new_station()
    neighbour, password = await hub.new_station()
    async with dial(hub, neighbour, neighbour, password):
        pass
    statuses = [await refused_with(dial(hub, victim, victim, f"guess-{n}")) for n in range(30)]

    assert statuses[:10] == [401] * 10
    assert statuses.count(429) >= 15
    async with dial(hub, neighbour, neighbour, password) as socket:
        await socket.send(HEARTBEAT)
        assert await asyncio.wait_for(socket.recv(), 15)


async def test_the_newest_subprotocol_is_chosen_in_any_spelling(hub: Hub) -> None:
    station_id, password = await hub.new_station()
    async with dial(hub, station_id, station_id, password, "ocpp1.6", "OCPP2.0.1") as socket:
        assert socket.subprotocol == "OCPP2.0.1"


@pytest.mark.parametrize("offered", [("ocpp1.5",), ("soap", "ocpp1.5")])
async def test_no_common_subprotocol_completes_the_handshake_and_closes(
    hub: Hub, offered: tuple[str, ...]
) -> None:
    station_id, password = await hub.new_station()
    async with dial(hub, station_id, station_id, password, *offered) as socket:
        assert socket.subprotocol is None
        assert await close_code(socket) == 1002


async def test_the_newest_connection_wins_and_the_old_one_takes_nothing_with_it(hub: Hub) -> None:
    station_id, password = await hub.new_station()
    async with connected(hub.url, station_id, password) as first:
        await first.boot_until_accepted()
        async with connected(hub.url, station_id, password) as second:
            await first.socket.wait_closed()
            assert first.socket.close_code == 1008
            assert (await second.boot(reason="Triggered")).status == "Accepted"
            row = await hub.row(tables.charging_station, station_id)
            assert (row["connected"], row["connection_epoch"]) == (True, 2)
            assert hub.csms.registry.epochs() == {station_id: 2}

    async def gone() -> bool:
        return not (await hub.row(tables.charging_station, station_id))["connected"]

    await until(gone)
    notices = await hub.rows(tables.station_notice, station_id)
    assert "ConnectionTakenOver" in {notice["kind"] for notice in notices}


@pytest.mark.chaos
@pytest.mark.timeout(600)
async def test_of_many_sockets_of_one_station_exactly_one_stays(hub: Hub) -> None:
    station_id, password = await hub.new_station()
    turn = asyncio.Semaphore(50)

    async def one() -> ClientConnection:
        async with turn:
            return await dial(hub, station_id, station_id, password)

    sockets = await asyncio.gather(*(one() for _ in range(SECOND_CONNECTIONS)))

    async def one_left() -> bool:
        return sum(socket.close_code is None for socket in sockets) == 1

    await until(one_left, 60)
    (survivor,) = (socket for socket in sockets if socket.close_code is None)
    await survivor.send(HEARTBEAT)
    assert json.loads(await asyncio.wait_for(survivor.recv(), 15))[1] == "hb"
    row = await hub.row(tables.charging_station, station_id)
    assert row["connection_epoch"] == SECOND_CONNECTIONS
    assert hub.csms.registry.epochs() == {station_id: SECOND_CONNECTIONS}
    await survivor.close()


def malformed(chance: random.Random) -> str | bytes:
    event = '{"eventType":"Started","seqNo":0}'
    frames: list[str | bytes] = [
        "",
        "{",
        "null",
        "[]",
        "[2]",
        '[2,"a"]',
        '[2,"a",["Heartbeat"],{}]',
        '[2,7,"Heartbeat",{}]',
        f'[2,"{"x" * 37}","Heartbeat",{{}}]',
        '[2,"a","Heartbeat",[]]',
        '[2,"a","Heartbeat",{"x":NaN}]',
        '[2,"a","Heartbeat",{"x":1e999}]',
        '[2,"a","Heartbeat",{"x":1,"x":2}]',
        '[2,"a","StatusNotification",{"status":"\\u0000"}]',
        '[2,"a","StatusNotification",{"status":"\\ud800"}]',
        f'[2,"a","TransactionEvent",{event}]',
        '[2,"a","MeterValues",{"evseId":"one"}]',
        '[2,"a","NoSuchAction",{}]',
        '[2,"a","CostUpdated",{}]',
        '[9,"a",{}]',
        '["2","a","Heartbeat",{}]',
        "[" * 5_000 + "]" * 5_000,
        f"[2,{'9' * 5_000},1]",
        b"\xff\xfe[2]",
        chance.randbytes(chance.randrange(1, 200)),
        "".join(chance.choices('[]{}",:2345abc\\ ', k=chance.randrange(1, 80))),
    ]
    return chance.choice(frames)


def nonsense(seed: int, number: int) -> list[str | bytes]:
    """Frames that deserve an answer: refused, or by luck calls; a frame that passes for an answer
    is none of them."""
    chance = random.Random(seed)
    makers = (malformed, fuzz.frame)
    found: list[str | bytes] = []
    while len(found) < number:
        frame = chance.choice(makers)(chance)
        if sendable(frame) and isinstance(Peer().receive(frame, 0.0), FrameRefused | CallReceived):
            found.append(frame)
    return found


def sendable(frame: str | bytes) -> bool:
    try:
        return isinstance(frame, bytes) or bool(frame.encode() or True)
    except UnicodeEncodeError:
        return False


@pytest.mark.chaos
@pytest.mark.timeout(600)
async def test_malformed_frames_are_each_answered_and_the_socket_stays(hub: Hub) -> None:
    station_id, password = await hub.new_station()
    frames = nonsense(7, MALFORMED)
    answers: list[list[Any]] = []
    longest = 0
    async with dial(hub, station_id, station_id, password) as socket:

        async def send_all() -> None:
            for frame in frames:
                await socket.send(frame, text=True)
            await socket.send('[2,"last","Heartbeat",{}]')

        sending = asyncio.create_task(send_all())
        while len(answers) < len(frames) + 1:
            text = await asyncio.wait_for(socket.recv(), 15)
            if (answer := json.loads(text))[0] != 2:  # what it asks of us in between
                answers.append(answer)
                longest = max(longest, len(text))
        await sending
        assert socket.close_code is None

    assert answers[-1][1] == "last"
    assert {answer[0] for answer in answers} <= {3, 4}
    assert sum(answer[0] == 4 for answer in answers) > MALFORMED / 2
    assert longest <= 1024
    assert {answer[2] for answer in answers if answer[0] == 4} >= {
        "RpcFrameworkError",
        "NotImplemented",
    }
    assert await hub.rows(tables.transaction_event, station_id) == []


async def test_a_handler_that_fails_is_an_internal_error_and_the_socket_stays(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    station_id, password = await hub.new_station()

    async def fail(*_: object) -> bytes:
        raise RuntimeError("a bug")

    services = hub.csms.server.reception.services
    monkeypatch.setattr(type(services), "answer", property(lambda _: fail), raising=False)
    async with dial(hub, station_id, station_id, password) as socket:
        await socket.send(HEARTBEAT)
        answer = json.loads(await asyncio.wait_for(socket.recv(), 15))
        assert answer[:3] == [4, "hb", "InternalError"]
        assert "bug" not in json.dumps(answer)
        await socket.send(HEARTBEAT)
        assert json.loads(await asyncio.wait_for(socket.recv(), 15))[1] == "hb"


async def test_while_the_database_is_away_nothing_is_answered_and_nothing_is_lost(
    hub: Hub, databases: Databases, database_url: str
) -> None:
    station_id, password = await hub.new_station()
    name = make_url(database_url).database
    at = stamp()

    async def database(statement: str) -> None:
        await asyncio.to_thread(databases.run, statement)

    async with connected(hub.url, station_id, password) as station:
        await station.boot_until_accepted()
        await database(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            await database(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )
            answer = asyncio.create_task(
                station.transaction_event("Started", import_wh=5.0, at=at, seq_no=0)
            )
            await asyncio.wait_for(station.socket.wait_closed(), 15)
            assert station.socket.close_code == 1013
            assert not answer.done()
            answer.cancel()
            assert await refused_with(dial(hub, station_id, station_id, password)) == 503
        finally:
            await database(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        transaction_id = station.transaction_id
    async with connected(hub.url, station_id, password) as station:
        station.transaction_id = transaction_id
        for _ in range(2):
            await station.transaction_event("Started", import_wh=5.0, at=at, seq_no=0)

    assert len(await hub.rows(tables.transaction_event, station_id)) == 1


async def test_stations_of_a_previous_life_are_let_go(hub: Hub) -> None:
    station_id, password = await hub.new_station()
    async with dial(hub, station_id, station_id, password) as socket:
        await socket.ping()

        async def connected_now() -> bool:
            return bool((await hub.row(tables.charging_station, station_id))["connected"])

        await until(connected_now)
        await hub.csms.presence.claim_previous_life()
        assert not await connected_now()
        assert ChargingStationId(station_id) in hub.csms.registry.epochs()
