"""Facts of money: what a transaction costs so far, or cost (OCPP 2.0.1, block I)."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.cost import Cost
from csms.domain.facts import Fact
from csms.domain.ids import ChargingStationId, TransactionId
from csms.domain.tariff import Tariff


@dataclass(frozen=True, slots=True, kw_only=True)
class CostKnown(Fact):
    """The cost after `event_count` events, under the tariff that the transaction came under; the
    first tariff stays. `final`: the transaction has ended."""

    station_id: ChargingStationId
    transaction_id: TransactionId
    at: datetime
    event_count: int
    tariff: Tariff
    cost: Cost
    final: bool
