"""Links of QR codes behind which a driver pays (OCPP 2.1, C25): made by a station from a template,
read by us. A dynamic one carries a one-time password, "TOTP algorithm, version 1".
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl, unquote

from csms.domain.ids import ChargingStationId, EvseId
from csms.domain.limits import TransactionLimit
from csms.domain.variables import Setting, Variable

VERSION: Final = "v1"
VALIDITY_S: Final = 60
LENGTH: Final = 8
ALPHABET: Final = "0123456789abcdefghijklmnpqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""As the standard writes it: it calls these 61 characters base62."""
STATION, EVSE, PASSWORD, WHICH = "chargingstationid", "evse", "totp", "version"
PLACE: Final = re.compile(r"\{(\w+)\}")
PLACES: Final = frozenset({STATION, EVSE, PASSWORD, WHICH})
NUMBER: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?")
WHOLE: Final = re.compile(r"[0-9]{1,9}")
IDENTITY: Final = re.compile(r"[^\x00]{1,100}")


class LinkRefusal(StrEnum):
    """Why a link starts nothing."""

    NOT_OURS = "link_not_ours"
    BAD_EVSE = "link_evse_invalid"
    BAD_LIMIT = "link_limit_invalid"
    BAD_PASSWORD = "link_totp_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentLink:
    """What a link says: where, and what the driver wants at most (C25.FR.59)."""

    station_id: ChargingStationId
    evse_id: EvseId | None
    limit: TransactionLimit
    password: str | None = None


def template_fault(template: str, *, dynamic: bool) -> str | None:
    """What is wrong with a template, or None (C25.FR.50); a static one has no password."""
    names = PLACE.findall(template)
    needed = {STATION, PASSWORD, WHICH} if dynamic else {STATION}
    allowed = PLACES if dynamic else {STATION, EVSE}
    if not template.startswith(("https://", "http://")):
        return "it must be a URL"
    if missing := sorted(needed - set(names)):
        return f"it lacks {{{missing[0]}}}"
    if unknown := sorted(set(names) - allowed):
        return f"it must not have {{{unknown[0]}}}"
    return "it names a place twice" if len(names) > len(set(names)) else None


def read(template: str, url: str) -> PaymentLink | LinkRefusal:
    """The link that `url` is, if it has the form of `template`; its password is not judged."""
    told = _places(template, url)
    if told is None or told.get(WHICH, VERSION) != VERSION:
        return LinkRefusal.NOT_OURS
    if not IDENTITY.fullmatch(told[STATION]):
        return LinkRefusal.NOT_OURS
    evse = told.get(EVSE)
    if evse is not None and not (WHOLE.fullmatch(evse) and int(evse)):
        return LinkRefusal.BAD_EVSE
    limit = _limit(_query(url.partition("?")[2]))
    if limit is None:
        return LinkRefusal.BAD_LIMIT
    return PaymentLink(
        station_id=ChargingStationId(told[STATION]),
        evse_id=None if evse is None else EvseId(int(evse)),
        limit=limit,
        password=told.get(PASSWORD),
    )


def is_current(password: str, secret: str, at: datetime) -> bool:
    """Whether it is the password of the time at `at`, or of the one before or after it."""
    interval = int(at.timestamp()) // VALIDITY_S
    right = [totp(secret, interval + step, LENGTH).encode() for step in (0, -1, 1)]
    return any([hmac.compare_digest(password.encode(), one) for one in right])


def totp(secret: str, interval: int, length: int) -> str:
    """The one-time password of an interval, counted from 1970."""
    digest = hmac.new(secret.encode(), interval.to_bytes(8, "big"), sha256).digest()
    offset = digest[-1] & 0x0F
    places = ((offset + place) % len(digest) for place in range(length))
    return "".join(ALPHABET[digest[place] % len(ALPHABET)] for place in places)


def shared_secret(pepper: str, station_id: ChargingStationId) -> str:
    """A station's own, which it alone and we can know."""
    told = f"v2ghub:payment-link:{station_id}".encode()
    return hmac.new(pepper.encode(), told, sha256).hexdigest()[:32]


def station_settings(
    template: str, pepper: str, station_id: ChargingStationId
) -> tuple[Setting, ...]:
    """What a station needs to show dynamic QR codes (WebPaymentsCtrlr, part 2, 2.4.2)."""
    values = {
        "URLTemplate": template,
        "TOTPVersion": VERSION,
        "ValidityTime": str(VALIDITY_S),
        "Length": str(LENGTH),
        "SharedSecret": shared_secret(pepper, station_id),
        "Enabled": "true",
    }
    return tuple(
        Setting(Variable("WebPaymentsCtrlr", name), value) for name, value in values.items()
    )


def _places(template: str, url: str) -> dict[str, str] | None:
    """Placeholder → what stands there; None: the URL is of another form."""
    base, _, query = url.partition("#")[0].partition("?")
    wanted, _, wanted_query = template.partition("?")
    parts = PLACE.split(wanted.rstrip("/"))  # text, name, text, …
    pattern = "".join(
        f"(?P<{part}>[^/]+)" if number % 2 else re.escape(part) for number, part in enumerate(parts)
    )
    found = re.fullmatch(pattern, base.rstrip("/"))
    if found is None:
        return None
    told = {name: unquote(value) for name, value in found.groupdict().items()}
    given = _query(query)
    for name, value in parse_qsl(wanted_query):
        place = PLACE.fullmatch(value)
        if name not in given or (place is None and given[name] != value):
            return None
        if place is not None:
            told[place[1]] = given[name]
    return told


def _query(query: str) -> dict[str, str]:
    return dict(parse_qsl(query.partition("#")[0].strip("/"), keep_blank_values=True))


def _limit(given: Mapping[str, str]) -> TransactionLimit | None:
    """maxenergy in Wh, maxtime in s, maxcost in money; others are not ours (C25.FR.60)."""
    energy, time, cost = (given.get(name) for name in ("maxenergy", "maxtime", "maxcost"))
    for told, form in ((energy, NUMBER), (time, WHOLE), (cost, NUMBER)):
        if told is not None and not (form.fullmatch(told) and float(told) > 0):
            return None
    return TransactionLimit(
        max_energy_wh=None if energy is None else float(energy),
        max_time_s=None if time is None else int(time),
        max_cost=None if cost is None else Decimal(cost),
    )
