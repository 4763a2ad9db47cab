"""CommandKind → the function that carries it out: the shell executes any command through here."""

from csms.domain.commands import Command, CommandStatus
from csms.outbound.ports import CommandContext, Outcome, StationCaller


async def execute(command: Command, station: StationCaller, context: CommandContext) -> Outcome:
    """Carry `command` out. Refusals, time-outs and lost connections are outcomes, not exceptions.

    Raises StoreUnavailable (Provision writes through the journal).
    """
    return Outcome(status=CommandStatus.REFUSED, reason="not_supported")
