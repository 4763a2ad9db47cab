"""Who may open a connection: a password, or a client certificate, bound to the identity in the URL
(A00), on a line that is no less secure than the station has come by before (A05.FR.07).

An unknown identity and a wrong password get the same answer. Wrong attempts are limited per address
and per pair of address and identity, before anything is looked up or hashed; a right one costs
nothing, so a thousand stations may come back at once. A pair that was right before does not suffer
from others behind its address.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from websockets.exceptions import InvalidHeader
from websockets.headers import parse_authorization_basic

from csms.batches import Batches
from csms.domain.errors import StoreUnavailable
from csms.domain.ids import ChargingStationId
from csms.domain.security import too_low
from csms.limiter import Limiter
from csms.store import credentials, security
from csms.store.engine import outage_named
from csms.store.security import NOBODY, Kept
from csms.tls import PLAIN, Line, PeerCertificate

log = structlog.get_logger(__name__)

KNOWN_PAIRS: Final = 20_000


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
    _known: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)
    _looking_up: Batches[str, Kept] = field(init=False)

    def __post_init__(self) -> None:
        self._looking_up = Batches(self._look_up)

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
        try:
            kept = await self._looking_up.ask(identity)
            if not self._may_try(pair, now_s):  # others may have failed while we waited
                return Refusal.TOO_MANY
            refusal = await self._judge(identity, kept, password, line)
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

    async def _look_up(self, identities: Sequence[str]) -> Sequence[Kept]:
        with outage_named():
            async with self.engine.connect() as conn:
                found = await security.kept_of(conn, identities)
        return [found.get(one, NOBODY) for one in identities]

    async def _judge(
        self, identity: str, kept: Kept, password: str | None, line: Line
    ) -> Refusal | None:
        """A wrong password is told without waiting for anything, so that none slips through."""
        told = credentials.password_hmac(self.secret, identity, password or "")
        if line.certificate is not None:
            right = self._is_theirs(kept, line.certificate)
        else:
            right = kept.knows(told)
        if not right:
            return Refusal.UNAUTHORIZED
        if too_low(line.profile, kept.profile):
            return Refusal.PROFILE_TOO_LOW
        uses_offered = line.certificate is None and not kept.is_current(told)
        if line.certificate is None and not uses_offered and line.profile <= kept.profile:
            return None
        with outage_named():
            async with self.engine.begin() as conn:
                if line.certificate and await security.is_revoked(
                    conn, line.certificate.serial_number
                ):
                    return Refusal.UNAUTHORIZED
                if uses_offered:
                    await security.take_password(conn, identity, told)
                if line.profile > kept.profile:
                    await security.raise_profile(conn, identity, line.profile)
        return None

    def _is_theirs(self, kept: Kept, shown: PeerCertificate) -> bool:
        """A00.FR.404, .405: it names our organization and this station. Its path and its dates TLS
        has verified."""
        if len(shown.common_names) != 1:
            return False
        if self.organization and self.organization not in shown.organizations:
            return False
        return shown.common_names[0] in kept.common_names

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
    segments = [segment for segment in path.partition("?")[0].split("/") if segment]
    return unquote(segments[-1]) if segments else ""


def password_for(identity: str, authorization: str | None) -> str | None:
    """The password of a basic Authorization header whose user is `identity`; else None."""
    try:
        user, password = parse_authorization_basic(authorization or "")
    except (InvalidHeader, ValueError):
        return None
    return password if user == identity else None
