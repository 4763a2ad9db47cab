"""Who breaks things: barrages of faults at random, each healed after a while, and then everything.

A fault is a coroutine that does harm, waits, and makes good. After a barrage all of them are made
good at once; from then on every station must agree with the hub's books within `CONVERGES_S`.
"""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from v2ghub.rehearse.network import Weather
from v2ghub.rehearse.options import EVENTS, Options
from v2ghub.rehearse.run import CONTROLLERS, CONVERGES_S, Rehearsal, Report, rehearse

START_S: Final = 120.0  # stations boot and are provisioned
REBOOTS_S: Final = 45.0  # nobody is sent to restart this shortly before the end of a barrage
SLOW_S: Final = (2.0, 6.0)
CONTROLLER_MACHINE, CSMS_MACHINE = "controller", "csms"
Fault = Callable[[], Coroutine[None, None, None]]


def barrages(options: Options) -> Report:
    """Run a rehearsal of faults to the end of its hours."""
    courses: list[Nemesis] = []

    async def course(rehearsal: Rehearsal) -> None:
        courses.append(Nemesis(rehearsal))
        await courses[0].run()

    report = rehearse(options, course)
    (nemesis,) = courses
    events = {name: nemesis.done.pop(name, 0) for name in EVENTS}
    figures = {
        "faults": sum(nemesis.done.values()),
        "faults_by_kind": dict(sorted(nemesis.done.items())),
        "events": events,
        "healings": nemesis.healings,
        "slowest_convergence_s": nemesis.slowest_s,
    }
    return dataclasses.replace(report, figures=report.figures | figures)


