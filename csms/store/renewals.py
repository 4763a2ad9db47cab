"""Which certificates stations hold of us, and how often they were asked to renew them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.commands import CommandKind, CommandStatus
from csms.domain.ids import ChargingStationId
from csms.domain.renewal import EARLIEST_PART, REQUESTED_BY, TRIGGERS, Asked, HeldCertificate
from csms.store.security import ACCEPTED
from csms.store.tables import station_certificate

signed = station_certificate.c
IS_AGEING: Final = text(f"not_after - (not_after - requested_at) / {EARLIEST_PART} <= :at")
# Both times are of the site's clock. Nobody asks in our name before a certificate is due.
ASKED: Final = text(
    f"""SELECT held.certificate_id, count(*) AS times,
        (array_agg(asked.status ORDER BY asked.created_at DESC))[1] AS status,
        (array_agg(asked.finished_at ORDER BY asked.created_at DESC))[1] AS ended_at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:stations AS text[]), CAST(:messages AS text[]),
        CAST(:since AS timestamptz[])) AS held(certificate_id, station_id, message, since)
    JOIN csms.command asked ON asked.station_id = held.station_id AND asked.created_at > held.since
        AND asked.kind = '{CommandKind.TRIGGER_MESSAGE}' AND asked.requested_by = '{REQUESTED_BY}'
        AND asked.payload ->> 'requestedMessage' = held.message
    GROUP BY held.certificate_id"""
)


async def ageing_certificates(conn: AsyncConnection, at: datetime) -> list[HeldCertificate]:
    """Those that hold at `at`, may be due by then, and that no newer one of its station and type
    follows, the first to end first. One that was sent and never answered for follows nothing."""
    newer = station_certificate.alias("newer")
    followed = exists().where(
        newer.c.station_id == signed.station_id,
        newer.c.certificate_type == signed.certificate_type,
        newer.c.status == ACCEPTED,
        newer.c.not_after > signed.not_after,
    )
    query = select(station_certificate).where(
        signed.status == ACCEPTED,
        signed.not_after > at,
        IS_AGEING.bindparams(at=at),
        signed.certificate_type.in_(TRIGGERS),
        ~followed,
    )
    rows = await conn.execute(query.order_by(signed.not_after, signed.certificate_id))
    return [
        HeldCertificate(
            certificate_id=row.certificate_id,
            station_id=ChargingStationId(row.station_id),
            certificate_type=row.certificate_type,
            since=row.requested_at,
            not_after=row.not_after,
        )
        for row in rows
    ]


async def asked_for(conn: AsyncConnection, held: Sequence[HeldCertificate]) -> dict[UUID, Asked]:
    """By certificate, those whose stations we asked to renew them, as long as that is kept."""
    given = {
        "ids": [one.certificate_id for one in held],
        "stations": [one.station_id for one in held],
        "messages": [TRIGGERS[one.certificate_type] for one in held],
        "since": [one.since for one in held],
    }
    return {
        row.certificate_id: Asked(row.times, CommandStatus(row.status), row.ended_at)
        for row in await conn.execute(ASKED, given)
    }
