"""TransactionEvent (OCPP 2.0.1, block E): record what a station tells of a transaction.

A station repeats an event until it is answered, so a known event gets the same answer again and
changes nothing. We never refuse an event: it tells of energy that has already flowed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from csms.domain import questions
from csms.domain.authorization import Presented
from csms.domain.commands import Command
from csms.domain.events import TransactionChanged
from csms.domain.facts import CommandAsked, Fact, ReadingsTaken, Told, TransactionEventStored
from csms.domain.ids import ChargingStationId, IdToken, TransactionId
from csms.domain.messages import TransactionEventAnswer
from csms.domain.station import OcppVersion
from csms.domain.transaction import (
    CLOCK_TOLERANCE,
    Transaction,
    TransactionEvent,
    TransactionEventType,
    TransactionFlag,
    received,
)
from csms.handlers.live import live
from csms.handlers.ports import Bills, Journal, Projections, Tokens, Transactions
from csms.handlers.ports_transaction_ids import TransactionIds

STARTING: Final = frozenset({"Authorized", "RemoteStart"})
CLOCK_OFF: Final = "clock_off"


@dataclass(frozen=True, slots=True)
class TransactionEventHandler:
    journal: Journal
    transactions: Transactions
    projections: Projections
    tokens: Tokens
    transaction_ids: TransactionIds
    bills: Bills

    async def handle(
        self, station_id: ChargingStationId, request: TransactionEvent, now: datetime
    ) -> TransactionEventAnswer:
        request = received(request, now)
        stored = await self.transactions.get(station_id, request.transaction_id)
        if stored is not None and is_first_gap(stored, request):
            # What is missing may have come to another process, over an older socket.
            stored = await self.transactions.get(station_id, request.transaction_id, fresh=True)
        before = stored or Transaction(station_id=station_id, transaction_id=request.transaction_id)
        after = before.apply(request)
        if after is not before:
            asked = await self._questions(before, after, request, now)
            due = await self.bills.facts(before, after, request, now)
            await self._record(before, after, request, now, [*asked, *due])
            self.transactions.remember(after)
        presented = presented_in(request, after)
        info = None if presented is None else await self.tokens.info(presented, now)
        return TransactionEventAnswer(info, await self.bills.total(after, now))

    async def _record(
        self,
        before: Transaction,
        after: Transaction,
        event: TransactionEvent,
        now: datetime,
        more: Sequence[Fact],
    ) -> None:
        """A mere sample makes only the ledger's line (and `more` that follows from it) durable
        before it is answered; what others plan by is committed with it."""
        stored, taken = _stored(after, event, now), readings_of(after, event, now)
        if _gist(before) == _gist(after):
            await self.journal.commit([stored, *more])
            self.projections.follow(after, taken)
            return
        changed = TransactionChanged(
            station_id=after.station_id,
            transaction_id=after.transaction_id,
            evse_id=after.evse_id,
            ended=after.ended_at is not None,
        )
        facts: list[Fact] = [stored, after.projected(), Told(event=changed, at=now), *more]
        await self.journal.commit(facts if taken is None else [*facts, taken])

    async def _questions(
        self, before: Transaction, after: Transaction, event: TransactionEvent, now: datetime
    ) -> list[CommandAsked]:
        """What is missing is asked for (E14): numbers that were skipped, a beginning that never
        came, and the end of a transaction whose EVSE another one has now."""
        if event.ocpp_version is OcppVersion.V16:
            return []
        asked = []
        if (gap := opened_gap(before, event)) is not None:
            asked.append(_status_of(after, after.transaction_id, gap, now))
        if before.evse_id is None and after.evse_id is not None and after.ended_at is None:
            other = await self.transaction_ids.open_at(after.station_id, after.evse_id)
            if other not in (None, after.transaction_id):
                reason = f"followed by {after.transaction_id}"
                asked.append(_status_of(after, other, reason, now))
        return [CommandAsked(command=command) for command in asked]


def _status_of(
    transaction: Transaction, asked_for: TransactionId, reason: str, now: datetime
) -> Command:
    return questions.transaction_status(
        transaction.station_id, asked_for, transaction.evse_id, reason, now
    )


def is_first_gap(known: Transaction, event: TransactionEvent) -> bool:
    """Whether `event` says for the first time that numbers are missing; a station that counts in
    its own way does so once."""
    opens_one = event.seq_no > known.highest_seq_no + 1
    return opens_one and TransactionFlag.SEQ_NO_GAP not in known.flags


def opened_gap(before: Transaction, event: TransactionEvent) -> str | None:
    """How `event` shows that others are missing, or None; each gap is seen once."""
    if not before.events:
        return None if event.event_type is TransactionEventType.STARTED else "no beginning"
    if event.seq_no > before.highest_seq_no + 1:
        return f"gap before {event.seq_no}"
    return None


def presented_in(event: TransactionEvent, transaction: Transaction) -> Presented | None:
    """The token that the event names, and whether it shall start something; None if it names
    none. That no token was needed (C02) is said by a type alone."""
    if event.id_token is None and event.id_token_type is None:
        return None
    started = event.event_type is TransactionEventType.STARTED
    return Presented(
        id_token=event.id_token or IdToken(""),
        type=event.id_token_type,
        station_id=transaction.station_id,
        evse_id=transaction.evse_id,
        transaction_id=transaction.transaction_id,
        starts=started or event.trigger_reason in STARTING,
    )


def readings_of(
    transaction: Transaction, event: TransactionEvent, received_at: datetime
) -> ReadingsTaken | None:
    """What the event says of its EVSE's meter; None if nothing, or if no EVSE is known yet."""
    if not event.readings or transaction.evse_id is None:
        return None
    return ReadingsTaken(
        station_id=transaction.station_id,
        evse_id=transaction.evse_id,
        received_at=received_at,
        readings=live(event.readings, received_at),
        transaction_id=transaction.transaction_id,
    )


def _stored(after: Transaction, event: TransactionEvent, now: datetime) -> TransactionEventStored:
    behind = now - event.at
    late = behind > CLOCK_TOLERANCE
    offline = event.offline or (late and event.ocpp_version is OcppVersion.V16)  # it cannot say so
    clock_off = not offline and not -CLOCK_TOLERANCE <= behind <= CLOCK_TOLERANCE
    return TransactionEventStored(
        station_id=after.station_id,
        transaction_id=after.transaction_id,
        seq_no=event.seq_no,
        event_type=event.event_type.value,
        at=event.at,
        content_hash=event.content_hash,
        received_at=now,
        trigger_reason=event.trigger_reason,
        offline=offline,
        ocpp_version=event.ocpp_version,
        payload=event.payload,
        flags=(*event.flags, CLOCK_OFF) if clock_off else event.flags,
    )


def _gist(transaction: Transaction) -> tuple[object, ...]:
    """What the rest of the platform replans for; a mere sample changes none of it."""
    return (
        transaction.last_event_at is not None,
        transaction.evse_id,
        transaction.id_token,
        transaction.charging_state,
        transaction.ended_at is not None,
    )
