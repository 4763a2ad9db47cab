"""Questions that we ask a station of our own accord, as commands that are asked once (E14, K15).

Their ids are made of what they are about: asked twice for one reason, it is one row.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.ids import ChargingStationId, EvseId, TransactionId

STATUS_WITHIN: Final = timedelta(minutes=10)
OFFER_WITHIN: Final = timedelta(seconds=60)
"""ISO 15118 waits no longer for a schedule (K15.FR.08)."""


def transaction_status(
    station_id: ChargingStationId,
    transaction_id: TransactionId,
    evse_id: EvseId | None,
    reason: str,
    now: datetime,
) -> Command:
    """Does it still run, and is there more to tell of it (GetTransactionStatus)?"""
    return Command(
        command_id=_id("transaction-status", station_id, transaction_id, reason),
        station_id=station_id,
        evse_id=evse_id,
        kind=CommandKind.GET_TRANSACTION_STATUS,
        payload={"transactionId": transaction_id},
        priority=CommandPriority.REPORT,
        created_at=now,
        deadline_at=now + STATUS_WITHIN,
        requested_by="csms",
    )


def schedule_offer(
    station_id: ChargingStationId, evse_id: EvseId, reason: str, now: datetime
) -> Command:
    """Tell the EVSE what holds there, since its vehicle asks, or means to leave it."""
    return Command(
        command_id=_id("offer-schedule", station_id, str(evse_id), reason),
        station_id=station_id,
        evse_id=evse_id,
        kind=CommandKind.OFFER_SCHEDULE,
        payload={},
        priority=CommandPriority.DISPATCH,
        created_at=now,
        deadline_at=now + OFFER_WITHIN,
        requested_by="csms",
    )


def heartbeat(station_id: ChargingStationId, now: datetime) -> Command:
    """Ask us for the time (TriggerMessage of a Heartbeat): the station's clock is off."""
    return Command(
        command_id=_id("heartbeat", station_id, now.isoformat()),
        station_id=station_id,
        kind=CommandKind.TRIGGER_MESSAGE,
        payload={"requestedMessage": "Heartbeat"},
        priority=CommandPriority.REPORT,
        created_at=now,
        deadline_at=now + STATUS_WITHIN,
        requested_by="csms",
    )


def _id(*words: str) -> UUID:
    return uuid5(NAMESPACE_URL, ":".join(("v2ghub", *words)))
