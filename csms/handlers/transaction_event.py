"""TransactionEvent (OCPP 2.0.1, block E): record what a station tells of a transaction.

A station repeats an event until it is answered, so a known event gets the same answer again and
changes nothing. We never refuse an event: it tells of energy that has already flowed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from csms.domain.authorization import Presented
from csms.domain.events import TransactionChanged
from csms.domain.facts import Fact, ReadingsTaken, Told, TransactionEventStored
from csms.domain.ids import ChargingStationId, IdToken
from csms.domain.messages import TransactionEventAnswer
from csms.domain.transaction import Transaction, TransactionEvent, TransactionEventType
from csms.handlers.live import live
from csms.handlers.ports import Journal, Tokens, Transactions

STARTING: Final = frozenset({"Authorized", "RemoteStart"})
CLOCK_OFF: Final = "clock_off"
CLOCK_TOLERANCE: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class TransactionEventHandler:
    journal: Journal
    transactions: Transactions
    tokens: Tokens

    async def handle(
        self, station_id: ChargingStationId, request: TransactionEvent, now: datetime
    ) -> TransactionEventAnswer:
        stored = await self.transactions.get(station_id, request.transaction_id)
        before = stored or Transaction(station_id=station_id, transaction_id=request.transaction_id)
        after = before.apply(request)
        if after is not before:
            await self.journal.commit(_facts(before, after, request, now))
            self.transactions.remember(after)
        presented = presented_in(request, after)
        if presented is None:
            return TransactionEventAnswer()
        return TransactionEventAnswer(await self.tokens.info(presented, now))


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


def _facts(
    before: Transaction, after: Transaction, event: TransactionEvent, now: datetime
) -> list[Fact]:
    facts: list[Fact] = [_stored(after, event, now), after.projected()]
    if event.readings and after.evse_id is not None:
        facts.append(
            ReadingsTaken(
                station_id=after.station_id,
                evse_id=after.evse_id,
                received_at=now,
                readings=live(event.readings, now),
                transaction_id=after.transaction_id,
            )
        )
    if _gist(before) != _gist(after):
        changed = TransactionChanged(
            station_id=after.station_id,
            transaction_id=after.transaction_id,
            evse_id=after.evse_id,
            ended=after.ended_at is not None,
        )
        facts.append(Told(event=changed, at=now))
    return facts


def _stored(after: Transaction, event: TransactionEvent, now: datetime) -> TransactionEventStored:
    clock_off = not event.offline and abs(now - event.at) > CLOCK_TOLERANCE
    return TransactionEventStored(
        station_id=after.station_id,
        transaction_id=after.transaction_id,
        seq_no=event.seq_no,
        event_type=event.event_type.value,
        at=event.at,
        content_hash=event.content_hash,
        received_at=now,
        trigger_reason=event.trigger_reason,
        offline=event.offline,
        ocpp_version=event.ocpp_version,
        payload=event.payload,
        flags=(*event.flags, CLOCK_OFF) if clock_off else event.flags,
    )


def _gist(transaction: Transaction) -> tuple[object, ...]:
    """What the rest of the platform replans for; a mere sample changes none of it."""
    return (
        bool(transaction.events),
        transaction.evse_id,
        transaction.id_token,
        transaction.charging_state,
        transaction.ended_at is not None,
    )
