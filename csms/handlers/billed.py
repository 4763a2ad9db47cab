"""What a transaction costs (OCPP 2.0.1, block I): told while it runs and when it has ended.

The cost follows from the ledger and the tariff that the transaction came under, so a repeated
event hears the same total again, and a late one corrects it. What a station computed itself is what
its driver was shown: that is the cost then (OCPP 2.1, I12).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from csms.domain.billing import crosses, running_cost_s, usage_of
from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.cost import Cost, cost
from csms.domain.facts import CommandAsked, Fact
from csms.domain.facts_cost import CostKnown
from csms.domain.tariff import Tariff, TariffInForce
from csms.domain.transaction import Transaction, TransactionEvent
from csms.handlers.ports import Tariffs

STATIONS_OWN: Final = "station"
COST_STALE: Final = timedelta(minutes=1)
"""A running cost that could not be told for so long is not worth telling."""


@dataclass(frozen=True, slots=True)
class Billed:
    """Implements `ports.Bills`."""

    tariffs: Tariffs

    async def facts(
        self, before: Transaction, after: Transaction, event: TransactionEvent, now: datetime
    ) -> list[Fact]:
        """What is known of the cost with `event`, to be stored with it. Raises StoreUnavailable."""
        in_force = await self.tariffs.in_force(after) or _its_own(after)
        if in_force is None:
            return []
        running = None if after.ended_at else _running(before, after, in_force)
        chosen = after.id_token is not None and before.id_token is None
        if after.ended_at is None and running is None and not chosen:
            return []
        known = _known(after, in_force, now)
        if running is None or event.offline:
            return [known]
        return [known, CommandAsked(command=_cost_updated(after, known.cost, running, now))]

    async def total(self, transaction: Transaction, now: datetime) -> Decimal | None:
        """With tax, once it has ended and if it costs anybody anything. Raises StoreUnavailable."""
        if transaction.ended_at is None:
            return None
        in_force = await self.tariffs.in_force(transaction) or _its_own(transaction)
        return None if in_force is None else _known(transaction, in_force, now).cost.total_with_tax


def _running(before: Transaction, after: Transaction, in_force: TariffInForce) -> int | None:
    """The interval for which the station hears the running cost now, if any (I02.FR.01)."""
    interval_s = running_cost_s(in_force)
    if interval_s is None or after.last_event_at is None or not before.events:
        return None
    return crosses(before.last_event_at, after.last_event_at, interval_s)


def _its_own(transaction: Transaction) -> TariffInForce | None:
    """The station computed by a tariff that we do not know."""
    own = transaction.own_cost
    if own is None:
        return None
    return TariffInForce(tariff=Tariff(tariff_id=STATIONS_OWN, currency=own.currency))


def _known(transaction: Transaction, in_force: TariffInForce, now: datetime) -> CostKnown:
    usage = usage_of(transaction)
    assert usage is not None  # it has an event
    return CostKnown(
        station_id=transaction.station_id,
        transaction_id=transaction.transaction_id,
        at=now,
        event_count=len(transaction.events),
        tariff=in_force.tariff,
        cost=transaction.own_cost or cost(usage, in_force.tariff),
        final=transaction.ended_at is not None,
    )


def _cost_updated(transaction: Transaction, known: Cost, number: int, now: datetime) -> Command:
    name = f"urn:v2ghub:cost:{transaction.station_id}:{transaction.transaction_id}:{number}"
    return Command(
        command_id=uuid5(NAMESPACE_URL, name),
        station_id=transaction.station_id,
        kind=CommandKind.COST_UPDATED,
        payload={
            "totalCost": float(known.total_with_tax),
            "transactionId": transaction.transaction_id,
        },
        priority=CommandPriority.REPORT,
        created_at=now,
        deadline_at=now + COST_STALE,
        evse_id=transaction.evse_id,
    )
