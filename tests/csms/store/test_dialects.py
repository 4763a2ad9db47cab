"""Where a station's discharge dialect comes from, over boots, and how long a proof of it stands."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.discharge import DischargeDialect
from csms.domain.facts import StationBooted
from csms.domain.ids import ChargingStationId
from csms.store import credentials, dialects, setpoints
from csms.store.journal import PostgresJournal
from csms.store.tables import charging_station

pytestmark = pytest.mark.integration

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
NEGATIVE_LIMIT, DATATRANSFER = DischargeDialect.NEGATIVE_LIMIT, DischargeDialect.DATATRANSFER


@dataclass
class Device:
    """A station whose model is on the allow-list, and what is kept of it."""

    engine: AsyncEngine
    journal: PostgresJournal
    station_id: ChargingStationId

    async def boots(self, listed: str | None = "negative_limit", model: str = "M") -> None:
        booted = StationBooted(
            station_id=self.station_id, at=NOON, vendor="V", model=model, firmware_version="1",
            registration_status="Accepted", provisioned=True, discharge_dialect=listed,
        )  # fmt: skip
        await self.journal.commit([booted])

    async def marked(self, **values: Any) -> None:
        mine = charging_station.c.station_id == self.station_id
        async with self.engine.begin() as conn:
            await conn.execute(update(charging_station).where(mine).values(**values))

    async def chosen(self, dialect: DischargeDialect, *, reviewed: bool = False) -> None:
        async with self.engine.begin() as conn:
            await dialects.choose(conn, self.station_id, dialect, reviewed=reviewed)

    async def spoken(self) -> tuple[str, bool]:
        """Its dialect, and whether that is proven."""
        own = charging_station.c
        query = select(own.discharge_dialect, own.discharge_proven_at)
        async with self.engine.connect() as conn:
            row = (await conn.execute(query.where(own.station_id == self.station_id))).one()
        return row.discharge_dialect, row.discharge_proven_at is not None


@pytest.fixture
async def device(engine: AsyncEngine, database_url: str) -> AsyncIterator[Device]:
    station_id = ChargingStationId(f"cs-{uuid4().hex[:8]}")
    async with engine.begin() as conn:
        await credentials.add(conn, "pepper", station_id)
    async with PostgresJournal(database_url) as journal:
        one = Device(engine, journal, station_id)
        await one.boots()
        await one.marked(discharge_proven_at=NOON)
        yield one


async def test_a_proof_stands_over_a_boot_of_the_same_device(device: Device) -> None:
    await device.boots()
    assert await device.spoken() == ("negative_limit", True)


async def test_what_the_list_says_anew_is_proven_anew(device: Device) -> None:
    await device.boots("datatransfer")
    assert await device.spoken() == ("datatransfer", False)
    await device.marked(discharge_proven_at=NOON)
    await device.boots(None)
    assert await device.spoken() == ("none", False)


async def test_an_operators_choice_stands_over_boots_and_lists_until_the_hardware_is_another(
    device: Device,
) -> None:
    await device.chosen(DATATRANSFER)
    assert await device.spoken() == ("datatransfer", False)
    await device.marked(discharge_proven_at=NOON)
    await device.boots()
    await device.boots(None)
    assert await device.spoken() == ("datatransfer", True)
    await device.boots(model="N")
    assert await device.spoken() == ("negative_limit", False)


async def test_after_a_fault_no_boot_and_no_choice_speaks_unless_somebody_has_looked(
    device: Device,
) -> None:
    await device.marked(discharge_fault="it charged", discharge_dialect="none")
    await device.boots()
    assert (await device.spoken())[0] == "none"
    async with device.engine.begin() as conn:
        await dialects.forget(conn, device.station_id)
    assert (await device.spoken())[0] == "none"
    await device.chosen(NEGATIVE_LIMIT, reviewed=True)
    assert await device.spoken() == ("negative_limit", False)


async def test_what_was_seen_of_the_words_before_proves_nothing_of_those_chosen_since(
    device: Device,
) -> None:
    await device.chosen(DATATRANSFER)
    for dialect, proven in ((NEGATIVE_LIMIT, False), (DATATRANSFER, True)):
        async with device.engine.begin() as conn:
            await setpoints.record_proof(conn, device.station_id, dialect, NOON)
        assert await device.spoken() == ("datatransfer", proven)
