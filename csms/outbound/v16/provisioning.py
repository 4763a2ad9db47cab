"""B · how a Pending station of OCPP 1.6 is made ready, and its configuration as a report."""

from dataclasses import replace
from typing import Final

from csms.domain import variables
from csms.domain.commands import Command, CommandStatus
from csms.domain.errors import CallRefused, CallTimeout
from csms.domain.facts import VariableRow, VariablesReported
from csms.domain.station import rate_unit
from csms.outbound import provisioning
from csms.outbound.ports import CommandContext, Outcome, StationCaller
from csms.outbound.v16.configuration import configuration
from csms.outbound.v16.station import Station16
from csms.outbound.v16.voice import Voice

NOTHING: Final = ""
"""StopTransaction shall not repeat what MeterValues have told: after days it would be larger than
any frame may be."""


async def get_base_report(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """1.6 has no report to come: its whole configuration is in one answer."""
    rows = await _reported(command, station, context)
    return Outcome(
        status=CommandStatus.CONFIRMED, response={"status": "Accepted", "rows": len(rows)}
    )


async def provision(command: Command, station: StationCaller, context: CommandContext) -> Outcome:
    """As in 2.x, but here the report comes first: it tells the unit that the floor is set in."""
    try:
        rows = await _reported(command, station, context)
    except (CallRefused, CallTimeout):
        rows = ()
    units = [row.value for row in rows if (row.component, row.variable) == variables.RATE_UNIT]
    abilities = context.abilities
    if units:
        abilities = replace(abilities, rate_unit=rate_unit(units[0]))
    return await provisioning.provision(
        command,
        Station16(station, context.now),
        replace(context, abilities=abilities),
        at_end=NOTHING,
    )


async def _reported(
    command: Command, station: StationCaller, context: CommandContext
) -> tuple[VariableRow, ...]:
    voice = Voice(station, command.priority, command.deadline_at, context.now)
    rows = await configuration(voice)
    if rows:
        await context.journal.commit(
            [VariablesReported(station_id=command.station_id, at=context.now, rows=rows)]
        )
    return rows
