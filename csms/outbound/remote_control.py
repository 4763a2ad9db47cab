"""F · RequestStart/StopTransaction, UnlockConnector, TriggerMessage."""

from dataclasses import replace
from typing import Final

from csms.domain.commands import Command, CommandStatus
from csms.domain.facts_device_model import MessageTriggered
from csms.ocppj.operator_profiles import lease_of
from csms.outbound.ask import ask, bad_request, request_id
from csms.outbound.ports import CommandContext, Outcome, StationCaller
from csms.outbound.profiles import profile_refusal, remember

CONNECTOR_MISSING: Final = "connector_missing"


async def request_start_transaction(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """F01, F02, K05. A profile in it obeys the rules of every operator's profile; it goes under the
    id of the EVSE's lease, so that the controller's first setpoint takes its place. The number it
    is known by (`remoteStartId`) is ours to give, and stays with the command."""
    payload = {"remoteStartId": request_id(command), **command.payload}
    if (bad := bad_request(command, station, payload)) is not None:
        return bad
    if profile := payload.get("chargingProfile"):
        evse_id = payload.get("evseId") or 0
        state = await context.charging.charging_state(command.station_id)
        why = profile_refusal(profile, evse_id, state, context, starting=True)
        if why is not None:
            return Outcome.refused(why)
        slot = lease_of(evse_id, context.abilities)
        profile = payload["chargingProfile"] = {**profile, "id": slot.profile_id}
    outcome = await ask(replace(command, payload=payload), station, context)
    if profile and outcome.status is CommandStatus.CONFIRMED:
        await remember(command.station_id, payload["evseId"], profile, None, context)
    number = {"remoteStartId": payload["remoteStartId"]}
    return replace(outcome, response={**outcome.response, **number})


async def request_stop_transaction(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """F03."""
    return await ask(command, station, context)


async def unlock_connector(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """F05."""
    return await ask(command, station, context)


async def trigger_message(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """F06. What we ask for may come also from a station that is not accepted yet: that is known
    before we ask."""
    named = str(command.payload.get("requestedMessage", ""))
    evse = command.payload.get("evse") or {}
    if named == "StatusNotification" and "connectorId" not in evse:  # F06.FR.13
        return Outcome.refused(CONNECTOR_MISSING)
    if (bad := bad_request(command, station)) is not None:
        return bad
    if not context.accepted:
        asked = MessageTriggered(
            station_id=command.station_id, action=message_named(named), at=context.now
        )
        await context.journal.commit([asked])
    return await ask(command, station, context)


def message_named(requested: str) -> str:
    """The action that a MessageTriggerEnumType stands for."""
    return "SignCertificate" if requested.startswith("Sign") else requested
