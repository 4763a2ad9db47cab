"""The composition root: reads the settings, builds everything once, serves until told to stop."""

import asyncio
import resource
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
import uvloop
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from csms import log as logs
from csms.bus import Bus
from csms.campaigns import Campaigns
from csms.clock import Clock, clock_from
from csms.commands import CommandDesk
from csms.connection import Services
from csms.domain.authorization import TokenPolicy
from csms.domain.errors import StoreUnavailable
from csms.domain.facts import CommandAsked, Fact, StationBooted, Told
from csms.domain.facts_limits import SettlementDue, TransactionLimitWanted
from csms.domain.ids import ChargingStationId, IdToken
from csms.domain.payment_link import station_settings
from csms.domain.station_clock import LONGEST_TRIP_S, TOLERANCE_S, StationClock
from csms.domain.variables import Setting
from csms.garbage import collect_less
from csms.gate import Gate
from csms.handlers.ports import Ports
from csms.handlers.ports_v21 import PortsV21
from csms.handlers.routing import answer, routes
from csms.lease_ends import LeaseEnds
from csms.payments import PaymentProvider, Settlements
from csms.presence import Presence
from csms.projector import Projector, catch_up
from csms.proof import DischargeProof
from csms.quirkfile import discharge_models, quirk_table
from csms.reception import Reception
from csms.registry import Registry
from csms.renewals import Renewals
from csms.security import contracts_of, listeners_of, local_authority, security_of
from csms.server import OcppServer
from csms.settings import CsmsSettings, said_of
from csms.store.charging import PostgresSmartCharging
from csms.store.command_book import PostgresCommandBook
from csms.store.device_model import PostgresDeviceModel
from csms.store.direct import Direct
from csms.store.engine import make_engine, outage_named
from csms.store.journal import PostgresJournal
from csms.store.limits import PostgresLimits
from csms.store.mends import PostgresMends
from csms.store.messages import MessageLog
from csms.store.outbox import Relay
from csms.store.stations import PostgresStations
from csms.store.tariffs import PostgresTariffs
from csms.store.tokens import PostgresTokens
from csms.store.transaction_ids import PostgresTransactionIds
from csms.store.transactions import PostgresTransactions
from csms.store.v21 import PostgresV21
from csms.suspicions import Suspicions

log = structlog.get_logger(__name__)

CANCEL_AGAIN_S: Final = 1.0
DRAIN_S: Final = 2.0  # for commands whose stations are answering


@dataclass(slots=True)
class Csms:
    """All parts of one csms process, wired; `serve` runs them."""

    engine: AsyncEngine
    bus: Bus
    clock: Clock
    registry: Registry
    messages: MessageLog
    relay: Relay
    desk: CommandDesk
    proof: DischargeProof
    suspicions: Suspicions
    lease_ends: LeaseEnds
    campaigns: Campaigns
    renewals: Renewals
    settlements: Settlements
    transactions: PostgresTransactions
    projector: Projector
    presence: Presence
    server: OcppServer

    async def serve(self, stopping: asyncio.Event, ready: Callable[[int], None]) -> None:
        """Serve until `stopping` is set; `ready` hears the port. A job that fails ends all,
        in order, and its error is raised."""
        await self._claim_previous_life(stopping)
        if stopping.is_set():
            return
        await self.server.open()
        ready(self.server.port)
        jobs = [asyncio.create_task(_stopping_if_it_fails(job, stopping)) for job in self._jobs()]
        try:
            await stopping.wait()
            await self.desk.drain(DRAIN_S)
            await self.server.close()
            await self.desk.close()
        finally:
            await _end(jobs)
        with suppress(StoreUnavailable), outage_named():
            await self.projector.flush()
            await self.messages.flush()
        for job in jobs:
            if not job.cancelled():
                job.result()

    def _jobs(self) -> Sequence[Coroutine[None, None, None]]:
        return (
            self.relay.run(),
            self.desk.listen(self.bus),
            self.desk.sweep(),
            self.proof.run(),
            self.suspicions.run(),
            self.lease_ends.run(),
            self.projector.run(),
            self.messages.run(),
            self.server.lobby.keep_alive(self.server.settings.ping_interval_s),
            self.server.keep_certificates(),
            self.campaigns.run(),
            self.renewals.run(),
            self.settlements.run(),
            self.presence.announce(),
            self.presence.listen(),
            self.presence.keep(),
            self._heir(),
            self.presence.keep_leases(),
            self.presence.beat({"port": self.server.port}),
        )

    async def _heir(self) -> None:
        """Project what another process left undone when it died, for ever."""
        while True:
            await self.presence.somebody_died.wait()
            self.presence.somebody_died.clear()
            with suppress(StoreUnavailable):  # then our next life, or another process, does it
                await catch_up(self.transactions, self.projector)

    async def _claim_previous_life(self, stopping: asyncio.Event) -> None:
        """What our previous life held is no longer connected, what it had sent is unknown, and what
        it had not projected is done."""
        while not stopping.is_set():
            try:
                await self.presence.claim_previous_life()
                left = await catch_up(self.transactions, self.projector)
                log.info("caught up", transactions=left)
                break
            except StoreUnavailable as away:
                log.warning("waiting for the database", error=str(away))
                with suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), 1.0)


