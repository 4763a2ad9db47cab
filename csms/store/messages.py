"""The log of OCPP messages, for people who look for a fault: newest messages of each station.

It is written beside the hot path, in batches; when the database cannot keep up the oldest waiting
rows are dropped and counted. A station that chatters gets a part of its frames logged, and all
errors: nobody reads a thousand lines a second. Secrets never reach it.
"""

import asyncio
import re
from collections import Counter, deque
from datetime import datetime
from typing import Any, Final

import orjson
import structlog
from msgspec import Struct

from csms.clock import monotonic_s
from csms.domain.ids import ChargingStationId
from csms.limiter import Limiter
from csms.store.direct import Direct
from csms.store.engine import is_outage
from csms.store.statements.kinds import Row

log = structlog.get_logger(__name__)

WAITING_LIMIT: Final = 20_000
BATCH_LIMIT: Final = 2_000
KEPT_PER_STATION: Final = 2_000
FLUSH_S: Final = 0.5
PRUNE_EVERY: Final = 500  # of one station: so many more than are kept may be there
STATIONS_AT_ONCE: Final = 200
LONGEST_PAYLOAD: Final = 16_384
REDACTED: Final = "(secret)"
FRAMES_PER_S: Final = 5.0  # of one station, in the long run
FRAMES_AT_ONCE: Final = 400.0
SECRET_WORDS: Final = ("password", "authorizationkey", "vpnkey", "simpin", "sharedsecret")
SECRETS_OF: Final = {"vpn": ("key",)}
"""Fields that are secret in the object of a name, and tell nothing by their own."""
LOCATIONS: Final = frozenset({"remotelocation", "location"})
"""Where a station puts a file, or finds one: who knows the whole of it may do so, too."""
PERSONAL: Final = {
    "CustomerInformation": ("customerIdentifier", "idToken", "customerCertificate"),
    "NotifyCustomerInformation": ("data",),
}
"""Fields by action that must be gone once a customer is cleared (N10), so they never get here."""

_HINTS: Final = tuple(word.encode() for word in (*SECRET_WORDS, *SECRETS_OF, "://"))
"""Nearly no frame speaks of any of these: it is not read."""
_USER_INFO: Final = re.compile(r"(://)[^/@]+@")
_UPLOAD: Final = re.compile(r"(/uploads/)[^/?#]+")

COLUMNS: Final = ("station_id", "at", "direction", "kind", "action", "message_id", "payload")
PRUNE: Final = """DELETE FROM csms.ocpp_message old USING (
        SELECT station_id, (
            SELECT message_row_id FROM csms.ocpp_message one
            WHERE one.station_id = station.station_id
            ORDER BY message_row_id DESC OFFSET $1 LIMIT 1
        ) AS last_row_id FROM unnest($2::text[]) AS station(station_id)
    ) bound WHERE old.station_id = bound.station_id AND old.message_row_id <= bound.last_row_id"""


class Message(Struct, frozen=True, gc=False):
    """One frame; `direction` is "in" or "out", `kind` "call", "result" or "error"."""

    station_id: ChargingStationId
    at: datetime
    direction: str
    kind: str
    action: str
    message_id: str
    payload: bytes


class MessageLog:
    """`record` never waits; `run` writes."""

    def __init__(self, direct: Direct) -> None:
        self._direct = direct
        self._waiting: deque[Message] = deque(maxlen=WAITING_LIMIT)
        self._written: Counter[str] = Counter()  # by station, since it was pruned
        self._room = Limiter(burst=FRAMES_AT_ONCE, per_s=FRAMES_PER_S)
        self.dropped = 0
        self.withheld = 0

    def record(self, message: Message) -> None:
        """Keep `message`, if its station has not used up its share; the oldest that still waits
        gives way if there is no room."""
        if message.kind != "error" and not self._room.take(message.station_id, monotonic_s()):
            self.withheld += 1
            return
        self.dropped += len(self._waiting) == WAITING_LIMIT
        self._waiting.append(message)

    async def run(self) -> None:
        """Write what was recorded, for ever."""
        while True:
            await asyncio.sleep(FLUSH_S)
            try:
                await self.flush()
                await self.prune()
            except Exception as error:  # noqa: BLE001 - the edge of this task
                level = log.warning if is_outage(error) else log.error
                level("messages not logged", error=type(error).__name__, dropped=self.dropped)

    async def flush(self) -> None:
        """Write everything that waits; a batch that cannot be written is dropped and counted."""
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(BATCH_LIMIT, len(self._waiting)))]
            try:
                await self._direct.append("ocpp_message", COLUMNS, map(_row, batch))
            except BaseException:
                self.dropped += len(batch)
                raise
            self._written.update(message.station_id for message in batch)

    async def prune(self) -> None:
        """Keep the newest messages of each station that we wrote enough of, some at a time."""
        due = [one for one, written in self._written.items() if written >= PRUNE_EVERY]
        for start in range(0, len(due), STATIONS_AT_ONCE):
            stations = due[start : start + STATIONS_AT_ONCE]
            await self._direct.rows(PRUNE, KEPT_PER_STATION, stations)
            for one in stations:
                del self._written[one]


def _row(one: Message) -> Row:
    told = loggable(one.payload, one.action)
    return one.station_id, one.at, one.direction, one.kind, one.action, one.message_id, told


def loggable(payload: bytes, action: str = "") -> str:
    """`payload` as JSON text without secrets, and without what a station knows of a customer; what
    is no JSON or too long is only described."""
    if len(payload) > LONGEST_PAYLOAD:
        return f'{{"omitted_bytes": {len(payload)}}}'
    personal = PERSONAL.get(action, ())
    if not personal and not any(map(payload.lower().__contains__, _HINTS)):
        return payload.decode()
    try:
        told = redacted(orjson.loads(payload))
        if isinstance(told, dict):
            told |= {name: REDACTED for name in personal if name in told}
        return orjson.dumps(told).decode()
    except orjson.JSONDecodeError:
        return f'{{"unreadable_bytes": {len(payload)}}}'


def redacted(value: Any) -> Any:
    """Values beside a name that says secret: `{"password": …}`, `{"variable": {"name": …}, …}`."""
    if isinstance(value, list):
        return [redacted(item) for item in value]
    if not isinstance(value, dict):
        return value
    variable = value.get("variable")
    names_secret = isinstance(variable, dict) and _is_secret(str(variable.get("name", "")))
    told = {"attributeValue", "value", "actualValue"} if names_secret else set()
    if _is_secret(str(value.get("key", ""))):
        told |= {"value"}
    if names_secret and "variableAttribute" in value:
        value = value | {"variableAttribute": REDACTED}
    return {
        name: REDACTED if name in told or _is_secret(name) else _redacted_as(name, item)
        for name, item in value.items()
    }


def _redacted_as(name: str, item: Any) -> Any:
    if isinstance(item, str) and name.lower() in LOCATIONS:
        return _place(item)
    if isinstance(item, dict):
        item = item | {field: REDACTED for field in SECRETS_OF.get(name, ()) if field in item}
    return redacted(item)


def _place(location: str) -> str:
    """A URL without who comes with what password, and without the token of an upload."""
    return _USER_INFO.sub(rf"\1{REDACTED}@", _UPLOAD.sub(rf"\1{REDACTED}", location))


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in SECRET_WORDS)
