"""Who may open a connection: a password, or a client certificate, bound to the identity in the URL
(A00), on a line that is no less secure than the station has come by before (A05.FR.07).

An unknown identity and a wrong password get the same answer. Wrong attempts are limited per address
and per pair of address and identity, before anything is looked up or hashed; a right one costs
nothing, so a thousand stations may come back at once. A pair that was right before does not suffer
from others behind its address.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote, urlsplit

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from websockets.exceptions import InvalidHeader
from websockets.headers import parse_authorization_basic

from csms.domain.errors import StoreUnavailable
from csms.domain.ids import ChargingStationId
from csms.domain.security import too_low
from csms.limiter import Limiter
from csms.store import credentials, security
from csms.store.engine import outage_named
from csms.tls import PLAIN, Line, PeerCertificate

log = structlog.get_logger(__name__)

KNOWN_PAIRS: Final = 20_000
VERIFYING: Final = 4  # at once; so many wrong attempts may slip through together


class Refusal(Enum):
    """Why somebody may not connect, and the HTTP status that says it."""

    UNAUTHORIZED = HTTPStatus.UNAUTHORIZED
    PROFILE_TOO_LOW = HTTPStatus.FORBIDDEN
    TOO_MANY = HTTPStatus.TOO_MANY_REQUESTS
    UNAVAILABLE = HTTPStatus.SERVICE_UNAVAILABLE


@dataclass(slots=True)
class Gate:
    """Decides on each handshake."""

    engine: AsyncEngine
    secret: str
    organization: str = ""
    per_address: Limiter = field(default_factory=lambda: Limiter(burst=100, per_s=20))
    per_pair: Limiter = field(default_factory=lambda: Limiter(burst=10, per_s=0.5))
    _verifying: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(VERIFYING))
    _known: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)

    async def admit(
        self,
        address: str,
        path: str,
        authorization: str | None,
        now_s: float,
        line: Line = PLAIN,
    ) -> ChargingStationId | Refusal:
        """The station that opens the connection, or why it may not."""
        identity = identity_of(path)
        password = password_for(identity, authorization)
        shows_nothing = password is None and line.certificate is None
        if shows_nothing or not credentials.is_identity(identity):
            return Refusal.UNAUTHORIZED
        pair = (address, identity)
        if not self._may_try(pair, now_s):
            return Refusal.TOO_MANY
        async with self._verifying:
            if not self._may_try(pair, now_s):  # others may have failed while we waited
                return Refusal.TOO_MANY
            try:
                refusal = await self._judge(identity, password, line)
            except StoreUnavailable:
                return Refusal.UNAVAILABLE
        if refusal is Refusal.UNAUTHORIZED:
            self.per_pair.charge(pair, now_s)
            self.per_address.charge(address, now_s)
        if refusal is not None:
            profile = line.profile.value
            log.warning(
                "not admitted", why=refusal.name, station_id=identity, address=address,
                security_profile=profile,
            )  # fmt: skip
            return refusal
        self._remember(pair)
        return ChargingStationId(identity)

    async def _judge(self, identity: str, password: str | None, line: Line) -> Refusal | None:
        with outage_named():
            async with self.engine.begin() as conn:
                if line.certificate is not None:
                    right = await self._is_theirs(conn, identity, line.certificate)
                else:
                    right = await security.password_is_right(
                        conn, self.secret, identity, password or ""
                    )
                if not right:
                    return Refusal.UNAUTHORIZED
                kept = await security.profile_of(conn, identity)
                if too_low(line.profile, kept):
                    return Refusal.PROFILE_TOO_LOW
                if line.profile > kept:
                    await security.raise_profile(conn, identity, line.profile)
        return None

    async def _is_theirs(
        self, conn: AsyncConnection, identity: str, shown: PeerCertificate
    ) -> bool:
        """A00.FR.404, .405: it names our organization and this station; and we did not revoke it.
        Its path and its dates TLS has verified."""
        if len(shown.common_names) != 1:
            return False
        if self.organization and self.organization not in shown.organizations:
            return False
        if shown.common_names[0] not in await security.common_names(conn, identity):
            return False
        return not await security.is_revoked(conn, shown.serial_number)

    def _may_try(self, pair: tuple[str, str], now_s: float) -> bool:
        allowed = self.per_address.allows(pair[0], now_s) or pair in self._known
        return allowed and self.per_pair.allows(pair, now_s)

    def _remember(self, pair: tuple[str, str]) -> None:
        self._known[pair] = None
        self._known.move_to_end(pair)
        if len(self._known) > KNOWN_PAIRS:
            self._known.popitem(last=False)


def identity_of(path: str) -> str:
    """The last segment of the URL's path; a trailing slash is tolerated."""
    segments = [segment for segment in urlsplit(path).path.split("/") if segment]
    return unquote(segments[-1]) if segments else ""


def password_for(identity: str, authorization: str | None) -> str | None:
    """The password of a basic Authorization header whose user is `identity`; else None."""
    try:
        user, password = parse_authorization_basic(authorization or "")
    except (InvalidHeader, ValueError):
        return None
    return password if user == identity else None
