"""B09 · a network profile set by the variables of NetworkConfiguration (OCPP 2.1), one by one.

A slot that stands in NetworkConfigurationPriority may be used at any moment, so it is taken out
before it is changed (B09.FR.21) and put back once all of it is there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from csms.domain.commands import Command, CommandKind, CommandStatus
from csms.domain.station import OcppVersion
from csms.ocppj.codecs import CODECS
from csms.ocppj.peer import CallError
from csms.outbound.ask import GOOD, bad_payload
from csms.outbound.batches import ask_in_parts
from csms.outbound.device_model import DATA, keep_network_profile, network_refusal
from csms.outbound.ports import CommandContext, Outcome, StationCaller
from csms.outbound.security import set_slots, slots_of

COMPONENT: Final = "NetworkConfiguration"
NOT_BEFORE_21: Final = "needs_ocpp_2.1"
IN_USE: Final = "slot_in_use"
ENABLED: Final = ("VpnEnabled", "ApnEnabled")
FALSE: Final = "false"


async def set_network_configuration(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """`payload` is a SetNetworkProfile. If a variable is refused, the slot stays out of use."""
    if station.version is not OcppVersion.V21:
        return Outcome.refused(NOT_BEFORE_21)
    request = CODECS[station.version].request_from("SetNetworkProfile", command.payload)
    if isinstance(request, CallError):
        return bad_payload(request)
    slot, data = command.payload["configurationSlot"], command.payload["connectionData"]
    if why := await network_refusal(command, context, slot, data["securityProfile"]):
        return Outcome.refused(why)
    order = await slots_of(command, station)
    others = [one for one in order if one != str(slot)]
    if not others:
        return Outcome.refused(IN_USE)
    if others != order and (refused := await set_slots(command, station, others)):
        return refused
    outcome = await _set(command, station, context, str(slot), data)
    if outcome.status is not CommandStatus.CONFIRMED:
        return outcome
    await keep_network_profile(command, context)
    if others != order and (refused := await set_slots(command, station, order)):
        return refused
    return outcome


async def _set(
    command: Command,
    station: StationCaller,
    context: CommandContext,
    slot: str,
    data: Mapping[str, Any],
) -> Outcome:
    asked: list[dict[str, Any]] = [
        {
            "component": {"name": COMPONENT, "instance": slot},
            "variable": {"name": name},
            "attributeValue": value,
        }
        for name, value in variables(data)
    ]
    in_words = replace(command, kind=CommandKind.SET_VARIABLES, payload={"setVariableData": asked})
    answer = await ask_in_parts(
        in_words, station, context, "setVariableData", "setVariableResult", DATA
    )
    if isinstance(answer, Outcome):
        return answer
    values = {one["variable"]["name"]: one["attributeValue"] for one in asked}
    for result in answer["setVariableResult"]:
        name, status = result["variable"]["name"], result["attributeStatus"]
        if status in GOOD or (name in ENABLED and values[name] == FALSE):
            continue  # a station that has none need not be told to use none
        reason = f"{status}: {name}"
        return Outcome(status=CommandStatus.REFUSED, reason=reason, response=answer)
    return Outcome(status=CommandStatus.CONFIRMED, response=answer)


def variables(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and value of each, from a NetworkConnectionProfileType: whether there is an APN or a VPN
    is always said (B09.FR.29, .30)."""
    for name, value in data.items():
        if name not in ("apn", "vpn", "customData"):
            yield _capital(name), _text(value)
    for name, value in data.get("vpn", {}).items():
        yield f"Vpn{_capital(name)}", _text(value)
    for name, value in data.get("apn", {}).items():
        yield _capital(name), _text(value)
    yield "VpnEnabled", _text("vpn" in data)
    yield "ApnEnabled", _text("apn" in data)


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
