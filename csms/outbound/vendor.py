"""P · a setpoint in a vendor's own words, by DataTransfer: the discharge dialect `datatransfer`.

Beside the message stands the lease that every station has, as a profile: the setpoint where it is
a charge, the floor where it is a discharge. So a station that misreads the message takes in no more
than its floor, and falls back to that when the message no longer holds. No composite schedule shows
what a vendor's message made of a station: its meter is what reads it back (`csms/proof`).
"""

from dataclasses import replace

from msgspec import UNSET

from csms.domain.commands import Command, CommandStatus, Setpoint
from csms.domain.discharge import DischargeDialect, permitted_w
from csms.domain.ids import EvseId
from csms.domain.station import StationAbilities
from csms.domain.vendor_message import VendorMessage
from csms.ocppj import types_v201 as wire
from csms.outbound.ask import outcome_of
from csms.outbound.ports import CommandContext, Outcome, StationCaller

SPOKEN = (DischargeDialect.DATATRANSFER,)


def message_of(abilities: StationAbilities) -> VendorMessage | None:
    """How it is told setpoints, unless by another dialect; one that lost its dialect is told to
    stop in its own words."""
    silent = abilities.discharge_dialect not in (*SPOKEN, DischargeDialect.NONE)
    return None if silent else abilities.vendor_message


def permitted(setpoint: Setpoint, abilities: StationAbilities) -> Setpoint:
    """The part of it that may be said in the vendor's words."""
    allowed_w = permitted_w(
        setpoint.setpoint_w,
        abilities.discharge_dialect,
        proven=abilities.discharge_proven_at is not None,
        spoken=SPOKEN,
    )
    return replace(setpoint, setpoint_w=allowed_w)


def beside(setpoint: Setpoint, abilities: StationAbilities) -> Setpoint:
    """The lease that stands as a profile beside what is said in the vendor's words, if anything."""
    if message_of(abilities) is None:
        return setpoint
    allowed = permitted(setpoint, abilities)
    if allowed.setpoint_w >= 0:
        return allowed
    return replace(setpoint, setpoint_w=max(abilities.floor_w, 0.0))


def meant_w(setpoint: Setpoint, leased_w: float, abilities: StationAbilities) -> float:
    """What it is told in all: the lease of the profile, or less in its vendor's words."""
    if message_of(abilities) is None:
        return leased_w
    return min(leased_w, permitted(setpoint, abilities).setpoint_w)


async def said(
    command: Command,
    station: StationCaller,
    context: CommandContext,
    setpoint: Setpoint,
    leased: Outcome,
) -> Outcome:
    """`leased` (the profile beside it), and whether the station took the message as well. Raises
    CallTimeout or ConnectionLost: then nobody knows what holds."""
    abilities, message = context.abilities, message_of(context.abilities)
    if message is None or leased.status is not CommandStatus.CONFIRMED:
        return leased
    allowed = permitted(setpoint, abilities)
    answer = await _transfer(command, station, context, message, allowed)
    taken = outcome_of(answer)
    if taken.status is not CommandStatus.CONFIRMED:
        return replace(taken, setpoint_w=leased.setpoint_w, composite_w=leased.composite_w)
    if allowed.setpoint_w >= 0:
        return leased
    return replace(leased, setpoint_w=allowed.setpoint_w, composite_w=None)


async def _transfer(
    command: Command,
    station: StationCaller,
    context: CommandContext,
    message: VendorMessage,
    setpoint: Setpoint,
) -> wire.DataTransferResponse:
    abilities = context.abilities
    assert command.evse_id is not None  # its lease was taken
    assert context.transaction_id is not None
    request = wire.DataTransferRequest(
        vendor_id=message.vendor_id,
        message_id=message.message_id or UNSET,
        data=message.said(
            setpoint,
            EvseId(command.evse_id - abilities.quirks.evses_from_zero),
            context.transaction_id,
            context.now,
            (abilities.phases, abilities.voltage_v),
        ),
    )
    response: wire.DataTransferResponse = await station.call(
        "DataTransfer", request, priority=command.priority, deadline_at=command.deadline_at
    )
    return response
