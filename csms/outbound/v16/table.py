"""CommandKind → the function that carries it out at a station of OCPP 1.6.

Commands are those of 2.x: their executors speak to a `Station16`. Only what goes another way in 1.6
has an executor of its own.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from csms.domain.commands import Command, CommandKind
from csms.ocppj import types_v21 as newest
from csms.outbound import jobs
from csms.outbound.ports import CommandContext, Outcome, StationCaller
from csms.outbound.v16 import provisioning
from csms.outbound.v16.station import TRANSLATIONS, Station16
from csms.outbound.v16.voice import NotIn16

Executor = Callable[[Command, StationCaller, CommandContext], Awaitable[Outcome]]

OWN: Final[Mapping[CommandKind, Executor]] = {
    CommandKind.PROVISION: provisioning.provision,
    CommandKind.GET_BASE_REPORT: provisioning.get_base_report,
}
SPOKEN: Final[Mapping[CommandKind, Executor]] = {
    CommandKind.UPDATE_FIRMWARE: jobs.update_unsigned_firmware,
}
"""Executors of 2.x in place of the usual ones, because 1.6 may do more here."""


def executors_16(executors: Mapping[CommandKind, Executor]) -> dict[CommandKind, Executor]:
    """The table for 1.6, from that of 2.x."""
    spoken = {**executors, **SPOKEN}
    return {kind: OWN.get(kind) or _translated(kind, one) for kind, one in spoken.items()}


def _translated(kind: CommandKind, executor: Executor) -> Executor:
    """`executor`, spoken in 1.6; an action of 2.x that 1.6 has no words for is refused at once."""
    if kind.value in newest.REQUESTS and kind.value not in TRANSLATIONS:
        return _refused
    return lambda command, station, context: executor(
        command, Station16(station, context.now), context
    )


async def _refused(command: Command, station: StationCaller, context: CommandContext) -> Outcome:
    return Outcome.refused(NotIn16(command.kind.value).code)
