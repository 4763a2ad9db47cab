"""Plays a recording against a running csms: the station's own calls, in its order, one at a time.

What the csms calls is answered as the recorded station answered that action; what it was never
asked is answered as a plain station would. A station that is Pending boots again once it has been
made ready, as all of them do when their interval is over.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.replay.recording import Frame, Recording, Socket

WITHIN_S = 15.0


@dataclass
class Exchange:
    """One call of the station, and the frame that answered it."""

    action: str
    payload: dict[str, Any]
    answer: Frame

    @property
    def error(self) -> str | None:
        """The code of a CALLERROR; None for a CALLRESULT."""
        return str(self.answer[2]) if self.answer[0] == 4 else None


@dataclass
class Played:
    """What came of it. `asked`: the actions that the csms called."""

    exchanges: list[Exchange] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    transaction_ids: dict[int, int] = field(default_factory=dict)
    """The recording's → ours (1.6, where the central system gives them)."""
    closed_by: list[int] = field(default_factory=list)

    def errors(self) -> set[tuple[str, str]]:
        """(action, code) of every CALLERROR."""
        return {(one.action, one.error) for one in self.exchanges if one.error}


async def play(url: str, recording: Recording, station_id: str, password: str) -> Played:
    """The whole recording, socket after socket."""
    played = Played()
    for socket in recording.sockets:
        async with on_line(url, recording, socket, station_id, password, played) as player:
            for frame in socket.calls:
                await player.say(frame)
        played.closed_by.append(player.socket.protocol.close_code or 0)
    return played


@asynccontextmanager
async def on_line(
    url: str,
    recording: Recording,
    socket: Socket,
    station_id: str,
    password: str,
    played: Played,
) -> AsyncIterator["Player"]:
    """The station on one of its sockets."""
    token = base64.b64encode(f"{station_id}:{password}".encode()).decode()
    path = socket.path.replace(recording.name, quote(station_id))
    async with connect(
        f"{url}{path}",
        subprotocols=socket.offered,  # type: ignore[arg-type]
        additional_headers={"Authorization": f"Basic {token}"},
        compression=None,
    ) as line:
        player = Player(line, recording, played)
        listening = asyncio.create_task(player.listen())
        try:
            yield player
        finally:
            await line.close()
            await listening


class Player:
    """One socket of a replayed station."""

    def __init__(self, socket: ClientConnection, recording: Recording, played: Played) -> None:
        self.socket = socket
        self._recording = recording
        self._played = played
        self._answers: dict[str, asyncio.Future[Frame]] = {}
        self._made_ready = asyncio.Event()
        self._given: dict[str, int] = {}

    async def say(self, frame: Frame) -> Exchange:
        """Send a recorded call; wait for its answer."""
        self._made_ready.clear()
        exchange = await self._exchange(frame)
        pending = frame[2] == "BootNotification" and exchange.error is None
        if pending and exchange.answer[2]["status"] == "Pending" and self._recording.takes_profiles:
            async with asyncio.timeout(WITHIN_S):
                await self._made_ready.wait()
            again = await self._exchange([2, f"again-{len(self._answers)}", *frame[2:]])
            assert again.answer[2]["status"] == "Accepted", "made ready, and not accepted"
        return exchange

    async def _exchange(self, frame: Frame) -> Exchange:
        given = self._played.transaction_ids
        if frame[3].get("transactionId") in given:
            frame = [*frame[:3], frame[3] | {"transactionId": given[frame[3]["transactionId"]]}]
        answered = self._answers[frame[1]] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps(frame))
        answer = await asyncio.wait_for(answered, WITHIN_S)
        if answer[0] == 3 and frame[1] in self._recording.transaction_ids:
            given[self._recording.transaction_ids[frame[1]]] = answer[2]["transactionId"]
        exchange = Exchange(frame[2], frame[3], answer)
        self._played.exchanges.append(exchange)
        return exchange

    async def listen(self) -> None:
        """Until the socket closes."""
        async for text in self.socket:
            frame = json.loads(text)
            if frame[0] in (3, 4) and frame[1] in self._answers:
                if not self._answers[frame[1]].done():
                    self._answers[frame[1]].set_result(frame)
            elif frame[0] == 2:
                self._played.asked.append(frame[2])
                with suppress(ConnectionClosed):
                    await self.socket.send(json.dumps(self._answer(*frame[1:])))
                if frame[2] in ("GetBaseReport", "TriggerMessage"):
                    self._made_ready.set()

    def _answer(self, message_id: str, action: str, payload: dict[str, Any]) -> Frame:
        recorded = self._recording.answers.get(action)
        if action == "SetVariables":
            return [3, message_id, _variables_set(payload)]
        if recorded is None:
            return [3, message_id, _PLAIN.get(action, {"status": "Accepted"})]
        turn = self._given[action] = self._given.get(action, -1) + 1
        frame = recorded[turn % len(recorded)]
        return [frame[0], message_id, *frame[2:]]


_PLAIN: dict[str, dict[str, Any]] = {"GetConfiguration": {"configurationKey": []}}


def _variables_set(payload: dict[str, Any]) -> dict[str, Any]:
    """All six take what they are told, also what they do not have."""
    return {
        "setVariableResult": [
            {"attributeStatus": "Accepted"} | {key: one[key] for key in ("component", "variable")}
            for one in payload["setVariableData"]
        ]
    }
