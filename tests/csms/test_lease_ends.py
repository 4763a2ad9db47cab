"""Leases that nobody renews: whether they end is learned of what stations meter afterwards."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import Clock, wall_now
from csms.lease_ends import LeaseEnds
from csms.store import credentials, tables
from csms.store.direct import Direct
from csms.store.journal import PostgresJournal

pytestmark = pytest.mark.integration

OWNER = "csms"
FLOOR_W = 1_400.0


@dataclass
class Place:
    """EVSE 1 of a connected station, whose lease ended two minutes ago."""

    engine: AsyncEngine
    ends: LeaseEnds
    station_id: str
    now: datetime

    async def leased(self, setpoint_w: float, before_w: float, after_w: float) -> None:
        started, told = self.now - timedelta(hours=1), self.now - timedelta(minutes=10)
        ended = self.now - timedelta(minutes=2)
        own = {"station_id": self.station_id, "evse_id": 1}
        reading = own | {"context": "Sample.Periodic", "received_at": self.now}
        async with self.engine.begin() as conn:
            await conn.execute(
                insert(tables.transaction).values(
                    **own, transaction_id="tx", started_at=started, last_event_at=self.now,
                    imported_wh=0.0, exported_wh=0.0, event_count=1,
                )
            )  # fmt: skip
            await conn.execute(
                insert(tables.evse).values(
                    **own, transaction_id="tx", setpoint_w=setpoint_w, setpoint_until=ended,
                    setpoint_at=told, setpoint_status="confirmed", power_w=after_w,
                    power_at=self.now, updated_at=self.now,
                )
            )  # fmt: skip
            rows = [
                reading | {"at": self.now - timedelta(minutes=9), "power_w": FLOOR_W},
                reading | {"at": self.now - timedelta(minutes=5), "power_w": before_w},
                reading | {"at": self.now, "power_w": after_w},
            ]
            await conn.execute(insert(tables.meter_reading), rows)

    async def change(self, table: Any, **values: Any) -> None:
        mine = table.c.station_id == self.station_id
        async with self.engine.begin() as conn:
            await conn.execute(update(table).where(mine).values(**values))

    async def add(self, table: Any, **values: Any) -> None:
        async with self.engine.begin() as conn:
            await conn.execute(insert(table).values(station_id=self.station_id, **values))

    async def rows(self, table: Any) -> list[dict[str, Any]]:
        mine = table.select().where(table.c.station_id == self.station_id)
        async with self.engine.connect() as conn:
            return [dict(row) for row in (await conn.execute(mine)).mappings()]

    async def learned(self) -> list[tuple[str, Any]]:
        """After a look."""
        await self.ends.look(self.now)
        found = [row for row in await self.rows(tables.station_quirk)]
        return [(row["source"], row["value"]) for row in found if row["name"] == "lease_ends"]


@pytest.fixture
async def place(database_url: str, engine: AsyncEngine) -> AsyncIterator[Place]:
    station_id = f"cs-{uuid4().hex[:8]}"
    async with engine.begin() as conn:
        await credentials.add(conn, "pepper", station_id)
    async with PostgresJournal(database_url) as journal, Direct(database_url) as direct:
        ends = LeaseEnds(journal, direct, Clock(), OWNER)
        one = Place(engine, ends, station_id, wall_now())
        await one.change(
            tables.charging_station, vendor="V", model="M", connected=True,
            connection_owner=OWNER, floor_w=FLOOR_W,
        )  # fmt: skip
        yield one


async def test_a_station_that_fell_back_is_known_to(place: Place) -> None:
    await place.leased(7_000, 7_000, FLOOR_W)
    assert await place.learned() == [("learned", True)]
    assert await place.rows(tables.station_notice) == []


async def test_a_station_that_went_on_is_told_of_and_once(place: Place) -> None:
    await place.leased(7_000, 7_000, 6_900)
    assert await place.learned() == [("learned", False)]
    assert await place.learned() == [("learned", False)]
    (notice,) = await place.rows(tables.station_notice)
    assert notice["kind"] == "quirk_learned"
    assert "6900 W" in notice["payload"]["reason"]


async def test_what_it_does_later_stands_over_what_it_did(place: Place) -> None:
    await place.leased(7_000, 7_000, FLOOR_W)
    assert await place.learned() == [("learned", True)]
    await place.change(tables.evse, power_w=7_000.0)
    assert await place.learned() == [("learned", False)]


async def test_a_discharge_that_goes_on_never_ends_either(place: Place) -> None:
    await place.leased(-5_000, -5_000, -5_000)
    assert await place.learned() == [("learned", False)]


@pytest.mark.parametrize(
    "changes",
    [
        {"setpoint_status": "sent"},
        {"setpoint_status": "refused"},
        {"setpoint_until": wall_now() + timedelta(hours=1)},
        {"setpoint_at": wall_now() - timedelta(hours=2)},
        {"power_at": wall_now() - timedelta(seconds=100)},
    ],
    ids=["another is on its way", "refused", "still leased", "another transaction", "too soon"],
)
async def test_nothing_is_learned_of_what_proves_nothing(
    place: Place, changes: dict[str, Any]
) -> None:
    await place.leased(7_000, 7_000, 7_000)
    await place.change(tables.evse, **changes)
    assert await place.learned() == []


async def test_an_operators_profile_may_allow_what_the_lease_no_longer_does(place: Place) -> None:
    await place.leased(7_000, 7_000, 7_000)
    for profile_id in (1, 1_001, 7):
        await place.add(
            tables.charging_profile, side="set", evse_id=1, profile_id=profile_id,
            purpose="TxProfile", stack_level=profile_id, source="CSO", at=place.now, payload={},
        )  # fmt: skip
    assert await place.learned() == []


async def test_an_operators_word_is_the_last(place: Place) -> None:
    await place.leased(7_000, 7_000, 7_000)
    await place.add(
        tables.station_quirk, name="lease_ends", source="operator", value=True, at=place.now,
        reason="seen",
    )  # fmt: skip
    assert await place.learned() == [("operator", True)]


async def test_stations_of_others_are_theirs_to_judge(place: Place) -> None:
    await place.leased(7_000, 7_000, 7_000)
    await place.change(tables.charging_station, connection_owner="csms:2")
    assert await place.learned() == []