@dataclass(slots=True)
class Nemesis:
    """Runs a rehearsal: barrage, healing, judgement, calm, and again until the hours are over."""

    rehearsal: Rehearsal
    done: "Counter[str]" = field(default_factory=Counter)
    slowest_s: int = 0
    healings: int = 0
    _ends_s: float = 0.0
    _running: dict["asyncio.Task[None]", None] = field(default_factory=dict)

    async def run(self) -> None:
        """To the end of the hours."""
        options, loop = self.rehearsal.options, asyncio.get_running_loop()
        await asyncio.sleep(START_S)
        while loop.time() < 3600 * options.hours:
            self._ends_s = loop.time() + options.barrage_s
            await self._barrage()
            await self._heal()
            self.healings += 1
            await self._converge()
            await asyncio.sleep(options.calm_s)
            self.rehearsal.judge.close_books()

    async def _barrage(self) -> None:
        loop, random = asyncio.get_running_loop(), self.rehearsal.random
        rates = {name: rate for name, rate in self.rehearsal.options.rates_per_hour.items() if rate}
        total = sum(rates.values())
        while total:
            wait_s = random.expovariate(total / 3600)
            if loop.time() + wait_s >= self._ends_s:
                break
            await asyncio.sleep(wait_s)
            (name,) = random.choices(list(rates), list(rates.values()))
            fault: Fault = getattr(self.rehearsal.outside if name in EVENTS else self, name)
            self.done[name] += 1
            task = loop.create_task(fault())
            self._running[task] = None
            task.add_done_callback(lambda over: self._running.pop(over, None))
        await asyncio.sleep(max(0.0, self._ends_s - loop.time()))

    async def _heal(self) -> None:
        """Every fault makes good at once, and every process lives."""
        while tasks := list(self._running):
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, Exception):
                    raise outcome

    async def _converge(self) -> None:
        """Each station must agree with the books at some moment soon, and one controller lead."""
        one, left = self.rehearsal, dict.fromkeys(self.rehearsal.world.stations, "?")
        for second in range(1, CONVERGES_S + 1):
            await asyncio.sleep(1.0)
            for station_id in list(left):
                why = one.judge.unsettled(station_id)
                if why is None:
                    del left[station_id]
                else:
                    left[station_id] = why
            if not left and len(one.leading()) == 1:
                self.slowest_s = max(self.slowest_s, second)
                return
        for station_id, why in left.items():
            one.judge.breach("converge", f"{station_id} after {CONVERGES_S} s: {why}")
        if len(one.leading()) != 1:
            one.judge.breach("converge", f"{len(one.leading())} controllers lead")

    # what can happen to processes

    async def csms_killed(self) -> None:
        """SIGKILL: connections break, and what was not stored is forgotten."""
        await self._without_csms(machine=False)

    async def csms_machine_lost(self) -> None:
        """Nobody is told: stations find out by themselves."""
        await self._without_csms(machine=True)

    async def _without_csms(self, *, machine: bool) -> None:
        one = self.rehearsal
        if not one.lives["csms"].alive:
            return
        one.network.serve = None
        one.lives["csms"].alive = False
        one.network.abandon(told=not machine)
        await one.kill("csms")
        try:
            await self._wait(1.0, 12.0)
        finally:
            one.begin_csms()

    async def controller_killed(self) -> None:
        """Either of the two."""
        one, name = self.rehearsal, self.rehearsal.random.choice(CONTROLLERS)
        if not one.lives[name].alive:
            return
        await one.kill(name)
        try:
            await self._wait(1.0, 30.0)
        finally:
            one.begin_controller(name)

    async def controller_stalled(self) -> None:
        """What a controller tells the database hangs: it may think that it still leads."""
        one, name = self.rehearsal, self.rehearsal.random.choice(CONTROLLERS)
        life, loop = one.lives[name], asyncio.get_running_loop()
        life.stalled_until_s = loop.time() + one.random.uniform(2.0, 20.0)
        try:
            await asyncio.sleep(life.stalled_until_s - loop.time())
        finally:
            life.stalled_until_s = 0.0

    async def worker_killed(self) -> None:
        """No plans."""
        one = self.rehearsal
        if not one.lives["worker"].alive:
            return
        await one.kill("worker")
        try:
            await self._wait(5.0, 600.0)
        finally:
            one.begin_worker()

    async def hints_lost(self) -> None:
        """Valkey is away."""
        self.rehearsal.hints.away = True
        try:
            await self._wait(5.0, 120.0)
        finally:
            self.rehearsal.hints.away = False

    async def database_away(self) -> None:
        """Nothing can be stored or asked."""
        self.rehearsal.database.away = True
        try:
            await self._wait(0.5, 45.0)
        finally:
            self.rehearsal.database.away = False

    # what can happen to lines

    def _station_id(self) -> str:
        return self.rehearsal.random.choice(list(self.rehearsal.world.stations))

    async def line_reset(self) -> None:
        """Both ends are told."""
        self.rehearsal.network.reset(self._station_id())

    async def line_cut(self) -> None:
        """A fifth of the stations, or one: nothing comes through, and nobody is told."""
        one = self.rehearsal
        count = one.random.choice((1, max(1, len(one.world.stations) // 5)))
        station_ids = one.random.sample(list(one.world.stations), count)
        for station_id in station_ids:
            one.network.cut(station_id)
        try:
            await self._wait(2.0, 120.0)
        finally:
            for station_id in station_ids:
                one.network.heal(station_id)

    async def line_lost(self) -> None:
        """One station cannot be heard for longer than any lease."""
        one, station_id = self.rehearsal, self._station_id()
        one.network.cut(station_id)
        try:
            await self._wait(one.options.lease_s, 3 * one.options.lease_s)
        finally:
            one.network.heal(station_id)

    async def line_slow(self) -> None:
        """Seconds on the way."""
        network, station_id = self.rehearsal.network, self._station_id()
        network.weather[station_id] = Weather(delay_s=SLOW_S)
        try:
            await self._wait(10.0, 120.0)
        finally:
            network.heal(station_id)

    # what can happen to stations

    async def station_rebooted(self) -> None:
        """Its connection drops, its profiles stay (K01.FR.27)."""
        one, loop = self.rehearsal, asyncio.get_running_loop()
        station = one.world.stations[self._station_id()]
        if self._ends_s - loop.time() > REBOOTS_S and station.rebooting_until is None:
            station.reboot("Watchdog", one.world.now)

    async def station_deaf(self) -> None:
        """It answers no call; its own go on."""
        await self._faulty(mute=True)

    async def station_lies(self) -> None:
        """It accepts profiles and forgets them."""
        await self._faulty(ignores_profiles=True)

    async def station_repeats(self) -> None:
        """It tells everything twice, and in the wrong order."""
        await self._faulty(duplicates=True, reorders=True)

    async def station_clock_off(self) -> None:
        """Its clock is wrong."""
        step_s = self.rehearsal.options.clock_step_s
        await self._faulty(clock_offset_s=self.rehearsal.random.uniform(-step_s, step_s))

    async def _faulty(self, **faults: float | bool) -> None:
        station_id = self._station_id()
        station = self.rehearsal.world.stations[station_id]
        station.faults = replace(station.faults, **faults)
        try:
            await self._wait(10.0, 200.0)
        finally:
            station.faults = self.rehearsal.faults[station_id]

    # what can happen to meters and clocks

    async def meter_silent(self) -> None:
        """A device of the plant does not answer; the store's takes no command either."""
        devices, name = self.rehearsal.devices, self._device()
        devices.silent.add(name)
        try:
            await self._wait(2.0, 120.0)
        finally:
            devices.heal(name)

    async def meter_frozen(self) -> None:
        """The grid meter answers what it answered before."""
        devices = self.rehearsal.devices
        devices.freeze("grid")
        try:
            await self._wait(10.0, 120.0)
        finally:
            devices.heal("grid")

    def _device(self) -> str:
        return self.rehearsal.random.choice(("grid", "load", "solar", "store"))

    async def csms_clock_stepped(self) -> None:
        """Somebody sets the clock of the csms' machine."""
        await self._stepped(CSMS_MACHINE)

    async def controller_clock_stepped(self) -> None:
        """Likewise."""
        await self._stepped(CONTROLLER_MACHINE)

    async def _stepped(self, machine: str) -> None:
        host, step_s = self.rehearsal.hosts[machine], self.rehearsal.options.clock_step_s
        host.offset_s = self.rehearsal.random.uniform(-step_s, step_s)
        try:
            await self._wait(10.0, 300.0)
        finally:
            host.offset_s = 0.0

    async def _wait(self, least_s: float, most_s: float) -> None:
        await asyncio.sleep(self.rehearsal.random.uniform(least_s, most_s))
