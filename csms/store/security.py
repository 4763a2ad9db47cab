"""What the gate, the handlers and the authority ask of stations' identities and certificates."""

import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from csms.domain.certificates import CertificateUse
from csms.domain.ids import ChargingStationId
from csms.domain.security import SecurityProfile
from csms.pki.local import CertificateState
from csms.store import credentials
from csms.store.engine import outage_named
from csms.store.tables import (
    charging_station,
    station_certificate,
    station_password,
    station_security,
    variable,
)

REVOKED: Final = "revoked"
ACCEPTED: Final = "accepted"
SECC_ID: Final = ("ISO15118Ctrlr", "SeccId")

kept = station_security.c
signed = station_certificate.c


class PostgresSecurity:
    """Implements `ports_security.StationSecurity`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def names(
        self, station_id: ChargingStationId, use: CertificateUse | None
    ) -> frozenset[str]:
        """Its identity, the name an operator bound to it, and towards vehicles its SeccId.

        What a station says of itself (serial number, SeccId) opens no OCPP line: another one could
        say the same.
        """
        with outage_named():
            async with self._engine.connect() as conn:
                names = await common_names(conn, station_id)
                if use in (CertificateUse.V2G, CertificateUse.V2G20):
                    told = await conn.scalars(
                        select(variable.c.value).where(
                            variable.c.station_id == station_id,
                            variable.c.component == SECC_ID[0],
                            variable.c.variable == SECC_ID[1],
                        )
                    )
                    names |= {value for value in told if value}
        return frozenset(names)

    async def profile(self, station_id: ChargingStationId) -> int:
        """The security profile it has reached."""
        with outage_named():
            async with self._engine.connect() as conn:
                return await profile_of(conn, station_id)

    async def state(self, serial_number: str) -> CertificateState | None:
        """What OCSP says of a certificate that we signed; None: we did not."""
        query = select(signed.status, signed.status_at).where(
            signed.serial_number == serial_number.lower().lstrip("0")
        )
        with outage_named():
            async with self._engine.connect() as conn:
                row = (await conn.execute(query)).first()
        if row is None:
            return None
        return CertificateState(row.status_at if row.status == REVOKED else None)


@dataclass(frozen=True, slots=True)
class PepperedPasswords:
    """Implements `ports_security.Passwords`."""

    secret: str

    def new(self, station_id: ChargingStationId) -> tuple[str, bytes]:
        """A random password of 32 characters, and its HMAC."""
        password = secrets.token_urlsafe(credentials.PASSWORD_BYTES)
        return password, credentials.password_hmac(self.secret, station_id, password)


@dataclass(frozen=True, slots=True)
class Kept:
    """By what a station is known: its password's HMAC and those on their way to it, the names its
    certificate may bear, and the profile it has reached."""

    password_hmac: bytes
    offered: tuple[bytes, ...]
    common_names: frozenset[str]
    profile: int

    def is_current(self, told: bytes) -> bool:
        """Whether the HMAC is of the password that counts now."""
        return hmac.compare_digest(self.password_hmac, told)

    def knows(self, told: bytes) -> bool:
        """Likewise, or of one on its way; takes as long for a station that does not exist."""
        offered = [hmac.compare_digest(one, told) for one in self.offered]
        return self.is_current(told) or any(offered)


NOBODY: Final = Kept(bytes(32), (), frozenset(), SecurityProfile.BASIC)
KEPT: Final = text(
    """SELECT station.station_id, station.password_hmac, more.common_name, more.security_profile,
        ARRAY(SELECT offered.password_hmac FROM csms.station_password offered
            WHERE offered.station_id = station.station_id) AS offered
    FROM csms.charging_station station
    LEFT JOIN csms.station_security more ON more.station_id = station.station_id
    WHERE station.station_id = ANY(CAST(:ids AS text[]))"""
)


async def kept_of(conn: AsyncConnection, station_ids: Collection[str]) -> dict[str, Kept]:
    """Those of these stations that exist."""
    rows = await conn.execute(KEPT, {"ids": list(station_ids)})
    return {
        row.station_id: Kept(
            password_hmac=row.password_hmac,
            offered=tuple(row.offered),
            common_names=frozenset(filter(None, (row.station_id, row.common_name))),
            profile=row.security_profile or SecurityProfile.BASIC,
        )
        for row in rows
    }


async def common_names(conn: AsyncConnection, station_id: str) -> set[str]:
    """The names under which a client certificate is the station's; none if it does not exist."""
    query = (
        select(charging_station.c.station_id, kept.common_name)
        .outerjoin(station_security, kept.station_id == charging_station.c.station_id)
        .where(charging_station.c.station_id == station_id)
    )
    row = (await conn.execute(query)).first()
    return {name for name in row or () if name}


async def profile_of(conn: AsyncConnection, station_id: str) -> int:
    """The profile that a station has reached; a new one has reached the first."""
    query = select(kept.security_profile).where(kept.station_id == station_id)
    return int(await conn.scalar(query) or SecurityProfile.BASIC)


async def raise_profile(conn: AsyncConnection, station_id: str, profile: int) -> None:
    """It came with `profile`: from now on with nothing below (A05.FR.07)."""
    changed = {"security_profile": int(profile), "changed_at": func.now()}
    await conn.execute(
        insert(station_security)
        .values(station_id=station_id, **changed)
        .on_conflict_do_update(
            index_elements=[kept.station_id], set_=changed, where=kept.security_profile < profile
        )
    )


async def configure(
    conn: AsyncConnection,
    station_id: str,
    *,
    security_profile: int,
    common_name: str | None = None,
) -> None:
    """An operator's word: the only way by which a profile may fall."""
    row = {
        "security_profile": security_profile,
        "common_name": common_name,
        "changed_at": func.now(),
    }
    await conn.execute(
        insert(station_security)
        .values(station_id=station_id, **row)
        .on_conflict_do_update(index_elements=[kept.station_id], set_=row)
    )


async def take_password(conn: AsyncConnection, station_id: str, used: bytes) -> None:
    """The station used the offered password `used`: it alone counts from now on (A01.FR.03), but
    for those that were offered later."""
    offered = station_password.c
    at = await conn.scalar(
        select(offered.offered_at)
        .where(offered.station_id == station_id, offered.password_hmac == used)
        .with_for_update()
    )
    if at is None:
        return  # another connection took it, or a later one
    await conn.execute(
        update(charging_station)
        .where(charging_station.c.station_id == station_id)
        .values(password_hmac=used)
    )
    await conn.execute(
        delete(station_password).where(offered.station_id == station_id, offered.offered_at <= at)
    )


async def is_revoked(conn: AsyncConnection, serial_number: str) -> bool:
    """Whether we took this certificate back."""
    query = select(literal(1)).where(
        signed.serial_number == serial_number.lower().lstrip("0"), signed.status == REVOKED
    )
    return await conn.scalar(query) is not None


async def revoke(conn: AsyncConnection, certificate_id: UUID, now: datetime) -> bool:
    """Take a certificate back; False if it was never issued."""
    done = await conn.execute(
        update(station_certificate)
        .where(signed.certificate_id == certificate_id, signed.chain.is_not(None))
        .values(status=REVOKED, status_at=now)
    )
    return bool(done.rowcount)
