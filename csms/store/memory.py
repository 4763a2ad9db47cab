"""In-memory store: the one fake for every test of the handlers. Same promises, no durability."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from csms.domain.authorization import IdTokenInfo, Presented, Token, TokenPolicy, judge
from csms.domain.charging_state import ChargingState
from csms.domain.commands import Command
from csms.domain.contract import CertificateStatus, OcspQuery
from csms.domain.errors import StoreUnavailable
from csms.domain.events import Event
from csms.domain.facts import (
    CommandAsked,
    Fact,
    ReadingsTaken,
    StationBooted,
    StationProvisioned,
    Told,
    TransactionEventStored,
)
from csms.domain.facts_charging import ChargingProfileHeld, ProfileSide
from csms.domain.facts_device_model import MessageTriggered
from csms.domain.ids import ChargingStationId, IdToken, TransactionId
from csms.domain.mending import NO_MENDS, Mends
from csms.domain.messages import RegistrationStatus
from csms.domain.station import Device
from csms.domain.station_clock import StationClock
from csms.domain.transaction import Transaction
from csms.handlers.ports import StationState
from csms.store.memory_charging import charging_state
from csms.store.memory_limits import MemoryLimits
from csms.store.memory_security import MemorySecurity
from csms.store.memory_tariffs import MemoryTariffs

NEVER_BOOTED = StationState(
    registration_status=None, provisioned=False, floor_w=1_400.0, sample_interval_s=60
)


@dataclass(slots=True)
class MemoryStore:
    """All that handlers ask for, in one. Set `broken` to lose the database."""

    facts: list[Fact] = field(default_factory=list)
    states: dict[ChargingStationId, StationState] = field(default_factory=dict)
    tokens: Mapping[IdToken, Token] = field(default_factory=dict)
    policy: TokenPolicy = field(default_factory=lambda: TokenPolicy(accept_unknown=False))
    tariffs: MemoryTariffs = field(default_factory=MemoryTariffs)
    limits: MemoryLimits = field(default_factory=MemoryLimits)
    chain_status: CertificateStatus = CertificateStatus.ACCEPTED
    broken: bool = False
    on_its_way_w: dict[tuple[ChargingStationId, int], float] = field(default_factory=dict)
    security: MemorySecurity = field(default_factory=MemorySecurity)
    clocks: dict[ChargingStationId, StationClock] = field(default_factory=dict)
    mends: dict[ChargingStationId, Mends] = field(default_factory=dict)
    charging: ChargingState = field(default_factory=ChargingState)
    """What was known before the facts."""
    _transactions: dict[tuple[ChargingStationId, TransactionId], Transaction] = field(
        default_factory=dict
    )
    _numbers: dict[tuple[ChargingStationId, str], int] = field(default_factory=dict)

    async def commit(self, facts: Sequence[Fact]) -> None:
        """Keep all of them, or raise."""
        self._check()
        self.facts.extend(facts)
        for fact in facts:
            if isinstance(fact, StationBooted):
                self._change(
                    fact.station_id,
                    registration_status=fact.registration_status,
                    provisioned=fact.provisioned,
                    device=Device(
                        vendor=fact.vendor, model=fact.model, firmware_version=fact.firmware_version
                    ),
                )
            elif isinstance(fact, StationProvisioned):
                self._change(fact.station_id, provisioned=True)

    def follow(self, transaction: Transaction, readings: ReadingsTaken | None) -> None:
        """Keep them at once."""
        self.facts.append(transaction.projected())
        if readings is not None:
            self.facts.append(readings)

    async def get(
        self, station_id: ChargingStationId, transaction_id: TransactionId, *, fresh: bool = False
    ) -> Transaction | None:
        """The transaction as last remembered."""
        self._check()
        return self._transactions.get((station_id, transaction_id))

    def remember(self, transaction: Transaction) -> None:
        """Keep it."""
        self._transactions[transaction.station_id, transaction.transaction_id] = transaction

    async def number(
        self, station_id: ChargingStationId, start_hash: str, given_at: datetime
    ) -> int:
        """Counts from 1; a start that is known keeps its number."""
        self._check()
        return self._numbers.setdefault((station_id, start_hash), len(self._numbers) + 1)

    async def open_at(self, station_id: ChargingStationId, evse_id: int) -> TransactionId | None:
        """The one remembered last that has not ended."""
        self._check()
        found = None
        for (owner, transaction_id), one in self._transactions.items():
            if (owner, one.evse_id, one.ended_at) == (station_id, evse_id, None):
                found = transaction_id
        return found

    async def begun_by(
        self, station_id: ChargingStationId, evse_id: int, at: datetime
    ) -> TransactionId | None:
        """Of those remembered."""
        self._check()
        begun = [
            (one.started_at, transaction_id)
            for (owner, transaction_id), one in self._transactions.items()
            if (owner, one.evse_id) == (station_id, evse_id) and one.started_at is not None
        ]
        return max((one for one in begun if one[0] <= at), default=(None, None))[1]

    async def of(self, station_id: ChargingStationId) -> Mends:
        """As a test says."""
        self._check()
        return self.mends.get(station_id, NO_MENDS)

    async def info(self, presented: Presented, now: datetime) -> IdTokenInfo:
        """By the listed tokens; nobody charges elsewhere."""
        self._check()
        token = self.tokens.get(presented.id_token)
        return judge(token, presented, self.policy, now, spent=self.limits.spent)

    async def status(
        self, certificates: Sequence[OcspQuery], chain_pem: str | None, now: datetime
    ) -> CertificateStatus:
        """As set, whatever the chain."""
        self._check()
        return self.chain_status

    async def being_told_w(self, station_id: ChargingStationId, evse_id: int) -> float | None:
        """As a test says."""
        self._check()
        return self.on_its_way_w.get((station_id, evse_id))

    async def charging_state(self, station_id: ChargingStationId) -> ChargingState:
        """As its facts left it."""
        self._check()
        return charging_state(station_id, self.facts, self.charging)

    async def set_at(
        self, station_id: ChargingStationId, evse_id: int
    ) -> tuple[ChargingProfileHeld, ...]:
        """Of those the ones at the EVSE."""
        known = (await self.charging_state(station_id)).held(ProfileSide.SET)
        return tuple(one for one in known if one.evse_id == evse_id)

    async def state(self, station_id: ChargingStationId) -> StationState:
        """As its facts left it."""
        self._check()
        return self.states.get(station_id, NEVER_BOOTED)

    async def is_accepted(self, station_id: ChargingStationId) -> bool:
        """By its last boot."""
        state = await self.state(station_id)
        return state.registration_status == RegistrationStatus.ACCEPTED

    async def asked_for(self, station_id: ChargingStationId, action: str, since: datetime) -> bool:
        """By the facts, while it is Pending."""
        state = await self.state(station_id)
        return state.registration_status == RegistrationStatus.PENDING and any(
            isinstance(fact, MessageTriggered) and fact.action == action and fact.at >= since
            for fact in self.facts
        )

    @property
    def events(self) -> list[Event]:
        """What was told, in order."""
        return [fact.event for fact in self.facts if isinstance(fact, Told)]

    @property
    def commands(self) -> list[Command]:
        """What was asked of stations, each once."""
        asked = [fact.command for fact in self.facts if isinstance(fact, CommandAsked)]
        return list({command.command_id: command for command in asked}.values())

    @property
    def ledger(self) -> list[TransactionEventStored]:
        """The transaction events, in order of arrival."""
        return [fact for fact in self.facts if isinstance(fact, TransactionEventStored)]

    def _change(
        self,
        station_id: ChargingStationId,
        *,
        provisioned: bool,
        registration_status: str | None = None,
        device: Device | None = None,
    ) -> None:
        state = self.states.get(station_id, NEVER_BOOTED)
        self.states[station_id] = replace(
            state,
            provisioned=provisioned,
            registration_status=registration_status or state.registration_status,
            device=device or state.device,
        )

    def _check(self) -> None:
        if self.broken:
            raise StoreUnavailable("the database is gone")
