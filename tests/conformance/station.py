"""A scripted station: a raw OCPP-J client of any version, whose every frame, both ways, must be
valid by the official JSON schemas.

What the csms calls is answered by `answers`; anything else waits until a test expects it.
"""

import asyncio
import base64
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import uuid4

from jsonschema.validators import validator_for
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

WITHIN_S = 15.0
FOLDERS = {"1.6": "v16", "2.0.1": "v201", "2.1": "v21"}
Payload = dict[str, Any]
Answer = Payload | Callable[[Payload], Payload]


class CallRefusedError(AssertionError):
    """The csms answered a call with CALLERROR."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code


@cache
def _validator(version: str, name: str) -> Any:
    folder = files("ocpp") / FOLDERS[version] / "schemas"
    found = folder / f"{name}.json"
    if not found.is_file():  # 1.6 and NotifyPeriodicEventStream have no suffix
        found = folder / f"{name.removesuffix('Request')}.json"
    schema = json.loads(found.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    return validator_for(schema)(schema)


def require_valid(version: str, name: str, payload: Payload) -> None:
    """`name` is the message, such as HeartbeatRequest."""
    exact = json.loads(json.dumps(payload), parse_float=Decimal)  # for 1.6: multipleOf 0.1
    errors = [error.message for error in _validator(version, name).iter_errors(exact)]
    assert not errors, f"{name} ({version}) is not valid: {errors}: {payload}"


class ScriptedStation:
    """`heard` keeps every call of the csms as (action, payload), in order."""

    def __init__(self, station_id: str, version: str, socket: ClientConnection) -> None:
        self.station_id = station_id
        self.version = version
        self.socket = socket
        self.answers: dict[str, Answer] = dict(OBLIGING)
        self.heard: list[tuple[str, Payload]] = []
        self._expected: dict[str, deque[tuple[Answer, asyncio.Future[Payload]]]] = defaultdict(
            deque
        )
        self._unexpected: dict[str, deque[tuple[str, Payload]]] = defaultdict(deque)
        self._calls: dict[str, asyncio.Future[list[Any]]] = {}
        self._heard_one = asyncio.Event()
        self._told_of: dict[str, int] = defaultdict(int)
        self._free = asyncio.Event()
        self._free.set()

    async def call(self, action: str, payload: Payload, *, valid: bool = True) -> Payload:
        """Call the csms; its answer. `valid=False`: a bad request on purpose.

        Raises CallRefusedError.
        """
        if valid:
            require_valid(self.version, f"{action}Request", payload)
        message_id = str(uuid4())
        answered = self._calls[message_id] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps([2, message_id, action, payload]))
        frame = await asyncio.wait_for(answered, WITHIN_S)
        if frame[0] == 4:
            raise CallRefusedError(str(frame[2]), str(frame[3]))
        answer: Payload = frame[2]
        require_valid(self.version, f"{action}Response", answer)
        return answer

    async def send(self, action: str, payload: Payload) -> None:
        """A SEND (2.1, message type 6): it is never answered."""
        require_valid(self.version, f"{action}Request", payload)
        await self.socket.send(json.dumps([6, str(uuid4()), action, payload]))

    async def expect(self, action: str, answer: Answer) -> Payload:
        """Wait until the csms calls `action`, answer so, and return its payload."""
        if self._unexpected[action]:
            message_id, payload = self._unexpected[action].popleft()
            await self._tell(message_id, action, payload, answer)
            return payload
        heard: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        self._expected[action].append((answer, heard))
        return await asyncio.wait_for(heard, WITHIN_S)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Calls of the csms wait until the block, and what the test does next, is done: so a test
        that asks for something can say first what it expects of it."""
        self._free.clear()
        yield
        self._free.set()

    async def heard_of(self, action: str, count: int = 1) -> Payload:
        """Wait until `action` was called `count` times in all; the last payload."""
        async with asyncio.timeout(WITHIN_S):
            while len(found := [told for name, told in self.heard if name == action]) < count:
                self._heard_one.clear()
                await self._heard_one.wait()
        return found[count - 1]

    async def next_of(self, action: str, like: Callable[[Payload], bool]) -> Payload:
        """The next such call nobody asked for yet, however early it came; answered as `answers`
        says."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                for index in range(self._told_of[action], len(self.heard)):
                    name, payload = self.heard[index]
                    if name == action and like(payload):
                        self._told_of[action] = index + 1
                        return payload
                self._heard_one.clear()
                await self._heard_one.wait()

    async def boot(self, reason: str = "PowerUp") -> None:
        """Boot, be provisioned, and boot again as asked: an accepted station."""
        if self.version == "1.6":
            payload: Payload = {"chargePointVendor": "Scripted", "chargePointModel": "One"}
        else:
            station = {"vendorName": "Scripted", "model": "One"}
            payload = {"reason": reason, "chargingStation": station}
        if (await self.call("BootNotification", payload))["status"] == "Accepted":
            return
        await self.heard_of("TriggerMessage")
        if self.version != "1.6":
            payload |= {"reason": "Triggered"}
        assert (await self.call("BootNotification", payload))["status"] == "Accepted"

    async def run(self) -> None:
        """Read the socket until it closes."""
        async for text in self.socket:
            frame = json.loads(text)
            match frame:
                case [2, str() as message_id, str() as action, dict() as payload]:
                    await self._answer(message_id, action, payload)
                case [3 | 4, str() as message_id, *_] if message_id in self._calls:
                    self._calls.pop(message_id).set_result(frame)
                case [6, str(), str() as action, dict() as payload]:
                    self._keep(action, payload)
                case _:
                    raise AssertionError(f"the csms sent {text!r}")

    async def _answer(self, message_id: str, action: str, payload: Payload) -> None:
        require_valid(self.version, f"{action}Request", payload)
        await self._free.wait()
        if self._expected[action]:
            answer, heard = self._expected[action].popleft()
            await self._tell(message_id, action, payload, answer)
            if not heard.done():
                heard.set_result(payload)
        elif action in self.answers:
            await self._tell(message_id, action, payload, self.answers[action])
        else:
            self._unexpected[action].append((message_id, payload))
        self._keep(action, payload)

    async def _tell(self, message_id: str, action: str, payload: Payload, answer: Answer) -> None:
        told = answer(payload) if callable(answer) else answer
        if "error" in told:
            frame = [4, message_id, told["error"], "", {}]
        else:
            require_valid(self.version, f"{action}Response", told)
            frame = [3, message_id, told]
        with suppress(ConnectionClosed):  # the test is over while the csms still asks
            await self.socket.send(json.dumps(frame))

    def _keep(self, action: str, payload: Payload) -> None:
        self.heard.append((action, payload))
        self._heard_one.set()


def _variables_set(request: Payload) -> Payload:
    results = [
        {"attributeStatus": "Accepted", "component": one["component"], "variable": one["variable"]}
        for one in request["setVariableData"]
    ]
    return {"setVariableResult": results}


OBEYED = (
    "AFRRSignal",
    "ChangeConfiguration",
    "ClearDERControl",
    "GetBaseReport",
    "GetDERControl",
    "SetChargingProfile",
    "SetDERControl",
    "TriggerMessage",
    "UpdateDynamicSchedule",
)
OBLIGING: Mapping[str, Answer] = {
    **{action: {"status": "Accepted"} for action in OBEYED},
    "SetVariables": _variables_set,
    "GetConfiguration": {
        "configurationKey": [
            {"key": "NumberOfConnectors", "readonly": True, "value": "1"},
            {
                "key": "ChargingScheduleAllowedChargingRateUnit",
                "readonly": True,
                "value": "Current,Power",
            },
        ]
    },
    "GetTransactionStatus": lambda asked: (
        {"messagesInQueue": False} | ({"ongoingIndicator": True} if asked else {})
    ),
}
"""What a station answers unless a test says otherwise; an `{"error": code}` becomes a CALLERROR."""


@asynccontextmanager
async def connected(
    url: str, station_id: str, password: str, version: str = "2.0.1", **more: Any
) -> AsyncIterator[ScriptedStation]:
    """A station on the line until the block ends; a frame that is not valid fails the test."""
    token = base64.b64encode(f"{station_id}:{password}".encode()).decode()
    async with connect(
        f"{url}/{station_id}",
        subprotocols=[f"ocpp{version}"],  # type: ignore[list-item]
        additional_headers={"Authorization": f"Basic {token}"},
        compression=None,
        **more,
    ) as socket:
        station = ScriptedStation(station_id, version, socket)
        listening = asyncio.create_task(station.run())
        try:
            yield station
        finally:
            await socket.close()
            await listening
