"""What a refusal teaches: the lease again, a little differently, and what was taken is remembered.

Only where the station refused the profile itself; each guess is one call more, and the first that
is accepted becomes a quirk of this very station, so the next lease is said that way at once. With
other firmware it is asked anew.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from csms.domain.commands import Command, CommandStatus
from csms.domain.facts_quirks import QuirkLearned
from csms.domain.quirks import guesses
from csms.domain.station import StationAbilities
from csms.outbound.ports import CommandContext, Outcome

NOT_ABOUT_WORDS: Final = frozenset(
    {
        "InternalError",
        "NotImplemented",
        "NotSupported",
        "SecurityError",
        "TxNotFound",
        "UnknownEvse",
    }
)
"""Reasons that no other wording would change."""

Say = Callable[[StationAbilities], Awaitable[Outcome | None]]


async def taught(
    refused: Outcome, command: Command, context: CommandContext, say: Say, *, pauses: bool
) -> Outcome:
    """`refused`, or the outcome of the first other way to say it that the station took.

    `say` tries with changed abilities; None: it cannot be said so.
    """
    at_the_station = refused.status is CommandStatus.REFUSED and refused.setpoint_w is None
    if not at_the_station or refused.reason in NOT_ABOUT_WORDS:
        return refused
    abilities = context.abilities
    for name, value in guesses(abilities.quirks, abilities.rate_unit, pauses=pauses):
        outcome = await say(abilities.with_quirk(name, value))
        if outcome is None or outcome.setpoint_w is None:
            continue
        learned = QuirkLearned(
            station_id=command.station_id,
            name=name,
            value=value,
            at=context.now,
            reason=f"refused otherwise: {refused.reason}",
            device=abilities.device,
        )
        await context.journal.commit([learned])
        return outcome
    return refused
