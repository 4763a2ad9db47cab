"""What the handlers ask of the outside. The store and the test fake implement these."""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from csms.domain.authorization import IdTokenInfo, Presented
from csms.domain.contract import CertificateStatus, OcspQuery
from csms.domain.discharge import DischargeModels
from csms.domain.facts import Fact, ReadingsTaken
from csms.domain.ids import ChargingStationId, IdToken, TransactionId
from csms.domain.mending import Mends
from csms.domain.messages import Authorize, AuthorizeAnswer, TransactionEventAnswer
from csms.domain.station import BootPolicy, Device
from csms.domain.station_clock import TOLERANCE_S, StationClock
from csms.domain.tariff import TariffInForce
from csms.domain.transaction import Transaction, TransactionEvent
from csms.handlers.ports_charging import SmartCharging
from csms.handlers.ports_limits import Limits
from csms.handlers.ports_monitoring import Monitors
from csms.handlers.ports_security import Security
from csms.handlers.ports_transaction_ids import TransactionIds
from csms.handlers.ports_v21 import PortsV21


class Journal(Protocol):
    """The one way to write."""

    async def commit(self, facts: Sequence[Fact]) -> None:
        """Return when all facts are durable. Raises StoreUnavailable: then none of them is."""


class Projections(Protocol):
    """What repeats the ledger for readers, and may be written a moment after it."""

    def follow(self, transaction: Transaction, readings: ReadingsTaken | None) -> None:
        """Write `transaction`, whose events are all stored, and its newest readings, soon."""


class Transactions(Protocol):
    """Transactions as their ledger tells them."""

    async def get(
        self, station_id: ChargingStationId, transaction_id: TransactionId, *, fresh: bool = False
    ) -> Transaction | None:
        """The transaction with every stored event applied, or None if none is stored; `fresh`: what
        another process may have stored a moment ago included."""

    def remember(self, transaction: Transaction) -> None:
        """Keep `transaction` (its facts are durable now) so that the next `get` is cheap."""


class Tokens(Protocol):
    """Who may charge."""

    async def info(self, presented: Presented, now: datetime) -> IdTokenInfo:
        """What the token may where it is presented; the policy for tokens nobody listed is the
        store's. Raises StoreUnavailable."""


class Tariffs(Protocol):
    """What drivers pay."""

    async def in_force(self, transaction: Transaction) -> TariffInForce | None:
        """The tariff that the transaction came under, and keeps; None: there is none for it.
        Raises StoreUnavailable."""

    async def for_driver(
        self, station_id: ChargingStationId, id_token: IdToken
    ) -> TariffInForce | None:
        """The tariff that a driver would come under at a station. Raises StoreUnavailable."""


class Bills(Protocol):
    """What transactions cost."""

    async def facts(
        self, before: Transaction, after: Transaction, event: TransactionEvent, now: datetime
    ) -> Sequence[Fact]:
        """What is known of the cost with `event`, to be stored with it. Raises StoreUnavailable."""

    async def total(self, transaction: Transaction, now: datetime) -> Decimal | None:
        """What it cost, with tax; None while it runs, or without a tariff. Raises
        StoreUnavailable."""


class Contracts(Protocol):
    """What contract certificates are worth (ISO 15118, C07)."""

    async def status(
        self, certificates: Sequence[OcspQuery], chain_pem: str | None, now: datetime
    ) -> CertificateStatus:
        """Whether the chain, named by hashes or given in PEM, holds and none of it is revoked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationState:
    """What a handler needs to know of the station that speaks."""

    registration_status: str | None
    provisioned: bool
    floor_w: float
    sample_interval_s: int
    evse_ids: tuple[int, ...] = ()
    boot_policy: BootPolicy = BootPolicy.PROVISION
    device: Device | None = None


class Stations(Protocol):
    """Stations as stored."""

    async def asked_for(self, station_id: ChargingStationId, action: str, since: datetime) -> bool:
        """Whether it is Pending and we asked it for this message (TriggerMessage) at or after
        `since`. Raises StoreUnavailable."""

    async def state(self, station_id: ChargingStationId) -> StationState:
        """The stored state. Raises StoreUnavailable."""

    async def is_accepted(self, station_id: ChargingStationId) -> bool:
        """Whether its last boot was accepted; cheap, for it is asked with each message. Raises
        StoreUnavailable."""


class InboundMends(Protocol):
    """What stations tell wrong, as their quirks say."""

    async def of(self, station_id: ChargingStationId) -> Mends:
        """What to mend in what the station tells now; cheap, for it is asked with each message that
        tells of an EVSE. Raises StoreUnavailable."""


class Authorizes(Protocol):
    """Answers Authorize."""

    async def handle(
        self, station_id: ChargingStationId, request: Authorize, now: datetime
    ) -> AuthorizeAnswer: ...


class TransactionEvents(Protocol):
    """Records what stations tell of transactions."""

    async def handle(
        self, station_id: ChargingStationId, request: TransactionEvent, now: datetime
    ) -> TransactionEventAnswer: ...


class Handler(Protocol):
    """One per message: `request` and the answer are domain objects of `csms.domain.messages`."""

    async def handle(
        self, station_id: ChargingStationId, request: object, now: datetime
    ) -> object: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """All that handlers ask of the outside, as one thing to wire."""

    journal: Journal
    transactions: Transactions
    projections: Projections
    transaction_ids: TransactionIds
    charging: SmartCharging
    tokens: Tokens
    contracts: Contracts
    tariffs: Tariffs
    limits: Limits
    settles_payments: bool
    stations: Stations
    mends: InboundMends
    clocks: MutableMapping[ChargingStationId, StationClock]
    """What was heard of stations' clocks on the connections that are here."""
    clock_tolerance_s: float = TOLERANCE_S
    security: Security
    monitors: Monitors
    discharge_models: DischargeModels
    v21: PortsV21
