"""The live picture: looked at only while somebody watches, shared, and never queued up."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from csms.domain.errors import StoreUnavailable
from web.api.models import Evse, StreamMessage
from web.live import Credentials, Live

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def evse(number: int, power_w: float) -> Evse:
    unsaid = dict.fromkeys(Evse.model_fields)
    return Evse.model_validate(
        {**unsaid, "station_id": f"s-{number}", "evse_id": 1, "connected": True, "power_w": power_w}
    )


class Hub:
    """What there is to see; each look waits until the test allows it."""

    def __init__(self) -> None:
        self.powers_w = [1.0, 2.0]
        self.gone: set[str] = set()
        self.away = False
        self.looks = 0
        self.allowed = asyncio.Semaphore(0)

    async def look(self, credentials: Credentials) -> tuple[StreamMessage, Credentials]:
        await self.allowed.acquire()
        self.looks += 1
        if self.away:
            raise StoreUnavailable("gone")
        evses = [evse(number, power_w) for number, power_w in enumerate(self.powers_w)]
        seen = StreamMessage(at=NOON, sites={}, evses=evses, alarms=[], signals=[])
        return seen, credentials - self.gone


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
async def live(hub: Hub) -> AsyncIterator[Live]:
    made = Live(hub.look, interval_s=0.0)
    yield made
    made.close()


def read(event: bytes) -> tuple[str, dict[str, float]]:
    """Name of an event, and the power of each station in it."""
    lines = dict(line.split(": ", 1) for line in event.decode().splitlines() if line)
    data: dict[str, Any] = orjson.loads(lines["data"])
    return lines["event"], {one["station_id"]: one["power_w"] for one in data["evses"]}


async def test_a_snapshot_then_only_what_changed(hub: Hub, live: Live) -> None:
    stream = live.stream("me")
    hub.allowed.release()
    assert read(await anext(stream)) == ("snapshot", {"s-0": 1.0, "s-1": 2.0})
    hub.powers_w[1] = 5.0
    hub.allowed.release()
    assert read(await anext(stream)) == ("tick", {"s-1": 5.0})
    hub.allowed.release()
    assert read(await anext(stream)) == ("tick", {})
    await stream.aclose()


async def test_all_streams_share_one_look_and_the_same_bytes(hub: Hub, live: Live) -> None:
    streams = [live.stream(f"user-{n}") for n in range(50)]
    waiting = [asyncio.create_task(anext(stream)) for stream in streams]
    await asyncio.sleep(0)
    assert live.streams == 50
    hub.allowed.release()
    events = await asyncio.gather(*waiting)
    assert hub.looks == 1
    assert all(event is events[0] for event in events)
    for stream in streams:
        await stream.aclose()
    assert live.streams == 0


async def test_a_slow_client_gets_a_snapshot_instead_of_the_ticks_it_missed(
    hub: Hub, live: Live
) -> None:
    slow, quick = live.stream("slow"), live.stream("quick")
    hub.allowed.release()
    await asyncio.gather(anext(slow), anext(quick))
    for power_w in (7.0, 8.0, 9.0):
        hub.powers_w[0] = power_w
        hub.allowed.release()
        assert read(await anext(quick)) == ("tick", {"s-0": power_w})
    assert read(await anext(slow)) == ("snapshot", {"s-0": 9.0, "s-1": 2.0})
    hub.powers_w[0] = 1.0
    hub.allowed.release()
    assert read(await anext(slow)) == ("tick", {"s-0": 1.0})
    await slow.aclose()
    await quick.aclose()


async def test_nobody_looks_when_nobody_watches(hub: Hub, live: Live) -> None:
    stream = live.stream("me")
    hub.allowed.release()
    await anext(stream)
    await stream.aclose()
    for _ in range(5):
        hub.allowed.release()
        await asyncio.sleep(0)
    assert hub.looks == 1
    again = live.stream("me")
    assert read(await anext(again))[0] == "snapshot"
    await again.aclose()


async def test_who_comes_as_the_last_one_leaves_is_served_on(hub: Hub, live: Live) -> None:
    leaving, coming = live.stream("me"), live.stream("you")
    hub.allowed.release()
    await anext(leaving)
    await leaving.aclose()
    hub.powers_w[0] = 7.0
    hub.allowed.release()
    assert read(await anext(coming)) == ("snapshot", {"s-0": 7.0, "s-1": 2.0})
    hub.allowed.release()
    assert read(await anext(coming)) == ("tick", {})
    await coming.aclose()


async def test_a_stream_ends_with_its_session_and_no_other_does(hub: Hub, live: Live) -> None:
    mine, other = live.stream("me"), live.stream("other")
    hub.allowed.release()
    await asyncio.gather(anext(mine), anext(other))
    hub.gone = {"me"}
    hub.allowed.release()
    with pytest.raises(StopAsyncIteration):
        await anext(mine)
    assert read(await anext(other))[0] == "tick"
    await other.aclose()


async def test_while_the_database_is_away_the_stream_stays_and_says_so(
    hub: Hub, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.live.KEEP_ALIVE_S", 0.01)
    hub.away = True
    stream = live.stream("me")
    hub.allowed.release()
    assert (await anext(stream)).startswith(b":")
    hub.away = False
    hub.allowed.release()
    told = await anext(stream)
    while told.startswith(b":"):
        told = await anext(stream)
    assert read(told)[0] == "snapshot"
    await stream.aclose()


async def test_closing_ends_all_streams(hub: Hub, live: Live) -> None:
    stream = live.stream("me")
    hub.allowed.release()
    await anext(stream)
    live.close()
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
