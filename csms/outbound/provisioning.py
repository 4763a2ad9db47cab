"""B · how a Pending station is made ready.

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
from csms.domain.facts_device_model import ReportAsked
from csms.domain.facts_quirks import QuirkLearned
from csms.domain.quirks import guesses
from csms.domain.station import OcppVersion, StationAbilities
from csms.domain.v2x import SMART_CHARGING
from csms.domain.variables import Setting, Variable
from csms.ocppj import dialects
from csms.ocppj import types_v201 as wire
from csms.outbound.ask import GOOD, outcome_of, request_id
from csms.outbound.batches import Limits, limits, split
from csms.outbound.device_model import DATA
from csms.outbound.ports import CommandContext, Outcome, StationCaller
from csms.outbound.profiles import remember

HEARTBEAT_INTERVAL_S: Final = 300
ALIGNED_INTERVAL_S: Final = 900
EVERYTHING: Final = ",".join(variables.MEASURANDS)
INVENTORY: Final = "FullInventory"


async def provision(
    command: Command,
    station: StationCaller,
    context: CommandContext,
    at_end: str = EVERYTHING,
) -> Outcome:
    """Measurands → floor → mark → ask for the boot that will be accepted → ask for the report.

    A station that is `accepted` already (see `BootPolicy`) has no boot to repeat.
    """
    said = _Voice(command, station)
    within = await limits(context.device_model, command.station_id, DATA, "SetVariables")
    settings = await _set_up_metering(said, at_end, context.abilities.sample_interval_s, within)
    if said.version is OcppVersion.V21:
        settings |= await _set_up_payment(said, context.payment_settings, within)
    if not await _set_floor(said, context):
        return Outcome(status=CommandStatus.REFUSED, reason="floor_refused", response=settings)
    marked = StationProvisioned(station_id=command.station_id, at=context.now)
    await context.journal.commit([marked])
    if not command.payload.get("accepted"):
        trigger = wire.TriggerMessageRequest(requested_message="BootNotification")
        await said.tolerant("TriggerMessage", trigger)
    await _ask_for_report(said, command, context)
    return Outcome(status=CommandStatus.CONFIRMED, response=settings)


async def _ask_for_report(said: "_Voice", command: Command, context: CommandContext) -> None:
    number = request_id(command)
    report = wire.GetBaseReportRequest(request_id=number, report_base=INVENTORY)
    answer = await said.tolerant("GetBaseReport", report)
    if answer is not None:
        asked = ReportAsked(
            station_id=command.station_id,
            request_id=number,
            base=INVENTORY,
            asked_at=context.now,
            command_id=command.command_id,
            status=answer.status,
        )
        await context.journal.commit([asked])


class _Voice:
    """Speaks to the station with one command's priority and deadline."""

    def __init__(self, command: Command, station: StationCaller) -> None:
        self.station_id = command.station_id
        self.version = station.version
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


async def _set_up_metering(
    said: _Voice, at_end: str, sample_interval_s: int, within: Limits
) -> dict[str, str]:
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
    statuses = [status for part in split(settings, within) for status in await _set(said, part)]
    for setting, status in zip(settings, statuses, strict=True):
        became = setting.value if status in GOOD else status
        if status == "Rejected" and setting.value == EVERYTHING:
            became = await _ask_for_less(said, setting.variable)
        outcome[f"{setting.variable.component}.{setting.variable.name}"] = became
    return outcome


async def _set_up_payment(
    said: _Voice, settings: Sequence[Setting], within: Limits
) -> dict[str, str]:
    """Variable → the station's word (C25), for one of the values is a secret. A station without QR
    codes of its own knows none of them."""
    parts = split(settings, within) if settings else ()
    statuses = [status for part in parts for status in await _set(said, part)]
    return {
        f"{setting.variable.component}.{setting.variable.name}": status
        for setting, status in zip(settings, statuses, strict=True)
    }


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
    """In the station's own words, else in others: before its report we can only guess them."""
    first = context.abilities
    if await _takes_floor(said, first, context):
        return True
    for name, value in guesses(first.quirks, first.rate_unit, pauses=first.floor_w <= 0):
        if await _takes_floor(said, first.with_quirk(name, value), context):
            await context.journal.commit([_learned(said, name, value, context)])
            return True
    above = await _above_external_ids(said, first)
    return above is not None and await _takes_floor(said, above, context)


def _learned(said: _Voice, name: str, value: Any, context: CommandContext) -> QuirkLearned:
    return QuirkLearned(
        station_id=said.station_id,
        name=name,
        value=value,
        at=context.now,
        reason="it refused its floor otherwise",
        device=context.abilities.device,
    )


async def _above_external_ids(said: _Voice, abilities: StationAbilities) -> StationAbilities | None:
    """A 2.1 station may keep the low profile ids for itself (K01.FR.80): ask how many."""
    if said.version is not OcppVersion.V21:
        return None
    wanted = wire.GetVariableDataType(
        component=wire.ComponentType(name=SMART_CHARGING),
        variable=wire.VariableType(name="MaxExternalConstraintsId"),
    )
    request = wire.GetVariablesRequest(get_variable_data=(wanted,))
    answer = await said.tolerant("GetVariables", request)
    told = answer.get_variable_result[0].attribute_value if answer is not None else None
    if not isinstance(told, str) or not told.isdecimal():
        return None
    return replace(abilities, v2x=replace(abilities.v2x, highest_external_id=int(told)))


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
