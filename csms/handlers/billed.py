"""What a transaction costs (OCPP 2.0.1, block I): told while it runs and when it has ended.

The cost follows from the ledger and the tariff that the transaction came under, so a repeated
event hears the same total again, and a late one corrects it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from csms.domain.billing import crosses, running_cost_s, usage_of
from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.cost import Cost, cost
from csms.domain.facts import CommandAsked, Fact
from csms.domain.facts_cost import CostKnown
from csms.domain.ids import ChargingStationId
from csms.domain.messages import TransactionEventAnswer
from csms.domain.tariff import TariffInForce
from csms.domain.transaction import Transaction, TransactionEvent
from csms.handlers.ports import Journal, Tariffs, TransactionEvents, Transactions

COST_STALE: Final = timedelta(minutes=1)
"""A running cost that could not be told for so long is not worth telling."""


@dataclass(frozen=True, slots=True)
class Billed:
    """Adds the cost to what `handler` does with a TransactionEvent."""

    journal: Journal
    transactions: Transactions
    tariffs: Tariffs
    handler: TransactionEvents

    async def handle(
        self, station_id: ChargingStationId, request: TransactionEvent, now: datetime
    ) -> TransactionEventAnswer:
        before = await self.transactions.get(station_id, request.transaction_id)
        answer = await self.handler.handle(station_id, request, now)
        after = await self.transactions.get(station_id, request.transaction_id)
        if after is None:
            return answer
        in_force = await self.tariffs.in_force(after)
        if in_force is None:
            return answer
        running = None if after.ended_at else _running(before, after, in_force)
        chosen = after.id_token is not None and (before is None or before.id_token is None)
        if after.ended_at is None and running is None and not chosen:
            return answer
        known = _known(after, in_force, now)
        facts: list[Fact] = [known]
        if running is not None and not request.offline:
            facts.append(CommandAsked(command=_cost_updated(after, known.cost, running, now)))
        if after is not before:
            await self.journal.commit(facts)
        return replace(answer, total_cost=known.cost.total_with_tax) if known.final else answer


def _running(before: Transaction | None, after: Transaction, in_force: TariffInForce) -> int | None:
    """The interval for which the station hears the running cost now, if any (I02.FR.01)."""
    interval_s = running_cost_s(in_force)
    if interval_s is None or after.last_event_at is None or before is None:
        return None
    return crosses(before.last_event_at, after.last_event_at, interval_s)


def _known(transaction: Transaction, in_force: TariffInForce, now: datetime) -> CostKnown:
    usage = usage_of(transaction)
    assert usage is not None  # it has an event
    return CostKnown(
        station_id=transaction.station_id,
        transaction_id=transaction.transaction_id,
        at=now,
        event_count=len(transaction.events),
        tariff=in_force.tariff,
        cost=cost(usage, in_force.tariff),
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
