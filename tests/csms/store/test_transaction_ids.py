"""Numbers of transactions: one a start, whoever asks and however often; and what is open where."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.errors import StoreUnavailable
from csms.domain.ids import ChargingStationId, EvseId
from csms.store import tables
from csms.store.direct import Direct
from csms.store.transaction_ids import PostgresTransactionIds

pytestmark = pytest.mark.integration

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def station() -> ChargingStationId:
    return ChargingStationId(f"cs-{uuid4().hex[:8]}")


async def test_a_start_asked_for_at_once_by_many_has_one_number(
    direct: Direct, station: ChargingStationId
) -> None:
    ids = PostgresTransactionIds(direct)
    told = await asyncio.gather(*(ids.number(station, "a", NOON) for _ in range(8)))
    assert len(set(told)) == 1
    assert await PostgresTransactionIds(direct).number(station, "a", NOON) == told[0]


async def test_other_starts_and_other_stations_have_others(
    direct: Direct, station: ChargingStationId
) -> None:
    ids = PostgresTransactionIds(direct)
    other = ChargingStationId(f"{station}-2")
    starts = [(station, "a"), (station, "b"), (other, "a")]
    numbers = [await ids.number(*start, NOON) for start in starts]
    assert len(set(numbers)) == 3
    assert all(1_000_000 <= number < 2**31 for number in numbers)


async def test_a_number_is_not_given_again_when_its_row_is_gone(
    engine: AsyncEngine, direct: Direct, station: ChargingStationId
) -> None:
    ids = PostgresTransactionIds(direct)
    first = await ids.number(station, "a", NOON)
    async with engine.begin() as conn:
        await conn.execute(text("DELETE FROM csms.transaction_number"))
    assert await ids.number(station, "a", NOON) > first


async def test_which_transaction_is_open_at_an_evse(
    engine: AsyncEngine, direct: Direct, station: ChargingStationId
) -> None:
    ids = PostgresTransactionIds(direct)
    assert await ids.open_at(station, EvseId(1)) is None
    row = {"station_id": station, "evse_id": 1, "transaction_id": "7", "updated_at": NOON}
    async with engine.begin() as conn:
        await conn.execute(insert(tables.evse).values(row))
    assert await ids.open_at(station, EvseId(1)) == "7"
    assert await ids.open_at(station, EvseId(2)) is None


async def test_which_transaction_had_begun_at_an_evse_by_a_time(
    engine: AsyncEngine, direct: Direct, station: ChargingStationId
) -> None:
    ids = PostgresTransactionIds(direct)
    rows = [
        {
            "station_id": station,
            "evse_id": evse_id,
            "transaction_id": name,
            "started_at": NOON + timedelta(minutes=minute),
            "ended_at": NOON + timedelta(minutes=minute + 5),
            "last_event_at": NOON + timedelta(minutes=minute + 5),
            "imported_wh": 0.0,
            "exported_wh": 0.0,
            "event_count": 2,
        }
        for name, evse_id, minute in (("a", 1, 0), ("b", 1, 10), ("c", 2, 9))
    ]
    async with engine.begin() as conn:
        await conn.execute(insert(tables.transaction), rows)
    for minute, expected in ((-1, None), (0, "a"), (9, "a"), (10, "b"), (99, "b")):
        found = await ids.begun_by(station, EvseId(1), NOON + timedelta(minutes=minute))
        assert found == expected


async def test_without_a_database_there_is_no_number(station: ChargingStationId) -> None:
    async with Direct("postgresql://nobody@127.0.0.1:1/nothing") as nowhere:
        with pytest.raises(StoreUnavailable):
            await PostgresTransactionIds(nowhere).number(station, "a", NOON)
