"""Quirks in the database, and the abilities that a command finds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.facts import VariableRow, VariablesReported
from csms.domain.facts_quirks import QuirkLearned
from csms.domain.ids import ChargingStationId, EvseId
from csms.domain.quirks import Pausing, QuirkTable
from csms.domain.station import RateUnit, StationAbilities
from csms.store import credentials, quirks, setpoints
from csms.store.charging import charging_state
from csms.store.direct import Direct
from csms.store.journal import PostgresJournal
from csms.store.tables import charging_station

pytestmark = pytest.mark.integration

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
MODELS = QuirkTable.parse([{"vendor": "Acme", "pausing": "low_limit", "change_interval_s": 30}])


@pytest.fixture
async def station_id(engine: AsyncEngine) -> ChargingStationId:
    own = ChargingStationId(f"cs-{uuid4().hex[:8]}")
    async with engine.begin() as conn:
        await credentials.add(conn, "pepper-of-the-tests-0123456789abcdef", own)
        row = update(charging_station).where(charging_station.c.station_id == own)
        await conn.execute(row.values(vendor="Acme", model="One"))
    return own


async def abilities(direct: Direct, station_id: ChargingStationId) -> StationAbilities:
    target = await setpoints.target(direct, station_id, EvseId(1), NOW, MODELS)
    assert target is not None
    return target.abilities


def learned(station_id: ChargingStationId, value: Any, minute: int = 0) -> QuirkLearned:
    return QuirkLearned(
        station_id=station_id,
        name="rate_units",
        value=value,
        at=NOW + timedelta(minutes=minute),
        reason="refused otherwise: Rejected",
        device="Acme One",
    )


async def updated(engine: AsyncEngine, station_id: ChargingStationId, firmware: str | None) -> None:
    own = charging_station.c.station_id == station_id
    async with engine.begin() as conn:
        await conn.execute(update(charging_station).where(own).values(firmware_version=firmware))


async def test_the_phases_are_those_that_supply_the_evse(
    engine: AsyncEngine, direct: Direct, database_url: str, station_id: ChargingStationId
) -> None:
    assert (await abilities(direct, station_id)).phases == 3
    rows = [("ChargingStation", 0, "3"), ("EVSE", 1, "1"), ("EVSE", 2, "0"), ("EVSE", 3, "2")]
    told = VariablesReported(
        station_id=station_id,
        at=NOW,
        rows=tuple(
            VariableRow(component=component, evse_id=evse_id, variable="SupplyPhases", value=value)
            for component, evse_id, value in rows
        ),
    )
    async with PostgresJournal(database_url) as journal:
        await journal.commit([told])
    for evse_id, phases in ((1, 1), (2, 3), (3, 2), (4, 3)):
        target = await setpoints.target(direct, station_id, EvseId(evse_id), NOW, MODELS)
        assert target is not None
        assert target.abilities.phases == phases
    async with engine.connect() as conn:
        state = await charging_state(conn, station_id)
    assert state.phases == {0: 3, 1: 1, 2: 3, 3: 2}


async def test_a_command_finds_what_model_station_and_operator_say(
    engine: AsyncEngine, direct: Direct, database_url: str, station_id: ChargingStationId
) -> None:
    assert (await abilities(direct, station_id)).quirks.pausing is Pausing.LOW_LIMIT
    async with PostgresJournal(database_url) as journal:
        await journal.commit([learned(station_id, ["A"], 1), learned(station_id, ["W"], 0)])
    told = await abilities(direct, station_id)
    assert told.rate_unit is RateUnit.A, "the newest word counts, and over the device model's"
    async with engine.begin() as conn:
        await quirks.override(conn, station_id, "pausing", "stop", NOW, "anna")
        await quirks.override(conn, station_id, "pausing", "zero", NOW, "anna")
    told = await abilities(direct, station_id)
    assert (told.quirks.pausing, told.quirks.change_interval_s) == (Pausing.ZERO, 30)
    async with engine.begin() as conn:
        assert await quirks.forget(conn, station_id, "pausing")
        assert not await quirks.forget(conn, station_id, "pausing")
    assert (await abilities(direct, station_id)).quirks.pausing is Pausing.LOW_LIMIT


async def test_what_was_learned_ends_with_the_firmware_it_was_learned_on(
    engine: AsyncEngine, direct: Direct, database_url: str, station_id: ChargingStationId
) -> None:
    async with PostgresJournal(database_url) as journal:
        taught_by = (await abilities(direct, station_id)).device
        await journal.commit([replace(learned(station_id, ["A"]), device=taught_by)])
        async with engine.begin() as conn:
            await quirks.override(conn, station_id, "change_interval_s", 60, NOW, "anna")
        await updated(engine, station_id, "2.0")
        told = await abilities(direct, station_id)
        assert (told.rate_unit, told.quirks.change_interval_s) == (RateUnit.W, 60)
        async with engine.connect() as conn:
            shown = [one.name for one in await quirks.stored(conn, station_id)]
        assert shown == ["change_interval_s"], "an operator's word is about the station"

        await journal.commit([replace(learned(station_id, ["A"], 1), device=told.device)])
        assert (await abilities(direct, station_id)).rate_unit is RateUnit.A
        await updated(engine, station_id, None)
        assert (await abilities(direct, station_id)).rate_unit is RateUnit.W
