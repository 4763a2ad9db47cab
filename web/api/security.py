"""How secure a station's line is, and its certificates: those we signed, and those it holds."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from csms.store import security as store
from csms.store.tables import installed_certificate, station_certificate
from web.api.models import Answer
from web.api.routing import api_router
from web.auth import Admin, Viewer
from web.errors import not_found
from web.hub import Transaction, Work
from web.roles import Principal
from web.store import audit, stations

router = api_router("/stations/{station_id}", "security", 404)


class SecurityRequest(BaseModel):
    """The least secure line that the station may come by, and the other name (CN) of its client
    certificate, if it has one."""

    model_config = ConfigDict(extra="forbid")

    security_profile: Annotated[int, Field(ge=1, le=3)]
    common_name: Annotated[str | None, Field(min_length=1, max_length=64)] = None


class SignedCertificate(Answer):
    """A signing request of the station, and what became of it."""

    certificate_id: UUID
    certificate_type: str
    requested_at: datetime
    status: str = Field(description="requested, refused, issued, accepted, rejected or revoked")
    reason: str | None
    serial_number: str | None
    not_after: datetime | None
    status_at: datetime


class InstalledCertificate(Answer):
    """A certificate that the station said it holds, by the hashes of OCPP."""

    certificate_type: str
    hash_algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str
    children: list[dict[str, Any]]
    seen_at: datetime


class StationSecurity(Answer):
    """`security_profile`: 1 password, 2 password in TLS, 3 client certificate; it never falls but
    by an administrator's word."""

    station_id: str
    security_profile: int
    common_names: list[str]
    signed: list[SignedCertificate]
    installed: list[InstalledCertificate]


@router.get("/security", summary="Security of a station's line")
async def get_security(_: Viewer, station_id: str, work: Transaction) -> StationSecurity:
    """Its profile, its names, its certificates, newest first."""
    return await security_of(work, station_id)


@router.put("/security", summary="Set a station's security profile")
async def put_security(
    who: Admin, station_id: str, asked: SecurityRequest, work: Transaction
) -> StationSecurity:
    """The only way by which a profile may fall. It holds from the next connection on."""
    before = await security_of(work, station_id)
    await store.configure(work.conn, station_id, **asked.model_dump())
    detail = {"before": before.security_profile, **asked.model_dump()}
    await audit.record(work.conn, who.actor, "security.set", station_id, detail)
    return await security_of(work, station_id)


async def revoke(
    who: Principal, station_id: str, certificate_id: UUID, work: Work
) -> StationSecurity:
    """Mark it as revoked: it was approved. It opens no line from now on, and OCSP says so; a live
    connection stays until it ends. Raises 404."""
    mine = select(station_certificate.c.certificate_id).where(
        station_certificate.c.station_id == station_id,
        station_certificate.c.certificate_id == certificate_id,
    )
    known = await work.conn.scalar(mine) is not None
    if not known or not await store.revoke(work.conn, certificate_id, work.hub.clock.now()):
        raise not_found("issued certificate", certificate_id)
    detail = {"certificate_id": str(certificate_id)}
    await audit.record(work.conn, who.actor, "security.revoke", station_id, detail)
    return await security_of(work, station_id)


async def security_of(work: Work, station_id: str) -> StationSecurity:
    """As stored, or 404."""
    if not await stations.exists(work.conn, station_id):
        raise not_found("station", station_id)
    signed = (
        select(station_certificate)
        .where(station_certificate.c.station_id == station_id)
        .order_by(station_certificate.c.requested_at.desc())
        .limit(100)
    )
    installed = (
        select(installed_certificate)
        .where(installed_certificate.c.station_id == station_id)
        .order_by(installed_certificate.c.certificate_type)
    )
    return StationSecurity(
        station_id=station_id,
        security_profile=await store.profile_of(work.conn, station_id),
        common_names=sorted(await store.common_names(work.conn, station_id)),
        signed=[
            SignedCertificate.model_validate(dict(row))
            for row in (await work.conn.execute(signed)).mappings()
        ],
        installed=[
            InstalledCertificate.model_validate(dict(row))
            for row in (await work.conn.execute(installed)).mappings()
        ],
    )
