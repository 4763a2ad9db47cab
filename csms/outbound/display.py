"""O · SetDisplayMessage, GetDisplayMessages, ClearDisplayMessage.  I · CostUpdated.

What a station says that it cannot show is not sent to it; where it did not say, it is asked.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from csms.domain.commands import Command, CommandStatus
from csms.domain.device_model import VariableKey
from csms.domain.facts_people import (
    DisplayMessage,
    DisplayMessageRemoved,
    DisplayMessagesAsked,
    DisplayMessagesTold,
)
from csms.outbound.ask import ask, ask_with, bad_request, request_id
from csms.outbound.ports import CommandContext, Outcome, StationCaller

FILTERS: Final = frozenset({"id", "priority", "state"})


async def cost_updated(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """I02."""
    return await ask(command, station, context)


async def set_display_message(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """O01, O02, O06 (the same id replaces). `message.id` is ours to give if it is not there."""
    told = command.payload.get("message")
    if not isinstance(told, dict):
        return Outcome.refused("bad_payload: no message")
    message = {"id": request_id(command)} | told
    if (why := await _unsupported(command, message, context)) is not None:
        return Outcome.refused(why)
    outcome = await ask_with(command, station, {"message": message})
    if outcome.status is CommandStatus.CONFIRMED:
        shown = DisplayMessagesTold(
            station_id=command.station_id, at=context.now, messages=(_kept(message),)
        )
        await context.journal.commit([shown])
    return outcome


async def get_display_messages(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """O03, O04: the messages come as NotifyDisplayMessages. `Unknown`: there are none such."""
    values = {"requestId": request_id(command)} | command.payload
    if (bad := bad_request(command, station, values)) is not None:
        return bad
    everything = not FILTERS & values.keys()
    asked = DisplayMessagesAsked(
        station_id=command.station_id,
        at=context.now,
        request_id=values["requestId"],
        everything=everything,
    )
    await context.journal.commit([asked])
    outcome = await ask_with(command, station, values)
    if outcome.response.get("status") == "Unknown":
        return Outcome(
            status=CommandStatus.CONFIRMED, reason="no_such_message", response=outcome.response
        )
    return outcome


async def clear_display_message(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """O05. `Unknown`: the station does not hold it, so it is gone as well."""
    outcome = await ask(command, station, context)
    if outcome.response.get("status") in ("Accepted", "Unknown"):
        removed = DisplayMessageRemoved(
            station_id=command.station_id, at=context.now, message_id=command.payload["id"]
        )
        await context.journal.commit([removed])
    return outcome


async def _unsupported(
    command: Command, message: Mapping[str, Any], context: CommandContext
) -> str | None:
    """Why a station that says what it can show need not be asked."""
    content = message.get("message")
    wanted = {
        "Priorities": message.get("priority"),
        "States": message.get("state"),
        "Formats": content.get("format") if isinstance(content, dict) else None,
    }
    for what, value in wanted.items():
        if value is None:
            continue
        key = VariableKey(component="DisplayMessageCtrlr", variable=f"Supported{what}")
        known = await context.device_model.value(command.station_id, key)
        known = known or await context.device_model.values_list(command.station_id, key)
        if known and value not in {word.strip() for word in known.split(",")}:
            return f"display_has_no: {what} {value}"
    return None


def _kept(message: dict[str, Any]) -> DisplayMessage:
    return DisplayMessage(
        message_id=message["id"],
        priority=message["priority"],
        message=message,
        state=message.get("state"),
        starts_at=_at(message.get("startDateTime")),
        ends_at=_at(message.get("endDateTime")),
        transaction_id=message.get("transactionId"),
    )


def _at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
