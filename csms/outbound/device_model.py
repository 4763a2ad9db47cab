"""B · GetVariables, SetVariables, reports, SetNetworkProfile, Reset: and what we learn by them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec

from csms.domain.commands import Command, CommandStatus
from csms.domain.device_model import (
    ACTUAL,
    VariableKey,
    first_repeated,
    key_of,
    parse_members,
)
from csms.domain.device_model import SECRETS as SECRET_VARIABLES
from csms.domain.facts import VariableRow, VariablesReported
from csms.domain.facts_device_model import NetworkProfileSet, ReportAsked
from csms.domain.security import may_move
from csms.ocppj.codecs import CODECS
from csms.ocppj.peer import CallError
from csms.outbound.ask import (
    GOOD,
    REQUEST_IDS,
    ask,
    bad_payload,
    call,
    outcome_of,
    request_id,
)
from csms.outbound.batches import ask_in_parts, requests
from csms.outbound.ports import CommandContext, Outcome, StationCaller

DATA: Final = "DeviceDataCtrlr"
CUSTOM: Final = "Custom"
EMPTY: Final = "EmptyResultSet"
ASKED: Final = "Asked"  # and not answered yet, or never
SLOTS: Final = VariableKey(component="OCPPCommCtrlr", variable="NetworkConfigurationPriority")
ACTIVE_SLOT: Final = VariableKey(component="OCPPCommCtrlr", variable="ActiveNetworkProfile")
SECURITY_PROFILE: Final = VariableKey(component="SecurityCtrlr", variable="SecurityProfile")
SECRETS: Final = {"apn": ("apnPassword", "simPin"), "vpn": ("password", "key")}


async def set_variables(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """B05. Refused if any one variable is; the reason names the first. What was taken is kept."""
    named = [_named(one) for one in _objects(command.payload, "setVariableData")]
    if any(key.variable.lower() in SECRET_VARIABLES for key, _ in named):
        return Outcome.refused("renew_password_does_this")  # A01: we would not know it
    if (twice := first_repeated(iter(named))) is not None:
        return Outcome.refused(f"named_twice: {twice}")  # B05.FR.13
    answer = await ask_in_parts(
        command, station, context, "setVariableData", "setVariableResult", DATA
    )
    if isinstance(answer, Outcome):
        return answer
    values = {_same(one): str(one["attributeValue"]) for one in command.payload["setVariableData"]}
    taken = [
        _row(result, values.get(_same(result)))
        for result in answer["setVariableResult"]
        if result["attributeStatus"] in GOOD
    ]
    await _learn(command, context, taken)
    return _all_good(answer, "setVariableResult")


async def get_variables(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """B06. What the station tells is kept; refused if it refuses any one variable."""
    answer = await ask_in_parts(
        command, station, context, "getVariableData", "getVariableResult", DATA
    )
    if isinstance(answer, Outcome):
        return answer
    told = [
        _row(result, result.get("attributeValue"))
        for result in answer["getVariableResult"]
        if result["attributeStatus"] in GOOD
    ]
    await _learn(command, context, told)
    shown = [_without_secret(result) for result in answer["getVariableResult"]]
    return _all_good({"getVariableResult": shown}, "getVariableResult")


def _without_secret(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Some stations tell passwords when they are asked; nobody here needs to read them."""
    if key_of(result).variable.lower() not in SECRET_VARIABLES:
        return result
    return {name: kept for name, kept in result.items() if name != "attributeValue"}


