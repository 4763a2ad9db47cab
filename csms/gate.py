"""Who may open a connection: HTTP basic authentication bound to the identity in the URL (A00).

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
from sqlalchemy.ext.asyncio import AsyncEngine
from websockets.exceptions import InvalidHeader
from websockets.headers import parse_authorization_basic

from csms.domain.errors import StoreUnavailable
from csms.domain.ids import ChargingStationId
from csms.limiter import Limiter
from csms.store import credentials
from csms.store.engine import outage_named

log = structlog.get_logger(__name__)

KNOWN_PAIRS: Final = 20_000
VERIFYING: Final = 4  # at once; so many wrong attempts may slip through together


class Refusal(Enum):
    """Why somebody may not connect, and the HTTP status that says it."""

    UNAUTHORIZED = HTTPStatus.UNAUTHORIZED
    TOO_MANY = HTTPStatus.TOO_MANY_REQUESTS
    UNAVAILABLE = HTTPStatus.SERVICE_UNAVAILABLE


@dataclass(slots=True)
class Gate:
    """Decides on each handshake."""

    engine: AsyncEngine
    secret: str
    per_address: Limiter = field(default_factory=lambda: Limiter(burst=100, per_s=20))
    per_pair: Limiter = field(default_factory=lambda: Limiter(burst=10, per_s=0.5))
    _verifying: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(VERIFYING))
    _known: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)

    async def admit(
        self, address: str, path: str, authorization: str | None, now_s: float
    ) -> ChargingStationId | Refusal:
        """The station that opens the connection, or why it may not."""
        identity = identity_of(path)
        password = password_for(identity, authorization)
        if password is None or not credentials.is_identity(identity):
            return Refusal.UNAUTHORIZED
        pair = (address, identity)
        if not self._may_try(pair, now_s):
            return Refusal.TOO_MANY
        async with self._verifying:
            if not self._may_try(pair, now_s):  # others may have failed while we waited
                return Refusal.TOO_MANY
            try:
                right = await self._verify(identity, password)
            except StoreUnavailable:
                return Refusal.UNAVAILABLE
            if not right:
                self.per_pair.charge(pair, now_s)
                self.per_address.charge(address, now_s)
                log.warning("wrong credentials", station_id=identity, address=address)
                return Refusal.UNAUTHORIZED
        self._remember(pair)
        return ChargingStationId(identity)

    async def _verify(self, identity: str, password: str) -> bool:
        with outage_named():
            async with self.engine.connect() as conn:
                return await credentials.verify(conn, self.secret, identity, password)

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
