"""The plain way out: a command whose payload is the request of its OCPP action."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from csms.domain.commands import Command, CommandStatus
from csms.ocppj.codecs import CODECS
from csms.ocppj.peer import CallError
from csms.outbound.ports import CommandContext, Outcome, StationCaller

GOOD = frozenset({"Accepted", "Scheduled", "Unlocked", "RebootRequired"})
"""The statuses, over all actions, that say: it is done, or it will be."""
REQUEST_IDS: Final = 0x7FFF_FFFF  # OCPP: a request id is an int32, and not negative


async def ask(command: Command, station: StationCaller, context: CommandContext) -> Outcome:
    """Send the payload as it is; the answer's status decides."""
    return await ask_with(command, station, command.payload)


async def ask_with(
    command: Command, station: StationCaller, values: Mapping[str, Any], action: str | None = None
) -> Outcome:
    """Send `values` as the request of the command's action, or of another."""
    name = action or command.kind.value
    request = CODECS[station.version].request_from(name, values)
    if isinstance(request, CallError):
        return bad_payload(request)
    response = await station.call(
        name, request, priority=command.priority, deadline_at=command.deadline_at
    )
    return outcome_of(response)


def request_id(command: Command) -> int:
    """A request id of ours: the same however often the command is tried."""
    return command.command_id.int & REQUEST_IDS


async def call(command: Command, station: StationCaller, request: Any) -> Any:
    """Send `request` as the command's own action, with its priority and deadline."""
    return await station.call(
        command.kind.value, request, priority=command.priority, deadline_at=command.deadline_at
    )


def outcome_of(response: Any) -> Outcome:
    """Confirmed, or refused with the reason that the station gave, else its status."""
    values: Mapping[str, Any] = msgspec.to_builtins(response)
    status = values.get("status", "Accepted")
    if status in GOOD:
        return Outcome(status=CommandStatus.CONFIRMED, response=values)
    reason = values.get("statusInfo", {}).get("reasonCode", status)
    return Outcome(status=CommandStatus.REFUSED, reason=reason, response=values)


def bad_request(
    command: Command, station: StationCaller, values: Mapping[str, Any] | None = None
) -> Outcome | None:
    """Why the payload, or `values` in its place, is no request of the command's action; None: it is
    one. To be asked before anything is remembered of it."""
    values = command.payload if values is None else values
    request = CODECS[station.version].request_from(command.kind.value, values)
    return bad_payload(request) if isinstance(request, CallError) else None


def bad_payload(fault: CallError) -> Outcome:
    """The command's payload is no request of its action."""
    return Outcome(status=CommandStatus.REFUSED, reason=f"bad_payload: {fault.description}")
