"""The plant of a site, read as a whole: grid and load meter, solar and wind, and the store.

All devices are asked at once. Who does not answer keeps its last value with its age, so that the
guard can judge; nothing is ever made up. A site says by its file what can be read.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from scheduler.adapters.battery import BatteryReading, SunSpecBattery
from scheduler.adapters.meters import inverter_output_w, meter_power_w
from scheduler.adapters.sunspec import DeviceSilent, SunSpecDevice
from scheduler.domain.reading import Sample
from scheduler.domain.site import ModbusDevice, Site

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the plant says at one instant; None where it has never said or cannot. Solar and wind
    are generation magnitudes; the store's power is + charging."""

    at: datetime
    grid: Sample | None = None
    load: Sample | None = None
    solar: Sample | None = None
    wind: Sample | None = None
    store: Sample | None = None
    store_soc_pct: float | None = None


@dataclass(slots=True)
class Channel:
    """One power of one device, with the last value it gave."""

    name: str
    device: SunSpecDevice
    power_w: Callable[[SunSpecDevice], Awaitable[float | None]]
    last_w: float | None = None
    last_at: datetime | None = None
    same_since: datetime | None = None
    silent: bool = False

    async def read(self, now: datetime) -> Sample | None:
        """The newest value, however old."""
        try:
            power_w = await self.power_w(self.device)
        except DeviceSilent as error:
            self._note(str(error))
        else:
            if power_w is None:
                self._note("its power is not a number")
            else:
                if power_w != self.last_w or self.same_since is None:
                    self.same_since = now
                self.last_w, self.last_at, self.silent = power_w, now, False
        if self.last_w is None or self.last_at is None or self.same_since is None:
            return None
        return Sample(
            self.last_w,
            (now - self.last_at).total_seconds(),
            still_s=(now - self.same_since).total_seconds(),
        )

    def _note(self, reason: str) -> None:
        if not self.silent:
            log.warning("device silent", device=self.name, reason=reason)
        self.silent = True


@dataclass(slots=True)
class Plant:
    """The devices of one site. `timeout_s` bounds each request in real time."""

    site: Site
    timeout_s: float = 0.5
    grid: list[Channel] = field(init=False)
    load: list[Channel] = field(init=False)
    solar: list[Channel] = field(init=False)
    wind: list[Channel] = field(init=False)
    store: list[Channel] = field(init=False)
    battery: SunSpecBattery | None = field(init=False, default=None)
    _by_name: dict[str, Channel] = field(init=False, default_factory=dict)
    _battery_said: BatteryReading | None = field(init=False, default=None)
    _store_deaf: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._connect(self.site)

    def fit(self, site: Site) -> None:
        """Go on with another version of the site; devices that stay keep their last values."""
        if site is self.site:
            return
        self.site = site
        self._connect(site)
        parts = (self.grid, self.load, self.solar, self.wind, self.store)
        for name in self._by_name.keys() - {c.name for part in parts for c in part}:
            self._by_name.pop(name).device.close()

    def _connect(self, site: Site) -> None:
        self.grid = self._channels("grid", [site.grid_connection.meter], meter_power_w)
        self.load = self._channels("load", [site.load.meter], meter_power_w)
        self.solar = self._channels("solar", [f.inverter for f in site.solar], inverter_output_w)
        self.wind = self._channels("wind", [f.inverter for f in site.wind], inverter_output_w)
        self.store = self._channels(
            "store", [site.store.inverter if site.store else None], self._store_w
        )
        self.battery = SunSpecBattery(self.store[0].device) if self.store else None

    async def read(self, now: datetime) -> Measured:
        """Ask every device; `now` is site time and ages are in it."""
        grid, load, solar, wind, store = await asyncio.gather(
            _sum(self.grid, 1, now),
            _sum(self.load, 1, now),
            _sum(self.solar, len(self.site.solar), now),
            _sum(self.wind, len(self.site.wind), now),
            _sum(self.store, 1, now),
        )
        said = self._battery_said
        return Measured(
            at=now,
            grid=grid,
            load=load,
            solar=solar,
            wind=wind,
            store=store,
            store_soc_pct=said.soc_pct if said else None,
        )

    async def set_store(self, setpoint_w: float, *, reverts_after_s: float) -> bool:
        """Command the store; whether it took the command."""
        if self.battery is None:
            return False
        try:
            await self.battery.set_power(setpoint_w, reverts_after_s=reverts_after_s)
        except DeviceSilent as error:
            if not self._store_deaf:
                log.warning("store took no setpoint", reason=str(error), site_id=self.site.site_id)
            self._store_deaf = True
        else:
            self._store_deaf = False
        return not self._store_deaf

    def close(self) -> None:
        """Drop all connections."""
        for channel in self._by_name.values():
            channel.device.close()

    async def _store_w(self, device: SunSpecDevice) -> float | None:
        self._battery_said = await SunSpecBattery(device).read()
        return self._battery_said.power_w

    def _channels(
        self,
        name: str,
        devices: Sequence[ModbusDevice | None],
        power_w: Callable[[SunSpecDevice], Awaitable[float | None]],
    ) -> list[Channel]:
        found = []
        for device in (device for device in devices if device is not None):
            full_name = f"{name} {device.host}:{device.port}/{device.unit_id}"
            if full_name not in self._by_name:
                reader = SunSpecDevice(device, timeout_s=self.timeout_s)
                self._by_name[full_name] = Channel(full_name, reader, power_w)
            found.append(self._by_name[full_name])
        return found


async def _sum(channels: Sequence[Channel], expected: int, now: datetime) -> Sample | None:
    """All channels together, as old as the oldest; None if one is missing. None expected: 0 W.

    As still as the stillest that gives power: one at 0 W does nothing, and may for days.
    """
    samples = await asyncio.gather(*(channel.read(now) for channel in channels))
    known = [sample for sample in samples if sample is not None]
    if len(known) < expected:
        return None
    return Sample(
        sum(s.power_w for s in known),
        max((s.age_s for s in known), default=0.0),
        still_s=max((s.still_s for s in [s for s in known if s.power_w] or known), default=0.0),
    )
