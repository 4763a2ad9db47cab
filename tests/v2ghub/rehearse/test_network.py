import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import pytest
from websockets.exceptions import ConnectionClosedError

from v2ghub.rehearse.loop import run, virtual
from v2ghub.rehearse.network import HubEnd, Network, StationEnd


class Ear:
    """What a csms hears."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def hear(self, message: bytes) -> None:
        self.frames.append(message)

    def go_on(self) -> None:
        raise AssertionError("nothing was paused")


def talk(course: Callable[[Network, StationEnd, HubEnd, Ear], Awaitable[None]]) -> None:
    async def main() -> None:
        hubs: list[HubEnd] = []
        network = Network(Random(1), lambda hub, station_id, subprotocol: hubs.append(hub))
        async with network.dial("ws://hub/cs1", "ocpp2.0.1") as station:
            ear = Ear()
            hubs[0].listen(ear)
            await course(network, station, hubs[0], ear)

    with virtual(1) as loop:
        run(loop, main)


def test_frames_come_in_order_whatever_their_delays() -> None:
    async def course(network: Network, station: StationEnd, hub: HubEnd, ear: Ear) -> None:
        for number in range(50):
            await station.send(str(number))
        await asyncio.sleep(1)
        assert ear.frames == [str(number).encode() for number in range(50)]

    talk(course)


def test_a_cut_line_holds_what_is_said_and_gives_it_once_when_it_heals() -> None:
    async def course(network: Network, station: StationEnd, hub: HubEnd, ear: Ear) -> None:
        network.cut("cs1")
        await station.send("held")
        await asyncio.sleep(5)
        assert ear.frames == []
        network.heal("cs1")
        await station.send("after")
        await asyncio.sleep(1)
        assert ear.frames == [b"held", b"after"]

    talk(course)


def test_a_line_that_stays_cut_is_given_up_by_the_station_alone() -> None:
    async def course(network: Network, station: StationEnd, hub: HubEnd, ear: Ear) -> None:
        network.cut("cs1")
        await asyncio.sleep(41)
        assert station.closed
        assert not hub.closed
        with pytest.raises(ConnectionClosedError):
            await station.send("too late")
        network.heal("cs1")
        await asyncio.sleep(1)
        assert hub.closed

    talk(course)


def test_a_reset_line_loses_what_was_on_its_way_and_tells_both_ends() -> None:
    async def course(network: Network, station: StationEnd, hub: HubEnd, ear: Ear) -> None:
        await station.send("lost")
        network.reset("cs1")
        await asyncio.sleep(1)
        assert ear.frames == []
        assert station.closed
        assert hub.closed
        assert hub.connection_lost_waiter.done()

    talk(course)


def test_nobody_is_let_in_while_nobody_listens() -> None:
    async def main() -> None:
        network = Network(Random(1))
        with pytest.raises(ConnectionRefusedError):
            async with network.dial("ws://hub/cs1", "ocpp2.0.1"):
                raise AssertionError("somebody listened")

    with virtual(1) as loop:
        run(loop, main)
