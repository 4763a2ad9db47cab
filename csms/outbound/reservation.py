"""H · ReserveNow, CancelReservation: what was asked is durable before the station hears of it."""

from datetime import UTC, datetime
from typing import Any

from csms.domain.commands import Command, CommandStatus
from csms.domain.errors import CallRefused
from csms.domain.facts_authorization import ReservationAsked, ReservationChanged, ReservationStatus
from csms.outbound.ask import ask_with, bad_request, request_id
from csms.outbound.ports import CommandContext, Outcome, StationCaller


async def reserve_now(command: Command, station: StationCaller, context: CommandContext) -> Outcome:
    """H01, for an EVSE, a type of connector, or any of them. `id` is ours to give if it is not in
    the payload; one that is known replaces its reservation (H01.FR.02)."""
    values = {"id": request_id(command)} | command.payload
    if command.evse_id:
        values.setdefault("evseId", int(command.evse_id))
    if (bad := bad_request(command, station, values)) is not None:
        return bad
    asked = _asked(command, values, context.now)
    if asked.expires_at <= context.now:
        return Outcome.refused("expiry_is_past")
    await context.journal.commit([asked])
    try:
        outcome = await ask_with(command, station, values)
    except CallRefused as refused:
        outcome = Outcome.refused(refused.code)
    accepted = outcome.status is CommandStatus.CONFIRMED
    status = ReservationStatus.ACCEPTED if accepted else ReservationStatus.REFUSED
    await context.journal.commit([_changed(command, values["id"], status, context.now)])
    return outcome


async def cancel_reservation(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """H02. A station that refuses does not know the reservation (H02.FR.01): it is gone, too."""
    outcome = await ask_with(command, station, command.payload)
    cancelled = outcome.status is CommandStatus.CONFIRMED
    if cancelled or outcome.response.get("status") == "Rejected":
        status = ReservationStatus.CANCELLED if cancelled else ReservationStatus.REMOVED
        reservation_id = command.payload["reservationId"]
        await context.journal.commit([_changed(command, reservation_id, status, context.now)])
    return outcome


def _asked(command: Command, values: dict[str, Any], now: datetime) -> ReservationAsked:
    group = values.get("groupIdToken")
    return ReservationAsked(
        station_id=command.station_id,
        reservation_id=values["id"],
        at=now,
        expires_at=datetime.fromisoformat(values["expiryDateTime"]).astimezone(UTC),
        id_token=values["idToken"]["idToken"],
        type=values["idToken"]["type"],
        group_id_token=group["idToken"] if group else None,
        evse_id=values.get("evseId"),
        connector_type=values.get("connectorType"),
    )


def _changed(
    command: Command, reservation_id: int, status: ReservationStatus, now: datetime
) -> ReservationChanged:
    return ReservationChanged(
        station_id=command.station_id, reservation_id=reservation_id, at=now, status=status
    )
