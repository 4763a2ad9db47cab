"""Authorization of an IdToken (OCPP 2.0.1, block C): what is stored of it, and what it may.

Pure: `judge` says what a token may at one place and time; how it was looked up is the store's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from csms.domain.ids import ChargingStationId, EvseId, IdToken, TransactionId
from csms.domain.limits import UNLIMITED, TransactionLimit

NO_AUTHORIZATION: Final = "NoAuthorization"
EMAID: Final = "eMAID"
CENTRAL: Final = "Central"
NOTHING: Final = Decimal(0)
LONGEST_MESSAGE: Final = 512


class AuthorizationStatus(StrEnum):
    """AuthorizationStatusEnumType: why a token may charge, or may not."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    CONCURRENT_TX = "ConcurrentTx"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    NO_CREDIT = "NoCredit"
    NOT_ALLOWED_TYPE_EVSE = "NotAllowedTypeEVSE"
    NOT_AT_THIS_LOCATION = "NotAtThisLocation"
    NOT_AT_THIS_TIME = "NotAtThisTime"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class TokenRef:
    """An IdTokenType: the same characters of another type are another token."""

    id_token: IdToken
    type: str = CENTRAL

    @property
    def key(self) -> str:
        """What two spellings of one token share: OCPP compares them without case, and an eMAID is
        written with or without hyphens (ISO 15118-2, annex H)."""
        folded = self.id_token.casefold()
        return folded.replace("-", "") if self.type == EMAID else folded


@dataclass(frozen=True, slots=True)
class PersonalMessage:
    """MessageContentType: what a station shows the driver."""

    content: str
    format: str = "UTF8"
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdTokenInfo:
    """IdTokenInfoType: our answer to a token. No `evse_ids`: any EVSE of the station (C01)."""

    status: AuthorizationStatus
    cache_expires_at: datetime | None = None
    charging_priority: int | None = None
    group: TokenRef | None = None
    evse_ids: tuple[int, ...] = ()
    language1: str | None = None
    language2: str | None = None
    personal_message: PersonalMessage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A listed token. `cache_s` is how long stations may remember our answer, `places` where it
    may charge (station → its EVSEs, none named: all of them); None: everywhere. `status` is the
    operator's word; expiry, place and time are judged on top of it."""

    ref: TokenRef
    status: AuthorizationStatus
    group: TokenRef | None = None
    valid_from: datetime | None = None
    expires_at: datetime | None = None
    cache_s: int | None = None
    charging_priority: int | None = None
    language1: str | None = None
    language2: str | None = None
    personal_message: PersonalMessage | None = None
    places: Mapping[str, tuple[int, ...]] | None = None
    paid_in: Decimal | None = None
    """All that was ever paid in for it; None: it is no prepaid token."""
    paid_currency: str | None = None
    """Of `paid_in`, where that is known (ISO 4217)."""
    limits: TransactionLimit = UNLIMITED
    """Of each of its transactions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """A token as it is held to a station. `type` is None in OCPP 1.6, which has none;
    `starts`: it shall start a transaction, or authorize one that has just started."""

    id_token: IdToken
    station_id: ChargingStationId
    type: str | None = None
    evse_id: EvseId | None = None
    transaction_id: TransactionId | None = None
    starts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPolicy:
    """What holds for all tokens: those nobody listed, several transactions at a time, and the
    group whose members may stop any transaction and start none (C16)."""

    accept_unknown: bool
    concurrent_transactions: bool = True
    master_pass_group: IdToken | None = None


def judge(
    token: Token | None,
    presented: Presented,
    policy: TokenPolicy,
    now: datetime,
    *,
    charges_elsewhere: bool = False,
    spent: Decimal = NOTHING,
) -> IdTokenInfo:
    """What `token` (None: nobody listed it) may where it is presented; `spent` is what its other
    transactions cost.

    C01.FR.06, .18…22, C02.FR.02 (no token needed), C09.FR.12, C16.FR.03, C17.FR.01, .02.
    """
    if presented.type == NO_AUTHORIZATION:
        return IdTokenInfo(status=AuthorizationStatus.ACCEPTED)
    if token is None:
        unlisted = (
            AuthorizationStatus.ACCEPTED if policy.accept_unknown else AuthorizationStatus.UNKNOWN
        )
        token = Token(ref=TokenRef(presented.id_token), status=unlisted)
    info = told(token, presented.station_id, now)
    if info.status is not AuthorizationStatus.ACCEPTED:
        return info
    if presented.evse_id and info.evse_ids and presented.evse_id not in info.evse_ids:
        return replace(info, status=AuthorizationStatus.NOT_AT_THIS_LOCATION)
    asks = presented.starts or presented.transaction_id is None
    if asks and token.paid_in is not None and token.paid_in <= spent:
        return replace(info, status=AuthorizationStatus.NO_CREDIT)
    if not presented.starts:
        return info
    if _is_master_pass(token, policy):
        return replace(info, status=AuthorizationStatus.INVALID)
    if charges_elsewhere and not policy.concurrent_transactions:
        return replace(info, status=AuthorizationStatus.CONCURRENT_TX)
    return info


def told(token: Token, station_id: ChargingStationId, now: datetime) -> IdTokenInfo:
    """A token as a station may know it, in an answer or in its local list."""
    evse_ids = None if token.places is None else token.places.get(station_id)
    return IdTokenInfo(
        status=_status(token, station_id, now),
        cache_expires_at=_cache_expires_at(token, now),
        charging_priority=token.charging_priority,
        group=token.group,
        evse_ids=tuple(evse_ids or ()),
        language1=token.language1,
        language2=token.language2,
        personal_message=token.personal_message,
    )


def _status(token: Token, station_id: ChargingStationId, now: datetime) -> AuthorizationStatus:
    if token.status is not AuthorizationStatus.ACCEPTED:
        return token.status
    if token.expires_at is not None and token.expires_at <= now:
        return AuthorizationStatus.EXPIRED
    if token.valid_from is not None and now < token.valid_from:
        return AuthorizationStatus.NOT_AT_THIS_TIME
    if token.places is not None and station_id not in token.places:
        return AuthorizationStatus.NOT_AT_THIS_LOCATION
    return AuthorizationStatus.ACCEPTED


def _cache_expires_at(token: Token, now: datetime) -> datetime | None:
    """No cache may outlive the token; none may hold a prepaid one, whose credit changes (C17)."""
    if token.paid_in is not None:
        return now
    remembered = None if token.cache_s is None else now + timedelta(seconds=token.cache_s)
    ends = [at for at in (remembered, token.expires_at) if at is not None]
    return min(ends, default=None)


def _is_master_pass(token: Token, policy: TokenPolicy) -> bool:
    group = policy.master_pass_group
    return token.group is not None and group is not None and token.group.key == group.casefold()
