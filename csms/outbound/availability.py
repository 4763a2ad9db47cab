"""G · ChangeAvailability."""

from csms.domain.commands import Command
from csms.outbound.ask import ask
from csms.outbound.ports import CommandContext, Outcome, StationCaller


async def change_availability(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """G03, G04. `Scheduled` (after the transaction) counts as confirmed."""
    return await ask(command, station, context)
