"""A · passwords, certificates and security profiles that we change at a station."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import msgspec

from csms.domain.certificates import CertificateUse, CsrRefusal
from csms.domain.commands import Command, CommandKind, CommandStatus
from csms.domain.errors import CallRefused
from csms.domain.facts_security import (
    CertificateAnswered,
    CertificateIssued,
    PasswordOffered,
    PasswordWithdrawn,
)
from csms.domain.station import OcppVersion
from csms.handlers.ports_security import AuthorityUnavailable, Security
from csms.ocppj.codecs import CODECS
from csms.ocppj.peer import CallError
from csms.outbound.ask import GOOD, ask, outcome_of
from csms.outbound.device_model import set_network_profile
from csms.outbound.ports import CommandContext, Outcome, StationCaller

NO_SECURITY: Final = "security_not_wired"
PASSWORD: Final = {
    "component": {"name": "SecurityCtrlr"},
    "variable": {"name": "BasicAuthPassword"},
}
PRIORITY: Final = {
    "component": {"name": "OCPPCommCtrlr"},
    "variable": {"name": "NetworkConfigurationPriority"},
}


async def renew_password(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """A01. The new one is durable before it is sent, and the old one counts until the station
    comes with the new one: some say `Accepted` and change nothing."""
    password, kept = _security(context).passwords.new(command.station_id)
    offered = PasswordOffered(station_id=command.station_id, password_hmac=kept, at=context.now)
    await context.journal.commit([offered])
    asked = {"setVariableData": [{"attributeValue": password, **PASSWORD}]}
    withdrawn = PasswordWithdrawn(station_id=command.station_id, password_hmac=kept)
    try:
        response = await _say("SetVariables", asked, command, station)
    except CallRefused:
        await context.journal.commit([withdrawn])
        raise
    status = response["setVariableResult"][0]["attributeStatus"]
    if status in GOOD:
        return Outcome(status=CommandStatus.CONFIRMED, response=response)
    await context.journal.commit([withdrawn])
    return Outcome(status=CommandStatus.REFUSED, reason=status, response=response)


async def issue_certificate(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """A02, A03: sign what SignCertificate asked for, and send it; durable in between."""
    payload = command.payload
    certificate_id, kind = UUID(payload["certificate_id"]), payload["certificate_type"]
    use = CertificateUse(kind) if kind in set(CertificateUse) else None
    try:
        issued = await _security(context).authority.issue(payload["csr"], use)
    except AuthorityUnavailable as away:
        return Outcome.refused(f"authority_unavailable: {away}")
    if isinstance(issued, CsrRefusal):
        return Outcome.refused(issued.value)
    signed = CertificateIssued(
        certificate_id=certificate_id,
        serial_number=issued.serial_number,
        chain=issued.chain,
        not_after=issued.not_after,
        at=context.now,
    )
    await context.journal.commit([signed])
    told: dict[str, Any] = {"certificateChain": issued.chain}
    if use is not None:  # A02.FR.14
        told["certificateType"] = use.value
    if station.version is OcppVersion.V21 and payload.get("request_id") is not None:
        told["requestId"] = payload["request_id"]
    response = await _say("CertificateSigned", told, command, station)
    outcome = outcome_of(msgspec.convert(response, dict[str, Any]))
    answered = CertificateAnswered(
        certificate_id=certificate_id,
        status=response["status"].lower(),
        at=context.now,
        reason=outcome.reason,
    )
    await context.journal.commit([answered])
    return outcome


async def certificate_signed(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """A chain that another authority signed, by an operator's hand."""
    return await ask(command, station, context)


async def upgrade_security_profile(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """A05: `payload` is a SetNetworkProfile; its slot becomes the first one, then a restart.

    The station's profile rises when it comes that way, not before.
    """
    set_profile = replace(command, kind=CommandKind.SET_NETWORK_PROFILE)
    taken = await set_network_profile(set_profile, station, context)
    if taken.status is not CommandStatus.CONFIRMED:
        return taken
    slots = await slots_of(command, station)
    first = str(command.payload["configurationSlot"])
    order = [first, *(slot for slot in slots if slot != first)]
    if refused := await set_slots(command, station, order):
        return refused
    return outcome_of(await _say("Reset", {"type": "OnIdle"}, command, station))


async def set_slots(
    command: Command, station: StationCaller, order: Sequence[str]
) -> Outcome | None:
    """Give the network profiles this order; why not, if the station refuses it."""
    asked = {"setVariableData": [{"attributeValue": ",".join(order), **PRIORITY}]}
    response = await _say("SetVariables", asked, command, station)
    status = response["setVariableResult"][0]["attributeStatus"]
    if status in GOOD:
        return None
    return Outcome(
        status=CommandStatus.REFUSED,
        reason=f"NetworkConfigurationPriority: {status}",
        response=response,
    )


async def slots_of(command: Command, station: StationCaller) -> list[str]:
    """The order of network profiles that the station has now."""
    response = await _say("GetVariables", {"getVariableData": [PRIORITY]}, command, station)
    value: str = response["getVariableResult"][0].get("attributeValue", "")
    return [slot.strip() for slot in value.split(",") if slot.strip()]


async def _say(
    action: str, values: dict[str, Any], command: Command, station: StationCaller
) -> dict[str, Any]:
    """The answer as JSON values."""
    request = CODECS[station.version].request_from(action, values)
    assert not isinstance(request, CallError), request
    response = await _call(action, request, command, station)
    return msgspec.convert(msgspec.to_builtins(response), dict[str, Any])


async def _call(action: str, request: Any, command: Command, station: StationCaller) -> Any:
    return await station.call(
        action, request, priority=command.priority, deadline_at=command.deadline_at
    )


def _security(context: CommandContext) -> Security:
    assert context.security is not None, NO_SECURITY
    return context.security
