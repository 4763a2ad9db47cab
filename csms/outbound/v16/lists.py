"""D, H · local authorization lists and reservations in the words of OCPP 1.6."""

from msgspec import UNSET, UnsetType

from csms.ocppj import types_v16 as wire
from csms.ocppj import types_v201 as asked
from csms.ocppj.codec16 import LONGEST_ID_TAG, id_tag_status
from csms.outbound.v16.voice import NotIn16, Voice


async def send_local_list(
    voice: Voice, request: asked.SendLocalListRequest
) -> asked.SendLocalListResponse:
    """5.15. A token that is too long for 1.6 cannot be presented there: it is left out."""
    rows = tuple(
        _row(row)
        for row in request.local_authorization_list or ()
        if len(row.id_token.id_token) <= LONGEST_ID_TAG
    )
    update = wire.SendLocalListRequest(
        list_version=request.version_number,
        update_type=request.update_type,
        local_authorization_list=rows or UNSET,
    )
    told: wire.SendLocalListResponse = await voice.say("SendLocalList", update)
    if told.status == "NotSupported":
        info = asked.StatusInfoType(reason_code="NotSupported")
        return asked.SendLocalListResponse(status="Failed", status_info=info)
    return asked.SendLocalListResponse(status=told.status)


async def get_local_list_version(
    voice: Voice, request: asked.GetLocalListVersionRequest
) -> asked.GetLocalListVersionResponse:
    """5.10; -1 says that the station has no local list."""
    told: wire.GetLocalListVersionResponse = await voice.say(
        "GetLocalListVersion", wire.GetLocalListVersionRequest()
    )
    if told.list_version < 0:
        raise NotIn16("local list at this station")
    return asked.GetLocalListVersionResponse(version_number=told.list_version)


async def reserve_now(voice: Voice, request: asked.ReserveNowRequest) -> asked.ReserveNowResponse:
    """5.13. Connector 0: any of the station's."""
    if request.connector_type:
        raise NotIn16("ReserveNow of a connector type")
    group = request.group_id_token
    reserve = wire.ReserveNowRequest(
        reservation_id=request.id,
        connector_id=request.evse_id or 0,
        expiry_date=request.expiry_date_time,
        id_tag=request.id_token.id_token,
        parent_id_tag=group.id_token if group else UNSET,
    )
    told: wire.ReserveNowResponse = await voice.say("ReserveNow", reserve)
    return asked.ReserveNowResponse(status=told.status)


async def cancel_reservation(
    voice: Voice, request: asked.CancelReservationRequest
) -> asked.CancelReservationResponse:
    """5.1."""
    cancel = wire.CancelReservationRequest(reservation_id=request.reservation_id)
    told: wire.CancelReservationResponse = await voice.say("CancelReservation", cancel)
    return asked.CancelReservationResponse(status=told.status)


def _row(row: asked.AuthorizationData) -> wire.LocalAuthorizationListType:
    """One without info is to be removed, as in 2.0.1."""
    info = row.id_token_info
    if not info:
        return wire.LocalAuthorizationListType(id_tag=row.id_token.id_token)
    return wire.LocalAuthorizationListType(
        id_tag=row.id_token.id_token,
        id_tag_info=wire.IdTagInfoType(
            status=id_tag_status(info.status),
            expiry_date=info.cache_expiry_date_time,
            parent_id_tag=_parent(info.group_id_token),
        ),
    )


def _parent(group: asked.IdTokenType | UnsetType) -> str | UnsetType:
    """One that does not fit is not told, as in an answer to Authorize."""
    if isinstance(group, UnsetType) or len(group.id_token) > LONGEST_ID_TAG:
        return UNSET
    return group.id_token
