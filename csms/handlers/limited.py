"""Limits of a transaction (OCPP 2.1, C17, E16), in the answers to its events.

Where the station cannot keep a limit itself, the transaction is stopped from here once it is
reached: by an event's own time and registers, so a repeat asks for the same stop.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from csms.domain.authorization import AuthorizationStatus
from csms.domain.billing import usage_of
from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.cost import cost
from csms.domain.facts import CommandAsked, Fact
from csms.domain.facts_limits import SettlementDue, TransactionLimitTold
from csms.domain.ids import ChargingStationId
from csms.domain.limits import LimitHeld, TransactionLimit, due, over, reached
from csms.domain.messages import TransactionEventAnswer
from csms.domain.settling import NO_COST, NO_PROVIDER
from csms.domain.station import OcppVersion
from csms.domain.transaction import Transaction, TransactionEvent
from csms.handlers.notice import Severity, noticed
from csms.handlers.ports import Journal, Tariffs, TransactionEvents, Transactions
from csms.handlers.ports_limits import Limits

STOP_WITHIN: Final = timedelta(minutes=10)
DIRECT_PAYMENT: Final = "DirectPayment"


@dataclass(frozen=True, slots=True)
class Limited:
    """Adds the limit to what `handler` answers, and has paid transactions settled at their end."""

    journal: Journal
    transactions: Transactions
    tariffs: Tariffs
    limits: Limits
    settles_payments: bool
    handler: TransactionEvents

    async def handle(
        self, station_id: ChargingStationId, request: TransactionEvent, now: datetime
    ) -> TransactionEventAnswer:
        answer = await self.handler.handle(station_id, request, now)
        after = await self.transactions.get(station_id, request.transaction_id)
        if after is None:
            return answer
        if after.ended_at is not None:
            await self._settle(after, answer, now)
            return answer
        if answer.info is not None and answer.info.status is not AuthorizationStatus.ACCEPTED:
            return answer
        held = await self.limits.held(after)
        if not held.wanted and not held.ours:
            return answer
        costs = answer.total_cost
        if costs is None and {held.wanted.max_cost, held.ours.max_cost} != {None}:
            costs = await self._cost(after)
        if _is_reached(after, costs, held.ours):
            await self.journal.commit([CommandAsked(command=_stop(after, now))])
        if request.ocpp_version is not OcppVersion.V21:
            return answer
        if held.wanted.max_cost is not None:
            answer = replace(answer, total_cost=costs)  # E16.FR.11
        return replace(answer, limit=await self._tell(after, held, request, now))

    async def _tell(
        self, transaction: Transaction, held: LimitHeld, event: TransactionEvent, now: datetime
    ) -> TransactionLimit:
        """What the answer tells, durable first; nothing, if the station knows it all."""
        limit = due(held, transaction.limit, event.content_hash)
        if limit and held.told_with != event.content_hash:
            told = TransactionLimitTold(
                station_id=transaction.station_id,
                transaction_id=transaction.transaction_id,
                told=over(held.told, limit),
                answered=limit,
                told_with=event.content_hash,
                at=now,
            )
            await self.journal.commit([told])
            heard = replace(held, told=told.told, answered=limit, told_with=told.told_with)
            self.limits.remember(transaction, heard)
        return limit

    async def _cost(self, transaction: Transaction) -> Decimal | None:
        """With tax, so far; None if nobody can say."""
        in_force, usage = await self.tariffs.in_force(transaction), usage_of(transaction)
        if in_force is None or usage is None:
            return None
        return cost(usage, in_force.tariff).total_with_tax

    async def _settle(
        self, transaction: Transaction, answer: TransactionEventAnswer, now: datetime
    ) -> None:
        """A person is told of what no provider can be asked for."""
        psp_ref = transaction.id_token
        if psp_ref is None or transaction.id_token_type != DIRECT_PAYMENT:
            return
        station_id, transaction_id = transaction.station_id, transaction.transaction_id
        if not await self.limits.settled_by_us(station_id, psp_ref):
            return
        left_because = None if self.settles_payments else NO_PROVIDER
        if answer.total_cost is None:
            left_because = NO_COST
        at = transaction.ended_at or now
        due = SettlementDue(
            station_id=station_id,
            psp_ref=psp_ref,
            transaction_id=transaction_id,
            at=at,
            left_because=left_because,
        )
        facts: list[Fact] = [due]
        if left_because is not None:
            told = {"pspRef": psp_ref, "transactionId": transaction_id, "reason": left_because}
            facts.append(noticed(station_id, "Settlement", told, at, Severity.WARNING))
        await self.journal.commit(facts)


def _is_reached(transaction: Transaction, costs: Decimal | None, limit: TransactionLimit) -> bool:
    span = transaction.span
    if span is None:
        return False
    started_at, last_at = span
    return reached(
        limit,
        cost=costs,
        imported_wh=transaction.imported_wh,
        lasted_s=(last_at - started_at).total_seconds(),
    )


def _stop(transaction: Transaction, now: datetime) -> Command:
    """Asked once a transaction."""
    name = f"urn:v2ghub:limit:{transaction.station_id}:{transaction.transaction_id}"
    return Command(
        command_id=uuid5(NAMESPACE_URL, name),
        station_id=transaction.station_id,
        evse_id=transaction.evse_id,
        kind=CommandKind.REQUEST_STOP_TRANSACTION,
        payload={"transactionId": transaction.transaction_id},
        priority=CommandPriority.OPERATOR,
        created_at=now,
        deadline_at=now + STOP_WITHIN,
        requested_by="csms",
    )
