"""What figures prove is learned and mended; what they suggest is proposed, once, to an operator."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import Clock, wall_now
from csms.domain.facts import ReadingsTaken, TransactionEventStored
from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from csms.domain.mending import EVSE_ZERO, NO_MENDS, Mend
from csms.domain.meter import MeterReading
from csms.domain.quirks import MeterSign
from csms.domain.station import OcppVersion, StationAbilities
from csms.store import credentials, quirks, setpoints
from csms.store.device_model import say_supply_phases
from csms.store.direct import Direct
from csms.store.journal import PostgresJournal
from csms.store.mends import PostgresMends
from csms.store.tables import charging_station, station_notice, station_quirk, variable
from csms.suspicions import Suspicions
from tests.csms.domain.test_meter_evidence import backwards, course, scaled
from tests.integration.csms.conftest import until

pytestmark = pytest.mark.integration


@dataclass
class World:
    """One station that tells its readings to one csms."""

    engine: AsyncEngine
    direct: Direct
    suspicions: Suspicions
    station_id: ChargingStationId

    def tell(self, readings: list[MeterReading]) -> None:
        for reading in readings:
            taken = ReadingsTaken(
                station_id=self.station_id,
                evse_id=EvseId(1),
                received_at=reading.at,
                readings=(reading,),
            )
            self.suspicions.read([taken])

    async def rows(self, table: Any) -> list[dict[str, Any]]:
        query = select(table).where(table.c.station_id == self.station_id)
        async with self.engine.connect() as conn:
            return [dict(row._mapping) for row in await conn.execute(query)]

    async def quirk(self, name: str) -> dict[str, Any]:
        """What is known of a quirk, once it is."""

        async def known() -> list[dict[str, Any]]:
            return [row for row in await self.rows(station_quirk) if row["name"] == name]

        (found,) = await until(known)
        return dict(found)


@pytest.fixture
async def world(engine: AsyncEngine, direct: Direct, database_url: str) -> AsyncIterator[World]:
    station_id = ChargingStationId(f"cs-{uuid4().hex[:8]}")
    async with engine.begin() as conn:
        await credentials.add(conn, "pepper-of-the-tests-0123456789abcdef", station_id)
        own = charging_station.c.station_id == station_id
        told = {"vendor": "Acme", "model": "One", "firmware_version": "1.0"}
        await conn.execute(update(charging_station).where(own).values(**told))
    async with PostgresJournal(database_url) as journal:
        suspicions = Suspicions(journal, direct, Clock())
        running = asyncio.create_task(suspicions.run())
        yield World(engine, direct, suspicions, station_id)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_what_is_certain_is_learned_mended_and_told_once(world: World) -> None:
    wrong = scaled(course(7_000.0, 30, volts=1), 1 / 1000, digits=3)
    world.tell(wrong)
    learned = await world.quirk("energy_scale")
    assert (learned["value"], learned["source"], learned["device"]) == (
        "kwh_as_wh",
        "learned",
        "Acme One 1.0",
    )
    assert "current x voltage agrees" in learned["reason"]
    assert await PostgresMends(world.direct).of(world.station_id) == {Mend.ENERGY_WAS_KWH}
    world.suspicions.forget(world.station_id)  # it comes anew
    world.tell(wrong)
    world.suspicions.forget(world.station_id)
    world.tell(backwards(course(7_000.0, 30)))  # behind it in the queue
    await world.quirk("meter_sign")
    told = [(row["kind"], row["payload"]["name"]) for row in await world.rows(station_notice)]
    assert sorted(told) == [("quirk_learned", "energy_scale"), ("quirk_proposed", "meter_sign")]


async def test_what_may_be_otherwise_is_proposed_and_mends_nothing(world: World) -> None:
    world.tell(backwards(course(7_000.0, 30)))
    proposed = await world.quirk("meter_sign")
    assert (proposed["value"], proposed["source"]) == (MeterSign.POWER_INVERTED, "proposed")
    assert await PostgresMends(world.direct).of(world.station_id) == NO_MENDS


async def test_nothing_is_proposed_against_an_operators_word(world: World) -> None:
    async with world.engine.begin() as conn:
        now = wall_now()
        await quirks.override(conn, world.station_id, "meter_sign", "standard", now, by="ann")
    world.tell(backwards(course(7_000.0, 30)))
    later = [replace(one, at=one.at + timedelta(hours=9)) for one in course(7_000.0, 30)]
    world.suspicions.forget(world.station_id)
    world.tell(scaled(later, 1000, digits=0))
    await world.quirk("energy_scale")
    told = {(row["name"], row["source"]) for row in await world.rows(station_quirk)}
    assert told == {("meter_sign", "operator"), ("energy_scale", "learned")}


async def test_a_transaction_at_evse_0_is_a_proposal(world: World) -> None:
    event = TransactionEventStored(
        station_id=world.station_id,
        transaction_id=TransactionId("t-1"),
        seq_no=0,
        event_type="Started",
        at=wall_now(),
        content_hash="",
        received_at=wall_now(),
        trigger_reason="CablePluggedIn",
        offline=False,
        ocpp_version=OcppVersion.V201,
        payload=b"{}",
        flags=(EVSE_ZERO,),
    )
    mended = replace(
        event, transaction_id=TransactionId("t-0"), flags=(EVSE_ZERO, Mend.EVSES_FROM_ZERO)
    )
    world.suspicions.read([mended, event])
    proposed = await world.quirk("evses_from_zero")
    assert (proposed["value"], proposed["source"]) == (True, "proposed")
    assert proposed["reason"] == "transaction t-1 began at EVSE 0"


def on_lines(lines: int) -> list[MeterReading]:
    return [replace(one, lines=lines) for one in course(3_600.0, 60, volts=1)]


async def test_one_line_is_told_to_a_person_who_may_say_so_in_the_sites_file(world: World) -> None:
    for _ in range(2):
        world.tell(on_lines(1))
        world.suspicions.forget(world.station_id)
    world.tell(backwards(course(7_000.0, 30)))  # behind both in the queue
    await world.quirk("meter_sign")
    told = [row for row in await world.rows(station_notice) if row["kind"] == "single_phase_seen"]
    assert [row["payload"] for row in told] == [{"evse_id": 1, "lines": 1, "told_by": None}]
    assert await world.rows(variable) == []


async def test_current_on_more_lines_than_the_file_says_counts_at_once(
    world: World, direct: Direct
) -> None:
    async with world.engine.begin() as conn:
        await say_supply_phases(conn, {(world.station_id, 1): 1})
    assert (await abilities(direct, world)).phases == 1
    world.tell(on_lines(1))
    world.suspicions.forget(world.station_id)
    world.tell(on_lines(3))

    async def known() -> bool:
        return (await abilities(direct, world)).phases == 3

    await until(known)
    (notice,) = await until(lambda: world.rows(station_notice))
    assert (notice["kind"], notice["payload"]["told_by"]) == ("more_phases_than_told", "SiteFile")
    async with world.engine.begin() as conn:
        await say_supply_phases(conn, {(world.station_id, 1): 1})
    assert await known(), "the meter's word is newer than any file's"


async def abilities(direct: Direct, world: World) -> StationAbilities:
    target = await setpoints.target(direct, world.station_id, EvseId(1), wall_now())
    assert target is not None
    return target.abilities
