"""Facts of limits and of payments that are ours to settle (OCPP 2.1, E16 and C21–C25)."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts import Fact
from csms.domain.ids import ChargingStationId, IdToken, TransactionId
from csms.domain.limits import TransactionLimit
from csms.domain.settling import SettlingStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionLimitWanted(Fact):
    """An operator limits a running transaction; the newest word wins."""

    station_id: ChargingStationId
    transaction_id: TransactionId
    limit: TransactionLimit
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionLimitTold(Fact):
    """The station hears `answered` with the event `told_with`; `told` is all that it has heard."""

    station_id: ChargingStationId
    transaction_id: TransactionId
    told: TransactionLimit
    answered: TransactionLimit
    told_with: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementDue(Fact):
    """A transaction whose payment is ours to settle has ended. `left_because`: why an operator must
    settle it by hand; None: a provider is asked. The first word stays."""

    station_id: ChargingStationId
    psp_ref: IdToken
    transaction_id: TransactionId
    at: datetime
    left_because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementEnded(Fact):
    """What became of a settlement that was due; it is final."""

    station_id: ChargingStationId
    transaction_id: TransactionId
    status: SettlingStatus
    at: datetime
    reason: str | None = None
    receipt_id: str | None = None
    receipt_url: str | None = None
