"""Sockets that say nothing: capped per address and in all, and a speaker is never sent away."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from csms import lobby as module
from csms.lobby import Lobby, StationSocket

pytestmark = pytest.mark.integration


@dataclass
class Echo:
    socket: StationSocket

    def hear(self, message: bytes) -> None:
        self.socket.say(message)

    def go_on(self) -> None:
        pass


@asynccontextmanager
async def listening(lobby: Lobby) -> AsyncIterator[int]:
    async def echo(socket: ServerConnection) -> None:
        assert isinstance(socket, StationSocket)
        socket.listen(Echo(socket))
        await socket.wait_closed()

    async with serve(
        echo,
        "127.0.0.1",
        0,
        create_connection=lobby.socket,  # type: ignore[arg-type]
        ping_interval=None,
    ) as server:
        yield next(iter(server.sockets)).getsockname()[1]


@asynccontextmanager
async def silent(port: int, number: int) -> AsyncIterator[list[asyncio.StreamReader]]:
    """Sockets that say nothing, in the order in which they came."""
    pairs = [await asyncio.open_connection("127.0.0.1", port) for _ in range(number)]
    try:
        yield [reader for reader, _ in pairs]
    finally:
        for _, writer in pairs:
            writer.close()


async def is_shown_out(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(15):
            return await reader.read(1) == b""
    except ConnectionError:
        return True


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not condition():  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.01)


async def spoken(port: int) -> None:
    async with connect(f"ws://127.0.0.1:{port}") as socket:
        await socket.send("a")
        assert await socket.recv() == "a"


@pytest.mark.parametrize(
    "lobby", [Lobby(half_open_per_address=5), Lobby(half_open=5)], ids=["per address", "in all"]
)
async def test_the_oldest_of_too_many_silent_sockets_gives_way(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    async with listening(lobby) as port, silent(port, 5) as early:
        await spoken(port)
        assert await is_shown_out(early[0])
        async with silent(port, 1):
            await until(lambda: len(lobby.silent) == 5)
            assert not early[1].at_eof()
    await until(lambda: not lobby.silent and not lobby.sockets)


async def test_many_of_one_address_at_once_are_not_taken_for_silent() -> None:
    lobby = Lobby(half_open_per_address=5)
    async with listening(lobby) as port:
        await asyncio.gather(*(spoken(port) for _ in range(40)))
        assert not lobby.silent


async def test_who_answers_a_ping_stays_and_who_does_not_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_s = 1_000.0
    monkeypatch.setattr(module, "monotonic_s", lambda: now_s)
    lobby = Lobby()
    async with (
        listening(lobby) as port,
        silent(port, 1) as (deaf,),
        connect(f"ws://127.0.0.1:{port}", ping_interval=None, close_timeout=0.1) as line,
    ):
        now_s += 100.0  # however long it stood still: they are asked first
        lobby.look(30.0)
        await until(lambda: any(socket.heard_s == now_s for socket in lobby.sockets))
        assert len(lobby.sockets) == 2
        now_s += 30.0
        lobby.look(30.0)
        assert await is_shown_out(deaf)
        await line.send("a")
        assert await line.recv() == "a"
        line.transport.pause_reading()
        for _ in range(2):
            now_s += 30.0
            lobby.look(30.0)
        await until(lambda: not lobby.sockets)


async def test_it_looks_again_and_again() -> None:
    lobby = Lobby()
    async with listening(lobby) as port, silent(port, 1) as (deaf,):
        keeping = asyncio.create_task(lobby.keep_alive(0.1))
        assert await is_shown_out(deaf)
        keeping.cancel()


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
async def test_a_message_of_any_length_goes_there_and_back(size: int) -> None:
    async with (
        listening(Lobby()) as port,
        connect(f"ws://127.0.0.1:{port}", compression=None) as socket,
    ):
        await socket.send("a" * size)
        assert await socket.recv() == "a" * size


async def test_a_message_in_parts_is_heard_whole() -> None:
    async with listening(Lobby()) as port, connect(f"ws://127.0.0.1:{port}") as socket:
        await socket.send(["a", "b", "c"])
        assert await socket.recv() == "abc"


async def test_what_comes_before_somebody_listens_is_heard_in_order() -> None:
    ready = asyncio.Event()

    async def late(socket: ServerConnection) -> None:
        assert isinstance(socket, StationSocket)
        await ready.wait()
        socket.listen(Echo(socket))
        await socket.wait_closed()

    lobby = Lobby()
    async with serve(late, "127.0.0.1", 0, create_connection=lobby.socket) as server:  # type: ignore[arg-type]
        port = next(iter(server.sockets)).getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}") as socket:
            told = [str(number) for number in range(2 * module.EARLY)]
            for text in told:
                await socket.send(text)
            ready.set()
            assert [await socket.recv() for _ in told] == told
