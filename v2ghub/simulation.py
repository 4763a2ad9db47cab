"""The demo's simulator: a process per site, with passwords and a Modbus port of its own."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from csms.clock import Clock, fast_clock
from scheduler.domain.site import Site
from v2ghub import bootstrap, ports
from v2ghub.platform import with_our_python
from v2ghub.process import ProcessSpec
from v2ghub.sitefiles import SiteFile, on_modbus_port
from v2ghub.state import HubFile, read_json, write_atomically

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Simulation:
    """Simulated sites of one hub: `modbus_ports` by site, `passwords` by station."""

    state_dir: Path
    seed: int
    modbus_ports: Mapping[str, int]
    starts_at: datetime
    speed_ratio: float
    passwords: dict[str, str] = field(default_factory=dict)

    async def know_stations(
        self, conn: AsyncConnection, pepper: str, sites: Sequence[SiteFile]
    ) -> None:
        """Give every station of the sites a password, and keep them for the next start."""
        kept = self.state_dir / "simulator.json"
        known = {name: str(value) for name, value in read_json(kept).items()}
        station_ids = [evse.station_id for one in sites for evse in one.site.evses()]
        self.passwords.update(
            await bootstrap.ensure_passwords(conn, pepper, dict.fromkeys(station_ids), known)
        )
        write_atomically(kept, json.dumps(self.passwords, indent=1))

    def specs(
        self, sites: Sequence[SiteFile], told: Mapping[str, str], hub: HubFile
    ) -> list[ProcessSpec]:
        """A simulator per site, its configuration written."""
        return [self._spec(one, told, hub) for one in sites]

    def _spec(self, one: SiteFile, told: Mapping[str, str], hub: HubFile) -> ProcessSpec:
        site_id = one.site.site_id
        port = self.modbus_ports[site_id]
        folder = self.state_dir / "simulator" / site_id
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        config = folder / "config.json"
        write_atomically(config, json.dumps(self._config(one, hub, port, folder), indent=1))

        async def serves_modbus(_started_at: datetime) -> bool:
            return await _accepts(HOST, port)

        return ProcessSpec(
            name=f"simulator:{site_id}",
            command=with_our_python(("python", "-m", "simulator", str(config))),
            environment=told,
            ready=serves_modbus,
        )

    def _config(self, one: SiteFile, hub: HubFile, port: int, folder: Path) -> dict[str, object]:
        return {
            "site_file": str(one.path),
            "ocpp_url": hub["ocpp_url"],
            "api_url": hub["api_url"],
            "api_token": hub["api_token"],
            "stations": {e.station_id: self.passwords[e.station_id] for e in one.site.evses()},
            "modbus_host": HOST,
            "modbus_port": port,
            "seed": self.seed,
            "records_dir": str(folder),
        }


def make_simulation(
    state_dir: Path, seed: int, sites: Sequence[SiteFile], starts_at: datetime, speed_ratio: float
) -> Simulation:
    """Choose a free Modbus port per site."""
    taken: dict[str, int] = {}
    for one in sites:
        taken[one.site.site_id] = ports.find_free(HOST, taken.values())
    return Simulation(state_dir, seed, taken, starts_at, speed_ratio)


def clock_of(simulation: Simulation | None) -> Clock:
    """A clock that starts to run now, at the demo's site time; without a demo the system's."""
    if simulation is None:
        return Clock()
    return fast_clock(simulation.speed_ratio, simulation.starts_at)


def moved(site: Site, simulation: Simulation | None) -> Site:
    """The site as the hub shall see it: in a demo its devices are the simulator's."""
    if simulation is None:
        return site
    return on_modbus_port(site, HOST, simulation.modbus_ports[site.site_id])


async def _accepts(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True
