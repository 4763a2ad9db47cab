"""What OCPP 2.0.1 says of tokens and money: JSON values, one function per type.

2.1 has all of these fields under the same names.
"""

from typing import Any

from csms.domain import messages as m
from csms.domain.authorization import IdTokenInfo, PersonalMessage, TokenRef
from csms.domain.units import wire_time


def authorize_answer(answer: m.AuthorizeAnswer) -> dict[str, Any]:
    """C01, C07."""
    return present(
        idTokenInfo=id_token_info(answer.info), certificateStatus=answer.certificate_status
    )


def transaction_event_answer(answer: m.TransactionEventAnswer) -> dict[str, Any]:
    """E; I03.FR.02 and .04: a cost of 0 is told, an unknown one is not."""
    return present(
        idTokenInfo=None if answer.info is None else id_token_info(answer.info),
        totalCost=None if answer.total_cost is None else float(answer.total_cost),
    )


def data_transfer_answer(answer: m.DataTransferAnswer) -> dict[str, Any]:
    """P02."""
    return present(status=answer.status, data=answer.data)


def id_token_info(info: IdTokenInfo) -> dict[str, Any]:
    """IdTokenInfoType."""
    expires_at = info.cache_expires_at
    return present(
        status=info.status,
        cacheExpiryDateTime=None if expires_at is None else wire_time(expires_at),
        chargingPriority=info.charging_priority,
        language1=info.language1,
        language2=info.language2,
        evseId=info.evse_ids or None,
        groupIdToken=None if info.group is None else id_token(info.group),
        personalMessage=message(info.personal_message),
    )


def id_token(ref: TokenRef) -> dict[str, Any]:
    """IdTokenType."""
    return {"idToken": ref.id_token, "type": ref.type}


def message(told: PersonalMessage | None) -> dict[str, Any] | None:
    """MessageContentType."""
    if told is None:
        return None
    return present(format=told.format, language=told.language, content=told.content)


def present(**fields: Any) -> dict[str, Any]:
    """The fields that have a value: OCPP knows no null."""
    return {name: value for name, value in fields.items() if value is not None}
