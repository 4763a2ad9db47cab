"""Facts that prove: signed meter values, and what a station says of its transactions."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts import Fact
from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from csms.domain.meter import SignedMeterValue


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedValuesTaken(Fact):
    """Signed values outside a transaction, letter for letter (inside one the ledger has them)."""

    station_id: ChargingStationId
    evse_id: EvseId
    received_at: datetime
    values: tuple[SignedMeterValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionStatusTold(Fact):
    """The answer to GetTransactionStatus (E14). Neither `ongoing` nor with messages in its queue:
    the station will never end the transaction, so we do."""

    station_id: ChargingStationId
    transaction_id: TransactionId
    evse_id: EvseId | None
    at: datetime
    ongoing: bool
    messages_in_queue: bool
