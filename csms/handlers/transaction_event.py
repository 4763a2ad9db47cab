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
from csms.domain.station import OcppVersion
from csms.domain.transaction import Transaction, TransactionEvent, TransactionEventType
from csms.handlers.live import live
from csms.handlers.ports import Journal, Projections, Tokens, Transactions

STARTING: Final = frozenset({"Authorized", "RemoteStart"})
CLOCK_OFF: Final = "clock_off"
CLOCK_TOLERANCE: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class TransactionEventHandler:
    journal: Journal
    transactions: Transactions
    projections: Projections
    tokens: Tokens

    async def handle(
        self, station_id: ChargingStationId, request: TransactionEvent, now: datetime
    ) -> TransactionEventAnswer:
        stored = await self.transactions.get(station_id, request.transaction_id)
        before = stored or Transaction(station_id=station_id, transaction_id=request.transaction_id)
        after = before.apply(request)
        if after is not before:
            await self._record(before, after, request, now)
            self.transactions.remember(after)
        presented = presented_in(request, after)
        if presented is None:
            return TransactionEventAnswer()
        return TransactionEventAnswer(await self.tokens.info(presented, now))

    async def _record(
        self, before: Transaction, after: Transaction, event: TransactionEvent, now: datetime
    ) -> None:
        """A mere sample makes only the ledger's line durable before it is answered; what others
        plan by is committed with it."""
        stored, taken = _stored(after, event, now), readings_of(after, event, now)
        if _gist(before) == _gist(after):
            await self.journal.commit([stored])
            self.projections.follow(after, taken)
            return
        changed = TransactionChanged(
            station_id=after.station_id,
            transaction_id=after.transaction_id,
            evse_id=after.evse_id,
            ended=after.ended_at is not None,
        )
        facts: list[Fact] = [stored, after.projected(), Told(event=changed, at=now)]
        await self.journal.commit(facts if taken is None else [*facts, taken])


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
    late = now - event.at > CLOCK_TOLERANCE
    offline = event.offline or (late and event.ocpp_version is OcppVersion.V16)  # it cannot say so
    clock_off = not offline and abs(now - event.at) > CLOCK_TOLERANCE
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
        bool(transaction.events),
        transaction.evse_id,
        transaction.id_token,
        transaction.charging_state,
        transaction.ended_at is not None,
    )
