"""One life of a csms process in the rehearsal: the real parts, wired as in `csms.main`, over the
tables in memory and the network of the rehearsal."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Final, cast

from csms.clock import Clock
from csms.commands import CommandDesk
from csms.connection import Services
from csms.domain.authorization import TokenPolicy
from csms.domain.errors import StoreUnavailable
from csms.domain.facts import CommandAsked, Fact, StationBooted
from csms.domain.ids import ChargingStationId
from csms.domain.station_clock import StationClock
from csms.handlers.ports import Ports
from csms.handlers.ports_v21 import PortsV21
from csms.handlers.routing import answer, routes
from csms.lease_ends import LeaseEnds
from csms.lobby import Lobby, StationSocket
from csms.ocppj.codecs import SUBPROTOCOLS
from csms.projector import Projector, catch_up
from csms.proof import DischargeProof
from csms.quirkfile import discharge_models
from csms.reception import Reception
from csms.registry import Registry
from csms.store.memory import MemoryStore
from csms.store.memory_device_model import MemoryDeviceModel
from csms.store.messages import MessageLog
from csms.store.stations import PostgresStations
from csms.store.transaction_ids import PostgresTransactionIds
from csms.store.transactions import PostgresTransactions
from v2ghub.rehearse.database import Database, MemoryJournal
from v2ghub.rehearse.network import HubEnd, Network
from v2ghub.rehearse.processes import Process
from v2ghub.rehearse.session import Session

PING_S: Final = 20.0
CALL_TIMEOUT_S: Final = 30.0
SEEN_EVERY_S: Final = 20.0
FRAME_BYTES: Final = 262_144
FRAMES_PER_S: Final = 500.0


class Silence:
    """Where messages would be logged."""

    def record(self, message: object) -> None:
        """Not here."""


class Csms:
    """One life. `hints`: whether hints come through (else it finds commands by its sweep)."""

    def __init__(self, process: Process, database: Database, network: Network, clock: Clock):
        self.process, self.network, self.clock = process, network, clock
        self.session = session = Session(database, process, clock)
        self.registry = registry = Registry()
        self.lobby = Lobby()
        known = PostgresStations(session.direct)
        clocks: dict[ChargingStationId, StationClock] = {}

        def stored(facts: Sequence[Fact]) -> None:
            for fact in facts:
                if isinstance(fact, CommandAsked):
                    self.desk.wake(fact.command.station_id)
                elif isinstance(fact, StationBooted):
                    known.forget(fact.station_id)
            self.proof.read(facts)

        def forget_clock(station_id: ChargingStationId) -> None:
            clocks.pop(station_id, None)

        journal = MemoryJournal(database, process, stored)
        self.desk = CommandDesk(
            session, registry, journal, clock, lambda *confirmed: self.proof.confirmed(*confirmed)
        )
        self.proof = DischargeProof(session, clock, self.desk.wake)
        for watcher in (self.desk.came, known.forget, forget_clock):
            registry.watch(watcher)
        self.lease_ends = LeaseEnds(journal, session.direct, clock, session.owner)
        self.projector = Projector(journal)
        self.transactions = PostgresTransactions(
            session.direct, unprojected=self.projector.follow_event
        )
        memory, v21 = MemoryStore(policy=TokenPolicy(accept_unknown=True)), session.v21
        table = routes(
            Ports(
                journal=journal,
                transactions=self.transactions,
                projections=self.projector,
                transaction_ids=PostgresTransactionIds(session.direct),
                charging=session,
                tokens=memory,
                contracts=memory,
                stations=known,
                mends=memory,
                clocks=clocks,
                tariffs=memory.tariffs,
                limits=memory.limits,
                settles_payments=False,
                security=memory.security.security(),
                monitors=MemoryDeviceModel(),
                discharge_models=discharge_models(),
                v21=PortsV21(energy_transfers=v21, dynamic_profiles=v21, payments=v21),
            )
        )
        services = Services(
            answer=partial(answer, routes=table, v2x=v21),
            messages=cast(MessageLog, Silence()),
            clock=clock,
            call_timeout_s=CALL_TIMEOUT_S,
            max_frame_bytes=FRAME_BYTES,
            frames_per_s=FRAMES_PER_S,
            frames_burst=FRAMES_PER_S,
        )
        self.reception = Reception(session, registry, journal, services, self.transactions.forget)

    def begin(self) -> None:
        """Live: first as `csms.main.Csms._claim_previous_life`, then serve."""
        self.process.start(self._serve())

    async def _serve(self) -> None:
        while True:
            try:
                await self.session.claim_previous_life()
                await catch_up(self.transactions, self.projector)
                break
            except StoreUnavailable:
                await asyncio.sleep(1.0)
        self.network.serve = self._open
        for job in (
            self.desk.sweep(),
            self.proof.run(),
            self.lease_ends.run(),
            self.projector.run(),
            self.lobby.keep_alive(PING_S),
            self._keep(),
        ):
            self.process.start(job)

    def _open(self, socket: HubEnd, station_id: str, subprotocol: str) -> None:
        self.process.start(self._serve_station(socket, ChargingStationId(station_id), subprotocol))

    async def _serve_station(
        self, socket: HubEnd, station_id: ChargingStationId, subprotocol: str
    ) -> None:
        told = cast(StationSocket, socket)
        self.lobby.sockets.add(told)
        try:
            await self.reception.serve(told, station_id, SUBPROTOCOLS[subprotocol])
        finally:
            self.lobby.sockets.discard(told)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(SEEN_EVERY_S)
            with suppress(StoreUnavailable):
                await self.session.seen(self.registry.epochs())