async def _stopping_if_it_fails(job: Coroutine[None, None, None], stopping: asyncio.Event) -> None:
    try:
        await job
    except Exception:
        stopping.set()
        raise


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel until they are done: a library may swallow a cancellation that comes at a bad time."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)


def token_policy(settings: CsmsSettings) -> TokenPolicy:
    """What holds for all tokens."""
    group = settings.master_pass_group_id
    return TokenPolicy(
        accept_unknown=settings.accept_unknown_tokens,
        concurrent_transactions=settings.concurrent_transactions,
        master_pass_group=IdToken(group) if group else None,
    )


def payment_provider(settings: CsmsSettings) -> PaymentProvider | None:
    """Who settles direct payments, if anybody."""
    if not settings.payment_url:
        return None
    return PaymentProvider(settings.payment_url, settings.payment_token)


def payment_settings(settings: CsmsSettings, station_id: ChargingStationId) -> Sequence[Setting]:
    """What lets a station show QR codes behind which a driver pays, if it shall."""
    if not settings.payment_link:
        return ()
    return station_settings(settings.payment_link, settings.secret.get_secret_value(), station_id)


async def build(settings: CsmsSettings, clock: Clock, stack: AsyncExitStack) -> Csms:
    """Wire one csms; what it opens is closed with `stack`."""
    url = settings.database_url
    engine = make_engine(url, application="v2ghub csms", pool_size=6)
    stack.push_async_callback(engine.dispose)
    direct = await stack.enter_async_context(Direct(url))
    bus = Bus(settings.redis_url)
    stack.push_async_callback(bus.close)
    registry, relay, messages = Registry(), Relay(engine, bus, clock.now), MessageLog(direct)

    def stored(facts: Sequence[Fact]) -> None:
        if any(isinstance(fact, Told) for fact in facts):
            relay.wake()
        for fact in facts:
            if isinstance(fact, CommandAsked):
                desk.wake(fact.command.station_id)
            elif isinstance(fact, StationBooted):
                known.forget(fact.station_id)
                mends.forget(fact.station_id)
                suspicions.forget(fact.station_id)
            elif isinstance(fact, TransactionLimitWanted):
                limits.forget(fact.station_id)
            elif isinstance(fact, SettlementDue):
                settlements.wake()
        proof.read(facts)
        suspicions.read(facts)

    def clock_forgotten(station_id: ChargingStationId) -> None:
        clocks.pop(station_id, None)

    known, limits = PostgresStations(direct), PostgresLimits(direct)
    models, listed = quirk_table(), discharge_models()
    mends = PostgresMends(direct, models)
    clocks: dict[ChargingStationId, StationClock] = {}
    journal = PostgresJournal(url, stored)
    authority = local_authority(settings, engine)
    security = security_of(settings, engine, authority)
    book = PostgresCommandBook(engine, direct, settings.process, models, listed)
    desk = CommandDesk(
        book,
        registry,
        journal,
        clock,
        lambda *confirmed: proof.confirmed(*confirmed),
        security=security,
        payment_settings=partial(payment_settings, settings),
    )
    proof = DischargeProof(book, clock, desk.wake)
    suspicions = Suspicions(journal, direct, clock)
    campaigns = Campaigns(engine, clock, desk.wake)
    settlements = Settlements(engine, journal, clock, payment_provider(settings))
    await stack.enter_async_context(journal)
    presence = Presence(settings.process, engine, bus, clock, registry)
    registry.watch(desk.came)
    registry.watch(presence.changed)
    registry.watch(known.forget)
    registry.watch(limits.forget)
    registry.watch(mends.forget)
    registry.watch(suspicions.forget)
    registry.watch(clock_forgotten)
    projector = Projector(journal)
    transactions = PostgresTransactions(direct, unprojected=projector.follow_event)
    v21 = PostgresV21(engine)
    table = routes(
        Ports(
            journal=journal,
            transactions=transactions,
            projections=projector,
            transaction_ids=PostgresTransactionIds(direct),
            charging=PostgresSmartCharging(engine),
            tokens=PostgresTokens(direct, token_policy(settings)),
            contracts=contracts_of(settings, security),
            stations=known,
            mends=mends,
            clocks=clocks,
            clock_tolerance_s=max(TOLERANCE_S, LONGEST_TRIP_S * clock.speed_ratio),
            tariffs=PostgresTariffs(direct),
            limits=limits,
            settles_payments=settlements.provider is not None,
            security=security,
            monitors=PostgresDeviceModel(engine),
            discharge_models=listed,
            v21=PortsV21(energy_transfers=v21, dynamic_profiles=v21, payments=v21),
        )
    )
    services = Services(
        answer=partial(answer, routes=table, v2x=v21),
        messages=messages,
        clock=clock,
        call_timeout_s=settings.call_timeout_s,
        max_frame_bytes=settings.max_frame_bytes,
        frames_per_s=settings.station_frames_per_s,
        frames_burst=settings.station_frames_burst,
    )
    gate = Gate(engine, settings.secret.get_secret_value(), settings.organization)
    reception = Reception(presence, registry, journal, services, transactions.forget)
    server = OcppServer(settings, gate, reception)
    server.listeners, server.certificates = await listeners_of(settings, authority)
    return Csms(
        engine,
        bus,
        clock,
        registry,
        messages,
        relay,
        desk,
        proof,
        suspicions,
        LeaseEnds(journal, direct, clock, settings.process),
        campaigns,
        Renewals(engine, clock, desk.wake),
        settlements,
        transactions,
        projector,
        presence,
        server,
    )


def _open_many_files() -> None:
    """A socket is a file; take as many as the system lets us have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _run(settings: CsmsSettings) -> None:
    _open_many_files()
    stopping = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stopping.set)
    async with AsyncExitStack() as stack:
        csms = await build(settings, clock_from(), stack)
        collect_less()
        await csms.serve(stopping, lambda port: log.info("ready", port=port))


def run() -> None:
    """`python -m csms`."""
    try:
        settings = CsmsSettings()  # type: ignore[call-arg]
    except ValidationError as error:
        sys.exit(f"csms: these settings are missing or wrong: {said_of(error)}")
    logs.configure(settings.log_level)
    try:
        uvloop.run(_run(settings))
    except OSError as error:
        sys.exit(f"csms: cannot listen on {settings.ocpp_host}:{settings.ocpp_port}: {error}")
