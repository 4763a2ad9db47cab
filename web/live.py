"""The live picture: read once per real second while somebody watches, encoded once, shared.

A client waits for the next moment. One that is slow finds itself more than one moment behind and
gets a snapshot instead of the ticks it missed: nothing queues up for it.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import structlog

from csms.clock import monotonic_s
from csms.domain.errors import StoreUnavailable
from web.api.models import Evse, StreamMessage

log = structlog.get_logger(__name__)

KEEP_ALIVE_S: Final = 15.0
KEEP_ALIVE: Final = b": still here\n\n"

Credentials = frozenset[str]
Look = Callable[[Credentials], Awaitable[tuple[StreamMessage, Credentials]]]


@dataclass(frozen=True)
class Moment:
    """One look at the hub; `ended` are the credentials that no longer count."""

    number: int
    seen: StreamMessage
    changed: list[Evse]
    ended: Credentials

    @cached_property
    def snapshot(self) -> bytes:
        """Everything."""
        return _event("snapshot", self.number, self.seen)

    @cached_property
    def tick(self) -> bytes:
        """What is new since the moment before."""
        return _event("tick", self.number, self.seen.model_copy(update={"evses": self.changed}))


def _event(name: str, number: int, message: StreamMessage) -> bytes:
    data = message.model_dump_json().encode()
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (number, name.encode(), data)


class Live:
    """Looks while there are streams, and hands every stream the same bytes.

    `look` is told the credentials of the open streams; it answers with those that still count.
    """

    def __init__(self, look: Look, interval_s: float) -> None:
        self._look = look
        self._interval_s = interval_s
        self._watching: Counter[str] = Counter()
        self._number = 0
        self._moment: Moment | None = None
        self._news = asyncio.Event()
        self._poller: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def streams(self) -> int:
        """How many streams are open."""
        return self._watching.total()

    def close(self) -> None:
        """End all streams, so that the server can stop."""
        self._closed = True
        self._wake()

    async def stream(self, credential: str) -> AsyncIterator[bytes]:
        """A snapshot, then ticks, until `credential` ends, the poller fails, or we close."""
        self._enter(credential)
        last = None
        try:
            while moment := await self._after(last):
                if isinstance(moment, bytes):
                    yield moment
                    continue
                if credential in moment.ended:
                    return
                yield moment.tick if last == moment.number - 1 else moment.snapshot
                last = moment.number
        finally:
            self._leave(credential)

    async def _after(self, last: int | None) -> Moment | bytes | None:
        """The first moment after `last`, a keep-alive if none comes, None at the end."""
        while not self._closed and self._poller is not None and not self._poller.done():
            if self._moment is not None and self._moment.number != last:
                return self._moment
            try:
                async with asyncio.timeout(KEEP_ALIVE_S):
                    await self._news.wait()
            except TimeoutError:
                return KEEP_ALIVE
        return None

    def _enter(self, credential: str) -> None:
        self._watching[credential] += 1
        if self._poller is None or self._poller.done():
            self._moment = None
            self._poller = asyncio.create_task(self._poll(), name="live poller")
            self._poller.add_done_callback(self._poller_ended)

    def _leave(self, credential: str) -> None:
        self._watching[credential] -= 1
        self._watching += Counter()  # drops what is at zero
        if not self._watching and self._poller is not None:
            self._poller.cancel()
            self._poller = None  # whoever comes before it has ended needs another

    def _poller_ended(self, poller: asyncio.Task[None]) -> None:
        if not poller.cancelled() and poller.exception() is not None:
            log.error("live poller failed", exc_info=poller.exception())
        self._wake()

    async def _poll(self) -> None:
        while True:
            started_s = monotonic_s()
            asked = frozenset(self._watching)
            try:
                seen, valid = await self._look(asked)
            except StoreUnavailable:
                log.warning("live picture not read: the database is away")
            else:
                self._publish(seen, asked - valid)
            await asyncio.sleep(max(0.0, self._interval_s - (monotonic_s() - started_s)))

    def _publish(self, seen: StreamMessage, ended: Credentials) -> None:
        before = self._moment.seen.evses if self._moment else []
        known = {(evse.station_id, evse.evse_id): evse for evse in before}
        changed = [e for e in seen.evses if known.get((e.station_id, e.evse_id)) != e]
        self._number += 1
        self._moment = Moment(self._number, seen, changed, ended)
        self._wake()

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()
