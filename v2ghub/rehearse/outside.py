"""What comes from outside of hub and site: vehicles that stay for a while, and what a grid operator
tells, late, twice and out of order, as a network may deliver it."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from csms.domain.errors import StoreUnavailable
from scheduler.domain.signal import SignalKind
from scheduler.domain.site import Site
from scheduler.services.accept_signal import (
    SIGNAL_ACCEPTED,
    SignalRefusal,
    SignalRequest,
    refusal_of,
    signal_of,
)
from simulator.sessions import FEASIBLE_RATIO, Session, Tells, vehicle_of
from simulator.vehicle import possible_energy_wh
from simulator.world import World
from v2ghub.rehearse.database import Database
from v2ghub.rehearse.processes import Process
from v2ghub.rehearse.site import BACK_W, FLOOR_W, LOAD_W, MARGIN_W
from v2ghub.rehearse.tables import Tables

OPERATOR: Final = "grid"
CAME: Final = (0.15, 0.8)
STAYS_MIN: Final = (8.0, 120.0)
WINDOW_MIN: Final = (3.0, 40.0)
AHEAD_MIN: Final = (-2.0, 10.0)
DELIVERED_S: Final = (0.1, 90.0)
AGAIN_S: Final = (1.0, 15.0)
REVISED_RATIO: Final = 0.3


@dataclass(slots=True)
class Outside:
    """Each method begins one thing; what takes long goes on by itself."""

    world: World
    site: Site
    database: Database
    random: Random
    told: int = 0

    async def vehicle_comes(self) -> None:
        """To a place that is free, for a visit; its driver tells of it, or nobody does."""
        free = [one for one in self.world.stations.values() if one.evse.occupant is None]
        if free:
            station = self.random.choice(free)
            soon, came_ratio = self.world.now + timedelta(seconds=1), self.random.uniform(*CAME)
            self.world.fleet.expect(self.visit(station.spec.station_id, soon, came_ratio))

    async def vehicle_leaves(self) -> None:
        """Long before it was said to."""
        taken = [one for one in self.world.stations.values() if one.evse.occupant is not None]
        if taken:
            self.random.choice(taken).unplug(self.world.now)

    async def envelope_told(self) -> None:
        """Import or export is to stay below what the connection allows; never below what the site
        takes with every vehicle at its floor, which nobody could promise."""
        connection, stations = self.site.grid_connection, len(self.world.stations)
        least_w = (LOAD_W + FLOOR_W) * stations + MARGIN_W
        import_w = self.random.uniform(least_w, connection.import_limit_w)
        export_w = self.random.uniform(BACK_W / 4, BACK_W) * stations
        asked = self._request(SignalKind.ENVELOPE)
        imports = replace(asked, import_max_w=import_w)
        self._tell(self.random.choice((imports, replace(asked, export_max_w=export_w))))

    async def instruction_told(self) -> None:
        """A power at the connection, within its limits or slightly beyond them."""
        connection = self.site.grid_connection
        power_w = self.random.uniform(-connection.export_limit_w, 1.1 * connection.import_limit_w)
        self._tell(replace(self._request(SignalKind.INSTRUCTION), site_power_w=power_w))

    def visit(self, station_id: str, at: datetime, came_ratio: float) -> Session:
        """A visit from `at` on, of a vehicle whose battery is full to `came_ratio`."""
        spec = self.world.stations[station_id].spec
        vehicle, random = vehicle_of(self.world.site, spec, self.world.seed), self.random
        leaves_at = at + timedelta(minutes=random.uniform(*STAYS_MIN))
        stay_s = (leaves_at - at).total_seconds()
        energy_wh = came_ratio * vehicle.capacity_wh
        possible_wh = possible_energy_wh(vehicle, energy_wh, spec.max_charge_w, stay_s)
        wanted_wh = random.uniform(0.1, FEASIBLE_RATIO) * possible_wh
        gained_ratio = wanted_wh * vehicle.charge_efficiency_ratio / vehicle.capacity_wh
        return Session(
            station_id=station_id,
            vehicle=vehicle,
            arrival_at=at,
            departure_at=leaves_at,
            estimated_departure_at=leaves_at,
            requested_wh=wanted_wh,
            arrival_soc_ratio=came_ratio,
            target_soc_ratio=came_ratio + gained_ratio,
            tells=random.choice(list(Tells)),
        )

    def _request(self, kind: SignalKind) -> SignalRequest:
        """For a window; what it asks for is still to come."""
        self.told += 1
        at = self.world.now + timedelta(minutes=self.random.uniform(*AHEAD_MIN))
        return SignalRequest(
            site_id=self.site.site_id,
            operator=OPERATOR,
            external_id=f"{kind.value}-{self.told}",
            revision=1,
            kind=kind,
            priority=self.random.randrange(3),
            starts_at=at,
            ends_at=at + timedelta(minutes=self.random.uniform(*WINDOW_MIN)),
        )

    def _tell(self, request: SignalRequest) -> None:
        """Send it once or more, and sometimes a revision after it; each takes its time."""
        revised = []
        if self.random.random() < REVISED_RATIO:
            later = request.ends_at + timedelta(minutes=self.random.uniform(1.0, 5.0))
            revised = [replace(request, revision=2, ends_at=later)]
        web = Process("web")
        for one in (request, *revised):
            for _ in range(self.random.choice((1, 1, 2, 3))):
                web.start(self._delivered(web, one, self.random.uniform(*DELIVERED_S)))

    async def _delivered(self, web: Process, request: SignalRequest, after_s: float) -> None:
        await asyncio.sleep(after_s)
        while True:
            try:
                await self.database.do(
                    web, lambda tables: accept(tables, self.site, request, self.world.now)
                )
            except StoreUnavailable:
                await asyncio.sleep(self.random.uniform(*AGAIN_S))
                continue
            return


def accept(
    tables: Tables, site: Site, request: SignalRequest, now: datetime
) -> SignalRefusal | None:
    """As `scheduler.services.accept_signal` decides; what is known already changes nothing."""
    known = tables.signals.get(request.external_id)
    if known is not None and known.revision >= request.revision:
        old = known.revision > request.revision
        return SignalRefusal.REVISION_OLD if old else None
    refusal = refusal_of(request, site, now)
    if refusal is None:
        tables.signals[request.external_id] = signal_of(request)
        tables.outbox.append((SIGNAL_ACCEPTED, ""))
    return refusal
