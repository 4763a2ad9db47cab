"""N · periodic event streams of OCPP 2.1: which are open, and how fast they flow."""

from csms.domain.commands import Command, CommandStatus
from csms.domain.facts import Fact
from csms.domain.facts_v21 import EventStreamAdjusted, EventStreamOpened
from csms.outbound.ask import ask
from csms.outbound.ports import CommandContext, Outcome, StationCaller


async def get_periodic_event_stream(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """N12: what the station says is open is open."""
    outcome = await ask(command, station, context)
    facts: list[Fact] = [
        EventStreamOpened(
            station_id=command.station_id,
            stream_id=one["id"],
            variable_monitoring_id=one["variableMonitoringId"],
            interval_s=one["params"].get("interval"),
            max_values=one["params"].get("values"),
            at=context.now,
        )
        for one in outcome.response.get("constantStreamData", ())
    ]
    await context.journal.commit(facts)
    return outcome


async def adjust_periodic_event_stream(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """N14."""
    params = command.payload.get("params")
    if not params:
        return Outcome.refused("no_parameters")
    outcome = await ask(command, station, context)
    if outcome.status is CommandStatus.CONFIRMED:
        adjusted = EventStreamAdjusted(
            station_id=command.station_id,
            stream_id=command.payload["id"],
            interval_s=params.get("interval"),
            max_values=params.get("values"),
        )
        await context.journal.commit([adjusted])
    return outcome
