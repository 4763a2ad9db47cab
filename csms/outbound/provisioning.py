"""B · SetVariables, GetVariables, GetBaseReport, Reset, and how a Pending station is made ready.

Provisioning insists on the floor profile alone: a station that measures less is still a station,
one without a floor is a danger to the connection.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec

from csms.domain import variables
from csms.domain.commands import Command, CommandStatus
from csms.domain.errors import CallRefused, CallTimeout
from csms.domain.facts import StationProvisioned
from csms.domain.station import RateUnit, StationAbilities
from csms.domain.variables import Setting, Variable
from csms.ocppj import dialects
from csms.ocppj import types_v201 as wire
from csms.outbound.ask import GOOD, ask, outcome_of
from csms.outbound.ports import CommandContext, Outcome, StationCaller
from csms.outbound.profiles import remember

HEARTBEAT_INTERVAL_S: Final = 300
ALIGNED_INTERVAL_S: Final = 900
EVERYTHING: Final = ",".join(variables.MEASURANDS)


async def set_variables(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """B05. Refused if any one variable is; the reason names the first."""
    return _all_good(await ask(command, station, context), "setVariableResult")


async def get_variables(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """B06."""
    return _all_good(await ask(command, station, context), "getVariableResult")


async def get_base_report(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """B07. The report itself comes as NotifyReport."""
    return await ask(command, station, context)


async def reset(command: Command, station: StationCaller, context: CommandContext) -> Outcome:
    """B11, B12."""
    return await ask(command, station, context)


async def provision(
    command: Command,
    station: StationCaller,
    context: CommandContext,
    at_end: str = EVERYTHING,
) -> Outcome:
    """Measurands → floor → mark → ask for the boot that will be accepted → ask for the report."""
    said = _Voice(command, station)
    settings = await _set_up_metering(said, at_end, context.abilities.sample_interval_s)
    if not await _set_floor(said, context):
        return Outcome(status=CommandStatus.REFUSED, reason="floor_refused", response=settings)
    marked = StationProvisioned(station_id=command.station_id, at=context.now)
    await context.journal.commit([marked])
    trigger = wire.TriggerMessageRequest(requested_message="BootNotification")
    await said.tolerant("TriggerMessage", trigger)
    report_id = command.command_id.int & 0x7FFF_FFFF
    report = wire.GetBaseReportRequest(request_id=report_id, report_base="FullInventory")
    await said.tolerant("GetBaseReport", report)
    return Outcome(status=CommandStatus.CONFIRMED, response=settings)


class _Voice:
    """Speaks to the station with one command's priority and deadline."""

    def __init__(self, command: Command, station: StationCaller) -> None:
        self.station_id = command.station_id
        self._command = command
        self._station = station

    async def call(self, action: str, request: wire.Wire) -> Any:
        return await self._station.call(
            action,
            request,
            priority=self._command.priority,
            deadline_at=self._command.deadline_at,
        )

    async def tolerant(self, action: str, request: wire.Wire) -> Any | None:
        """None if the station refuses or does not answer in time: it can live without."""
        try:
            return await self.call(action, request)
        except (CallRefused, CallTimeout):
            return None


async def _set_up_metering(said: _Voice, at_end: str, sample_interval_s: int) -> dict[str, str]:
    """Variable → its value if the station took it, else why not."""
    settings = (
        Setting(variables.TX_UPDATED_MEASURANDS, EVERYTHING),
        Setting(variables.TX_ENDED_MEASURANDS, at_end),
        Setting(variables.ALIGNED_MEASURANDS, EVERYTHING),
        Setting(variables.TX_UPDATED_INTERVAL_S, str(sample_interval_s)),
        Setting(variables.ALIGNED_INTERVAL_S, str(ALIGNED_INTERVAL_S)),
        Setting(variables.HEARTBEAT_INTERVAL_S, str(HEARTBEAT_INTERVAL_S)),
    )
    outcome: dict[str, str] = {}
    for setting, status in zip(settings, await _set(said, settings), strict=True):
        became = setting.value if status in GOOD else status
        if status == "Rejected" and setting.value == EVERYTHING:
            became = await _ask_for_less(said, setting.variable)
        outcome[f"{setting.variable.component}.{setting.variable.name}"] = became
    return outcome


async def _ask_for_less(said: _Voice, target: Variable) -> str:
    """Shorten the list of measurands until the station agrees: it may refuse all for one."""
    status = "Rejected"
    for words in variables.measurand_lists()[1:]:
        value = ",".join(words)
        (status,) = await _set(said, (Setting(target, value),))
        if status != "Rejected":
            return value if status in GOOD else status
    return status


async def _set(said: _Voice, settings: Sequence[Setting]) -> list[str]:
    """The attribute status of each setting; "NoAnswer" where the station gave none."""
    request = wire.SetVariablesRequest(
        set_variable_data=tuple(
            wire.SetVariableDataType(
                attribute_value=value,
                component=wire.ComponentType(name=variable.component),
                variable=wire.VariableType(name=variable.name),
            )
            for variable, value in settings
        )
    )
    response = await said.tolerant("SetVariables", request)
    results = response.set_variable_result if response is not None else ()
    status = {Variable(r.component.name, r.variable.name): r.attribute_status for r in results}
    return [status.get(setting.variable, "NoAnswer") for setting in settings]


async def _set_floor(said: _Voice, context: CommandContext) -> bool:
    """In the station's unit, else in the other one: before its report we can only guess which."""
    first = context.abilities
    for abilities in (first, replace(first, rate_unit=_other(first.rate_unit))):
        if await _takes_floor(said, abilities, context):
            return True
    return False


async def _takes_floor(said: _Voice, abilities: StationAbilities, context: CommandContext) -> bool:
    try:
        floor = dialects.floor(abilities, context.now)
        response = await said.call("SetChargingProfile", floor)
    except CallRefused:
        return False
    if outcome_of(response).status is not CommandStatus.CONFIRMED:
        return False
    profile = msgspec.to_builtins(floor.charging_profile)
    await remember(said.station_id, floor.evse_id, profile, None, context)
    return True


def _other(unit: RateUnit) -> RateUnit:
    return RateUnit.A if unit is RateUnit.W else RateUnit.W


def _all_good(outcome: Outcome, key: str) -> Outcome:
    for result in outcome.response.get(key, ()):
        if result["attributeStatus"] not in GOOD:
            name = f"{result['component']['name']}.{result['variable']['name']}"
            reason = f"{result['attributeStatus']}: {name}"
            return replace(outcome, status=CommandStatus.REFUSED, reason=reason)
    return outcome
