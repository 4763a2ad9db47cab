"""B, F, G, P · remote control, availability and data transfer in the words of OCPP 1.6."""

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from csms.domain.errors import CallRefused
from csms.ocppj import types_v16 as wire
from csms.ocppj import types_v201 as asked
from csms.outbound.v16.voice import NotIn16, Voice, transaction_number

TRIGGERS: Final = {
    "BootNotification": "BootNotification",
    "FirmwareStatusNotification": "FirmwareStatusNotification",
    "Heartbeat": "Heartbeat",
    "MeterValues": "MeterValues",
    "StatusNotification": "StatusNotification",
    "TransactionEvent": "MeterValues",
}
"""MessageTriggerEnumType → what TriggerMessage may ask for (5.17)."""
EXTENDED_TRIGGERS: Final = {
    "LogStatusNotification": "LogStatusNotification",
    "SignChargingStationCertificate": "SignChargePointCertificate",
}
"""… → what only ExtendedTriggerMessage may (security whitepaper 4.7)."""


async def reset(voice: Voice, request: asked.ResetRequest) -> asked.ResetResponse:
    """5.14. 1.6 resets the whole station only."""
    if request.evse_id:
        raise NotIn16("Reset of one EVSE")
    how = wire.ResetRequest(type="Soft" if request.type == "OnIdle" else "Hard")
    told: wire.ResetResponse = await voice.say("Reset", how)
    return asked.ResetResponse(status=told.status)


async def request_start_transaction(
    voice: Voice, request: asked.RequestStartTransactionRequest
) -> asked.RequestStartTransactionResponse:
    """5.11. 1.6 has no remoteStartId: the transaction will not name it."""
    start = wire.RemoteStartTransactionRequest(
        id_tag=request.id_token.id_token, connector_id=request.evse_id
    )
    told: wire.RemoteStartTransactionResponse = await voice.say("RemoteStartTransaction", start)
    return asked.RequestStartTransactionResponse(status=told.status)


async def request_stop_transaction(
    voice: Voice, request: asked.RequestStopTransactionRequest
) -> asked.RequestStopTransactionResponse:
    """5.12."""
    number = transaction_number(request.transaction_id)
    stop = wire.RemoteStopTransactionRequest(transaction_id=number)
    told: wire.RemoteStopTransactionResponse = await voice.say("RemoteStopTransaction", stop)
    return asked.RequestStopTransactionResponse(status=told.status)


async def unlock_connector(
    voice: Voice, request: asked.UnlockConnectorRequest
) -> asked.UnlockConnectorResponse:
    """5.18."""
    unlock = wire.UnlockConnectorRequest(connector_id=request.evse_id)
    told: wire.UnlockConnectorResponse = await voice.say("UnlockConnector", unlock)
    if told.status == "NotSupported":
        info = asked.StatusInfoType(reason_code="NotSupported")
        return asked.UnlockConnectorResponse(status="UnlockFailed", status_info=info)
    return asked.UnlockConnectorResponse(status=told.status)


async def change_availability(
    voice: Voice, request: asked.ChangeAvailabilityRequest
) -> asked.ChangeAvailabilityResponse:
    """5.2."""
    evse_id = request.evse.id if request.evse else 0
    change = wire.ChangeAvailabilityRequest(connector_id=evse_id, type=request.operational_status)
    told: wire.ChangeAvailabilityResponse = await voice.say("ChangeAvailability", change)
    return asked.ChangeAvailabilityResponse(status=told.status)


async def trigger_message(
    voice: Voice, request: asked.TriggerMessageRequest
) -> asked.TriggerMessageResponse:
    """5.17. A station without the security extension tells of its diagnostics instead."""
    wanted, connector_id = request.requested_message, request.evse.id if request.evse else UNSET
    if (plain := TRIGGERS.get(wanted)) is not None:
        return await _trigger(voice, plain, connector_id)
    extended = EXTENDED_TRIGGERS.get(wanted)
    if extended is None:
        raise NotIn16(f"TriggerMessage {wanted}")
    fields = {"requestedMessage": extended} | (
        {} if isinstance(connector_id, UnsetType) else {"connectorId": connector_id}
    )
    trigger = msgspec.convert(fields, wire.ExtendedTriggerMessageRequest)
    try:
        told: wire.ExtendedTriggerMessageResponse = await voice.say(
            "ExtendedTriggerMessage", trigger
        )
    except NotIn16:
        raise
    except CallRefused:
        if wanted != "LogStatusNotification":
            raise
        return await _trigger(voice, "DiagnosticsStatusNotification", connector_id)
    return asked.TriggerMessageResponse(status=told.status)


async def _trigger(
    voice: Voice, wanted: str, connector_id: int | UnsetType
) -> asked.TriggerMessageResponse:
    fields = {"requestedMessage": wanted} | (
        {} if isinstance(connector_id, UnsetType) else {"connectorId": connector_id}
    )
    trigger = msgspec.convert(fields, wire.TriggerMessageRequest)
    told: wire.TriggerMessageResponse = await voice.say("TriggerMessage", trigger)
    return asked.TriggerMessageResponse(status=told.status)


async def clear_cache(voice: Voice, request: asked.ClearCacheRequest) -> asked.ClearCacheResponse:
    """5.4."""
    told: wire.ClearCacheResponse = await voice.say("ClearCache", wire.ClearCacheRequest())
    return asked.ClearCacheResponse(status=told.status)


async def data_transfer(
    voice: Voice, request: asked.DataTransferRequest
) -> asked.DataTransferResponse:
    """5.6. `data` is text here; anything else goes as its JSON."""
    data = request.data
    if data is not UNSET and not isinstance(data, str):
        data = msgspec.json.encode(data).decode()
    transfer = wire.DataTransferRequest(
        vendor_id=request.vendor_id, message_id=request.message_id, data=data
    )
    told: wire.DataTransferResponse = await voice.say("DataTransfer", transfer)
    return asked.DataTransferResponse(status=told.status, data=told.data)
