"""StatusNotification (OCPP 2.0.1, G01): what a connector is doing.

In 1.6 it also tells what is wrong, and the charging state of the transaction there.
"""

from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from csms.domain.facts import ConnectorStatusChanged, Fact, Noticed
from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from csms.domain.messages import Acknowledged, StatusNotification
from csms.domain.transaction import Transaction, TransactionEvent, received
from csms.handlers.notice import Severity
from csms.handlers.ports import Journal
from csms.handlers.ports_transaction_ids import TransactionIds
from csms.handlers.transaction_event import TransactionEventHandler


@dataclass(frozen=True, slots=True)
class StatusNotificationHandler:
    journal: Journal
    transaction_ids: TransactionIds
    events: TransactionEventHandler

    async def handle(
        self, station_id: ChargingStationId, request: StatusNotification, now: datetime
    ) -> Acknowledged:
        changed = ConnectorStatusChanged(
            station_id=station_id,
            evse_id=request.evse_id,
            connector_id=request.connector_id,
            status=request.status,
            at=min(request.at or now, now),  # a clock that runs ahead must not freeze the status
        )
        facts: list[Fact] = [changed]
        if request.fault is not None:
            facts.append(
                Noticed(
                    station_id=station_id,
                    kind="StatusNotification",
                    at=changed.at,
                    received_at=now,
                    severity=Severity.WARNING.value,
                    payload=request.fault,
                )
            )
        await self.journal.commit(facts)
        if request.event is not None:
            await self._tell_of(station_id, replace(request.event, at=request.at or now), now)
        return Acknowledged()

    async def _tell_of(
        self, station_id: ChargingStationId, event: TransactionEvent, now: datetime
    ) -> None:
        """It is the state of the transaction that ran at the time of the status, the open one or
        one before it, if it is news after what was told until then: a station may tell late, and
        out of order."""
        if event.evse_id is None:
            return
        at = received(event, now).counts_at or event.at
        ran = await self._running(station_id, event.evse_id, at)
        if ran is not None and ran.charging_state_at(at) != event.charging_state:
            event = replace(event, transaction_id=ran.transaction_id)
            await self.events.handle(station_id, event, now)

    async def _running(
        self, station_id: ChargingStationId, evse_id: EvseId, at: datetime
    ) -> Transaction | None:
        opened = await self.transaction_ids.open_at(station_id, evse_id)
        if (known := await self._known(station_id, opened, at)) is not None:
            return known
        begun = await self.transaction_ids.begun_by(station_id, evse_id, at)
        return await self._known(station_id, begun, at)

    async def _known(
        self, station_id: ChargingStationId, transaction_id: TransactionId | None, at: datetime
    ) -> Transaction | None:
        if transaction_id is None:
            return None
        known = await self.events.transactions.get(station_id, transaction_id)
        return known if known is not None and _ran(known, at) else None


def _ran(transaction: Transaction, at: datetime) -> bool:
    """What a station says as it ends, and after, is of the connector alone."""
    if transaction.span is None:
        return False
    began, ended = transaction.span
    return began <= at and (transaction.ended_at is None or at < ended)
