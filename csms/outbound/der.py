"""R · DER controls: checked before they leave; what a station holds, and what of it is out of
force, is remembered from its answers."""

from dataclasses import replace
from typing import Any

from csms.domain.commands import Command, CommandStatus
from csms.domain.der import DerControl, field_of, refusal
from csms.domain.facts import Fact
from csms.domain.facts_v21 import DerControlHeld, DerControlsCleared, DerControlsSuperseded
from csms.ocppj.inbound21 import timing
from csms.outbound.ask import ask, bad_request, request_id
from csms.outbound.ports import CommandContext, Outcome, StationCaller

NOT_FOUND = "NotFound"


async def set_der_control(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """R04.FR.01–08: the answer may say that other controls, or this very one, are superseded."""
    if (bad := bad_request(command, station)) is not None:
        return bad
    if why := refusal(command.payload):
        return Outcome.refused(why)
    outcome = await ask(command, station, context)
    if outcome.status is CommandStatus.CONFIRMED:
        superseded = tuple(outcome.response.get("supersededIds", ()))
        held = DerControlHeld(
            station_id=command.station_id, control=_control(command.payload), at=context.now
        )
        facts: list[Fact] = [held]
        if superseded:
            gone = DerControlsSuperseded(
                station_id=command.station_id, control_ids=superseded, at=context.now
            )
            facts.append(gone)
        await context.journal.commit(facts)
    return outcome


def _control(payload: dict[str, Any]) -> DerControl:
    values = payload[field_of(payload["controlType"])]
    return DerControl(
        control_id=payload["controlId"],
        control_type=payload["controlType"],
        is_default=payload["isDefault"],
        **timing(values),
        values=values,
    )


async def get_der_control(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """R04.FR.30–37: the controls come as ReportDERControl."""
    asked = replace(command, payload={"requestId": request_id(command), **command.payload})
    return await ask(asked, station, context)


async def clear_der_control(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """R04.FR.41–46: a station that finds none holds none."""
    outcome = await ask(command, station, context)
    if CommandStatus.CONFIRMED is outcome.status or outcome.response.get("status") == NOT_FOUND:
        cleared = DerControlsCleared(
            station_id=command.station_id,
            is_default=command.payload["isDefault"],
            control_type=command.payload.get("controlType"),
            control_id=command.payload.get("controlId"),
            at=context.now,
        )
        await context.journal.commit([cleared])
    return outcome
