"""A station against a real WebSocket server, small enough to be read here."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from simulator.call import Call
from simulator.station import Station
from simulator.wire import Wire
from tests.simulator.makers import NOON, occupant, ordinary_answer, station_spec

pytestmark = pytest.mark.integration
DEADLINE_S = 20.0
OF_1_6: dict[str, dict[str, Any]] = {
    "Authorize": {"idTagInfo": {"status": "Accepted"}},
    "StartTransaction": {"idTagInfo": {"status": "Accepted"}, "transactionId": 7},
}


@dataclass
class TinyCsms:
    """Answers what it hears. `deaf`: closes instead of answering transaction events, as a CSMS
    does whose database is away."""

    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: list[list[Any]] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    sockets: set[ServerConnection] = field(default_factory=set)
    deaf: bool = False

    async def handle(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.authorizations.append(socket.request.headers["Authorization"])
        self.sockets.add(socket)
        try:
            async for text in socket:
                await self._take(socket, json.loads(text))
        except ConnectionClosed:
            pass
        finally:
            self.sockets.discard(socket)

    async def _take(self, socket: ServerConnection, frame: list[Any]) -> None:
        if frame[0] != 2:
            self.answers.append(frame)
            return
        _, message_id, action, payload = frame
        if self.deaf and action == "TransactionEvent":
            await socket.close(1013)
            return
        self.heard.append((action, payload))
        answer = ordinary_answer(Call(action, payload), NOON) | OF_1_6.get(action, {})
        await socket.send(json.dumps([3, message_id, answer]))

    def events(self) -> list[dict[str, Any]]:
        return [payload for action, payload in self.heard if action == "TransactionEvent"]


@dataclass
class Bench:
    """A wired station whose time passes only when told."""

    csms: TinyCsms
    station: Station
    now: datetime = NOON

    async def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += timedelta(seconds=1)
            self.station.step(self.now, 1.0)
            await asyncio.sleep(0)

    async def until(self, done: Callable[[], bool]) -> None:
        """Let site time pass, 50 times as fast as real time, until `done`."""
        async with asyncio.timeout(DEADLINE_S):
            while not done():
                await self.run(1)
                await asyncio.sleep(0.02)


@asynccontextmanager
async def wired(
    version: str = "2.0.1",
) -> AsyncIterator[tuple[Bench, Callable[[], Awaitable[Server]]]]:
    csms = TinyCsms()
    servers: list[Server] = []
    server = await serve(csms.handle, "127.0.0.1", 0, subprotocols=[f"ocpp{version}"])  # type: ignore[list-item]
    servers.append(server)
    port = next(iter(server.sockets)).getsockname()[1]
    station = Station(station_spec())
    bench = Bench(csms, station)
    url = f"ws://127.0.0.1:{port}/ocpp/s-01"
    wire = Wire(station, url, "secret", lambda: bench.now, Random(1), version)
    running = asyncio.create_task(wire.run())

    async def restart() -> Server:
        again = await serve(csms.handle, "127.0.0.1", port, subprotocols=[f"ocpp{version}"])  # type: ignore[list-item]
        servers.append(again)
        return again

    async def stop_and_restart() -> Server:
        servers[-1].close()
        await servers[-1].wait_closed()
        return await restart()

    try:
        yield bench, stop_and_restart
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        for each in servers:
            each.close()
            await each.wait_closed()


async def test_it_presents_its_identity_and_boots() -> None:
    async with wired() as (bench, _):
        await bench.until(lambda: len(bench.csms.heard) >= 2)
        expected = "Basic " + base64.b64encode(b"s-01:secret").decode()
        assert bench.csms.authorizations == [expected]
        assert [action for action, _ in bench.csms.heard] == [
            "BootNotification",
            "StatusNotification",
        ]


async def test_events_not_answered_come_again_in_order_after_an_outage() -> None:
    async with wired() as (bench, restart):
        await bench.until(lambda: len(bench.csms.heard) >= 2)
        bench.station.plug_in(occupant(), bench.now)
        await bench.until(lambda: len(bench.csms.events()) >= 3)
        bench.csms.deaf = True
        await bench.run(600)
        await bench.until(lambda: not bench.station.online)
        bench.station.unplug(bench.now)
        taken_wh = bench.station.evse.import_wh
        bench.csms.deaf = False
        await restart()
        await bench.until(lambda: bench.csms.events()[-1]["eventType"] == "Ended")
        events = bench.csms.events()
        assert [event["seqNo"] for event in events] == list(range(len(events)))
        assert [e["timestamp"] for e in events] == sorted(e["timestamp"] for e in events)
        assert events[-1]["offline"] is True
        last = events[-1]["meterValue"][0]["sampledValue"]
        assert last[0]["value"] == pytest.approx(taken_wh, abs=0.1)
        await bench.until(lambda: not bench.station.queue)


async def test_an_event_that_1_6_has_no_words_for_is_nobodys_to_acknowledge() -> None:
    async with wired("1.6") as (bench, _):
        acknowledged: list[int] = []
        bench.station.acknowledged = lambda event: acknowledged.append(event["seqNo"])
        await bench.until(lambda: len(bench.csms.heard) >= 2)
        bench.station.plug_in(occupant(), bench.now)
        await bench.until(lambda: bool(acknowledged) and not bench.station.queue)
        unheard = {"eventType": "Ended", "seqNo": 99, "triggerReason": "EVDeparted"}
        unheard |= {"transactionInfo": {"transactionId": "its start was never answered"}}
        bench.station.queue.append(Call("TransactionEvent", unheard, durable=True))
        bench.station.wake()
        await bench.until(lambda: not bench.station.queue)
        assert 99 not in acknowledged
        assert "StopTransaction" not in [action for action, _ in bench.csms.heard]


async def test_calls_of_the_csms_are_answered_while_one_of_ours_waits() -> None:
    async with wired() as (bench, _):
        await bench.until(lambda: len(bench.csms.heard) >= 2)
        (socket,) = bench.csms.sockets
        await socket.send('[2,"a","GetTransactionStatus",{}]')
        await socket.send('[2,"b","MakeCoffee",{}]')
        await socket.send("nonsense")
        await socket.send('[3,"nobody-asked",{}]')
        await bench.until(lambda: len(bench.csms.answers) == 3)
        assert [answer[:3] for answer in bench.csms.answers] == [
            [3, "a", {"messagesInQueue": False}],
            [4, "b", "NotImplemented"],
            [4, "-1", "RpcFrameworkError"],
        ]


async def test_a_reset_drops_the_connection_and_boots_again() -> None:
    async with wired() as (bench, _):
        await bench.until(lambda: len(bench.csms.heard) >= 2)
        (socket,) = bench.csms.sockets
        await socket.send('[2,"a","Reset",{"type":"Immediate"}]')
        await bench.until(lambda: len(bench.csms.authorizations) == 2)
        await bench.until(lambda: len(bench.csms.heard) >= 4)
        boots = [p["reason"] for action, p in bench.csms.heard if action == "BootNotification"]
        assert boots == ["PowerUp", "RemoteReset"]
        assert bench.csms.answers[0] == [3, "a", {"status": "Accepted"}]
