"""Facts of limits and of payments that are ours to settle (OCPP 2.1, E16 and C21–C25)."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts import Fact
from csms.domain.ids import ChargingStationId, IdToken, TransactionId
from csms.domain.limits import TransactionLimit


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
    """A transaction that was paid through us has ended: what it cost must be settled."""

    station_id: ChargingStationId
    psp_ref: IdToken
    transaction_id: TransactionId
    at: datetime
