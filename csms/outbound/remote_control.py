"""F · RequestStart/StopTransaction, UnlockConnector, TriggerMessage."""

from csms.domain.commands import Command
from csms.domain.facts_device_model import MessageTriggered
from csms.outbound.ask import ask
from csms.outbound.ports import CommandContext, Outcome, StationCaller


async def request_start_transaction(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """F01, F02. A profile in it would go round the rules of discharge, so it may hold none."""
    if "chargingProfile" in command.payload:
        return Outcome.refused("charging_profile_not_allowed")
    return await ask(command, station, context)


async def request_stop_transaction(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """F03."""
    return await ask(command, station, context)


async def unlock_connector(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """F05."""
    return await ask(command, station, context)


async def trigger_message(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """F06. What we ask for may come also from a Pending station: that is known before we ask."""
    named = str(command.payload.get("requestedMessage", ""))
    asked = MessageTriggered(
        station_id=command.station_id, action=message_named(named), at=context.now
    )
    await context.journal.commit([asked])
    return await ask(command, station, context)


def message_named(requested: str) -> str:
    """The action that a MessageTriggerEnumType stands for."""
    return "SignCertificate" if requested.startswith("Sign") else requested