async def get_base_report(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """B07. The report itself comes as NotifyReport, under our request id."""
    base = str(command.payload.get("reportBase", ""))
    return await ask_report(command, station, context, base)


async def get_report(command: Command, station: StationCaller, context: CommandContext) -> Outcome:
    """B08. Nothing that fits the criteria (EmptyResultSet) is an answer, too."""
    return await ask_report(command, station, context, CUSTOM)


async def ask_report(
    command: Command, station: StationCaller, context: CommandContext, base: str
) -> Outcome:
    """Ask for a report, in as many calls as the list of variables needs (B08.FR.06, N02.FR.07).

    Each call has a request id of its own; all are kept under the command's id.
    """
    first_id = command.payload.get("requestId", request_id(command))
    numbered = replace(command, payload={**command.payload, "requestId": first_id})
    parts = await requests(numbered, station, context, "componentVariable", DATA, "GetReport")
    if isinstance(parts, Outcome):
        return parts
    answers: list[dict[str, Any]] = []
    for index, part in enumerate(parts):
        number = (first_id + index) & REQUEST_IDS
        asked = ReportAsked(
            station_id=command.station_id,
            request_id=number,
            base=base,
            asked_at=context.now,
            command_id=command.command_id,
            status=ASKED,
        )
        await context.journal.commit([asked])
        request = msgspec.structs.replace(part, request_id=number)
        answer = msgspec.to_builtins(await call(command, station, request))
        await context.journal.commit([replace(asked, status=answer["status"])])
        answers.append(answer | {"requestId": number})
    return _report_outcome(answers)


def _report_outcome(answers: list[dict[str, Any]]) -> Outcome:
    """Refused if one call was; without a refusal an empty result is a result."""
    refused = [answer for answer in answers if answer["status"] not in (*GOOD, EMPTY)]
    first = (refused or answers)[0]
    response = {"status": first["status"], "reports": answers}
    if refused:
        return replace(outcome_of(first), response=response)
    return Outcome(status=CommandStatus.CONFIRMED, response=response)


async def set_network_profile(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """B09. Never the slot in use, never one that the station has not, never less security."""
    request = CODECS[station.version].request_from(command.kind.value, command.payload)
    if isinstance(request, CallError):
        return bad_payload(request)
    slot, data = command.payload["configurationSlot"], command.payload["connectionData"]
    refusal = await network_refusal(command, context, slot, data["securityProfile"])
    if refusal is not None:
        return Outcome.refused(refusal)
    outcome = outcome_of(await call(command, station, request))
    if outcome.status is CommandStatus.CONFIRMED:
        await keep_network_profile(command, context)
    return outcome


async def keep_network_profile(command: Command, context: CommandContext) -> None:
    """The station holds what the payload says."""
    kept = NetworkProfileSet(
        station_id=command.station_id,
        slot=command.payload["configurationSlot"],
        at=context.now,
        connection_data=_without_secrets(command.payload["connectionData"]),
    )
    await context.journal.commit([kept])


async def network_refusal(
    command: Command, context: CommandContext, slot: int, security_profile: int
) -> str | None:
    """Why this slot is not set so."""
    model, station_id = context.device_model, command.station_id
    slots = parse_members(await model.values_list(station_id, SLOTS))
    if slots and str(slot) not in slots:
        return f"slot_unknown: the station has {', '.join(slots)}"
    if await model.value(station_id, ACTIVE_SLOT) == str(slot):
        return "slot_in_use"
    if context.security is not None:
        reached = await context.security.stations.profile(station_id)
        if not may_move(security_profile, reached):
            return f"less_security: the station has come with profile {reached}"  # A05.FR.07
    now = await model.value(station_id, SECURITY_PROFILE)
    if now is not None and now.isdecimal() and security_profile < int(now):
        return f"less_security: the station has profile {now}"  # A05
    return None


def _without_secrets(data: Mapping[str, Any]) -> dict[str, Any]:
    """Connection data as we keep it: the station has the passwords, we need them no more."""
    return {
        name: {key: kept for key, kept in value.items() if key not in SECRETS[name]}
        if name in SECRETS
        else value
        for name, value in data.items()
        if name != "basicAuthPassword"
    }


async def reset(command: Command, station: StationCaller, context: CommandContext) -> Outcome:
    """B11, B12. An EVSE whose AllowReset is false is not asked (B11.FR.10)."""
    evse_id = command.payload.get("evseId")
    if isinstance(evse_id, int):
        allowed = VariableKey(component="EVSE", variable="AllowReset", evse_id=evse_id)
        told = await context.device_model.value(command.station_id, allowed)
        if told is not None and told.lower() == "false":
            return Outcome.refused("evse_reset_not_allowed")
    return await ask(command, station, context)


async def _learn(command: Command, context: CommandContext, rows: list[VariableRow]) -> None:
    if rows:
        learned = VariablesReported(
            station_id=command.station_id,
            at=context.now,
            rows=tuple(rows),
            told_by=command.kind.value,
        )
        await context.journal.commit([learned])


def _row(named: Mapping[str, Any], value: str | None) -> VariableRow:
    key = key_of(named)
    return VariableRow(
        component=key.component,
        component_instance=key.component_instance,
        evse_id=key.evse_id,
        connector_id=key.connector_id,
        variable=key.variable,
        variable_instance=key.variable_instance,
        attribute=named.get("attributeType", ACTUAL),
        value=value,
    )


def _named(one: Mapping[str, Any]) -> tuple[VariableKey, str]:
    return key_of(one), str(one.get("attributeType", ACTUAL))


def _same(one: Mapping[str, Any]) -> tuple[VariableKey, str]:
    """Equal for an attribute that we named and that the station names, in whatever spelling."""
    key, attribute = _named(one)
    return key.folded(), attribute


def _objects(payload: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects in a list that may be anything: whether it is right is the codec's to say."""
    listed = payload.get(name)
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def _all_good(response: Mapping[str, Any], key: str) -> Outcome:
    for result in response[key]:
        if result["attributeStatus"] not in GOOD:
            name = f"{result['component']['name']}.{result['variable']['name']}"
            reason = f"{result['attributeStatus']}: {name}"
            return Outcome(status=CommandStatus.REFUSED, reason=reason, response=response)
    return Outcome(status=CommandStatus.CONFIRMED, response=response)
