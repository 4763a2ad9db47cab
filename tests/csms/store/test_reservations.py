"""H: a reservation past its expiry ends, whether or not its station tells of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.facts_authorization import ReservationAsked, ReservationChanged, ReservationStatus
from csms.domain.ids import ChargingStationId, TransactionId
from csms.store import reservations, tables
from csms.store.journal import PostgresJournal
from tests.integration.csms.conftest import Hub

pytestmark = pytest.mark.integration

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
ENDS = (
    ReservationStatus.REFUSED,
    ReservationStatus.USED,
    ReservationStatus.CANCELLED,
    ReservationStatus.REMOVED,
)


@pytest.fixture
def station_id() -> ChargingStationId:
    return ChargingStationId(f"cs-{uuid4().hex[:8]}")


@pytest.fixture
async def journal(database_url: str) -> AsyncIterator[PostgresJournal]:
    async with PostgresJournal(database_url) as opened:
        yield opened


def asked(
    station_id: ChargingStationId, reservation_id: int, expires_at: datetime
) -> ReservationAsked:
    return ReservationAsked(
        station_id=station_id,
        reservation_id=reservation_id,
        at=NOW,
        expires_at=expires_at,
        id_token="A",
        type="Central",
    )


def changed(
    station_id: ChargingStationId, reservation_id: int, status: ReservationStatus
) -> ReservationChanged:
    used = status is ReservationStatus.USED
    return ReservationChanged(
        station_id=station_id,
        reservation_id=reservation_id,
        at=NOW + HOUR,
        status=status,
        transaction_id=TransactionId("tx1") if used else None,
    )


async def kept(engine: AsyncEngine, station_id: str) -> dict[int, str]:
    rows = await Hub(None, engine, "").rows(tables.reservation, station_id)  # type: ignore[arg-type]
    return {row["reservation_id"]: row["status"] for row in rows}


async def told(engine: AsyncEngine, station_id: str) -> list[tuple[int, str]]:
    rows = await Hub(None, engine, "").rows(tables.outbox, station_id)  # type: ignore[arg-type]
    ends = [row["payload"] for row in rows if row["kind"] == "ReservationEnded"]
    return sorted((end["reservation_id"], end["status"]) for end in ends)


async def test_those_past_their_expiry_end_once_and_are_told(
    engine: AsyncEngine, journal: PostgresJournal, station_id: ChargingStationId
) -> None:
    await journal.commit([asked(station_id, n, NOW + n * HOUR) for n in (1, 2, 3)])
    await journal.commit([changed(station_id, 1, ReservationStatus.ACCEPTED)])
    for _ in range(2):
        async with engine.begin() as conn:
            await reservations.expire(conn, NOW + 2 * HOUR)
    assert await kept(engine, station_id) == {1: "expired", 2: "expired", 3: "asked"}
    assert await told(engine, station_id) == [(1, "expired"), (2, "expired")]


@pytest.mark.parametrize("end", ENDS)
async def test_another_end_stays(
    engine: AsyncEngine,
    journal: PostgresJournal,
    station_id: ChargingStationId,
    end: ReservationStatus,
) -> None:
    await journal.commit([asked(station_id, 1, NOW)])
    await journal.commit([changed(station_id, 1, end)])
    async with engine.begin() as conn:
        await reservations.expire(conn, NOW + HOUR)
    assert await kept(engine, station_id) == {1: end}
    assert await told(engine, station_id) == []


async def test_h03_fr09_a_transaction_that_was_told_late_has_used_it_after_all(
    engine: AsyncEngine, journal: PostgresJournal, station_id: ChargingStationId
) -> None:
    await journal.commit([asked(station_id, 1, NOW)])
    async with engine.begin() as conn:
        await reservations.expire(conn, NOW)
    await journal.commit([changed(station_id, 1, ReservationStatus.ACCEPTED)])
    assert await kept(engine, station_id) == {1: "expired"}
    await journal.commit([changed(station_id, 1, ReservationStatus.USED)])
    assert await kept(engine, station_id) == {1: "used"}
