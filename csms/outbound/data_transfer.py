"""P · DataTransfer to a station: a vendor's own message, as an operator writes it."""

from csms.domain.commands import Command
from csms.outbound.ask import ask
from csms.outbound.ports import CommandContext, Outcome, StationCaller


async def data_transfer(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """P01. The station's data is in the response."""
    return await ask(command, station, context)
