"""What only 2.1 knows, on a real PostgreSQL: told twice it changes nothing, and what is asked of it
is answered from the newest."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Table, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain import facts_v21 as f
from csms.domain.der import DerControl
from csms.domain.facts import Fact, VariableRow, VariablesReported
from csms.domain.ids import ChargingStationId, EvseId, IdToken, TransactionId
from csms.domain.messages_v21 import Battery, Company, StreamValue
from csms.store import credentials, tables
from csms.store.journal import PostgresJournal
from csms.store.v21 import PostgresV21, allow_energy_transfer, keep_company

pytestmark = pytest.mark.integration
T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
TX = TransactionId("tx1")


@pytest.fixture
async def journal(database_url: str, engine: AsyncEngine) -> AsyncIterator[PostgresJournal]:
    async with PostgresJournal(database_url) as opened:
        yield opened


@pytest.fixture
def station() -> ChargingStationId:
    return ChargingStationId(f"cs-{uuid4().hex[:8]}")


async def rows(engine: AsyncEngine, table: Table, station: str) -> list[dict[str, Any]]:
    async with engine.connect() as conn:
        found = await conn.execute(select(table).where(table.c.station_id == station))
        return [dict(row) for row in found.mappings()]


def control(name: str, **fields: Any) -> DerControl:
    return DerControl(control_id=name, control_type="VoltVar", is_default=True, **fields)


def everything(station: ChargingStationId) -> list[tuple[Table, Fact]]:
    at = {"station_id": station, "at": T0}
    battery = Battery(evse_id=EvseId(1), serial_number="b", soc_pct=1.0, soh_pct=2.0)
    return [
        (tables.transaction_energy_transfer,
         f.EnergyTransferAllowed(transaction_id=TX, modes=("DC", "DC_BPT"), **at)),
        (tables.dynamic_profile,
         f.DynamicProfileSet(profile_id=1, evse_id=EvseId(1), transaction_id=TX, duration_s=9,
                             operation_mode="ChargingOnly", values={"limit": 1}, **at)),
        (tables.priority_charging,
         f.PriorityChargingTold(transaction_id=TX, activated=True, **at)),
        (tables.der_control, f.DerControlHeld(control=control("a", priority=1), **at)),
        (tables.event_stream,
         f.EventStreamOpened(stream_id=1, variable_monitoring_id=2, interval_s=3,
                             max_values=None, **at)),
        (tables.event_stream_value,
         f.EventStreamRead(station_id=station, stream_id=1, pending=0, received_at=T0,
                           values=(StreamValue(at=T0, value="v"),))),
        (tables.battery_swap,
         f.BatterySwapped(request_id=1, event="BatteryIn", id_token=IdToken("t"),
                          batteries=(battery,), **at)),
        (tables.settlement,
         f.PaymentSettled(psp_ref="p", status="Settled", amount=1.5, transaction_id=None,
                          receipt_id=None, receipt_url=None, payload={}, **at)),
        (tables.station_tariff,
         f.StationTariffSet(evse_id=0, tariff_id="t", kind="DefaultTariff", payload={}, **at)),
        (tables.transaction_tariff,
         f.TransactionTariffChanged(transaction_id=TX, tariff_id="t", payload={}, **at)),
    ]  # fmt: skip


async def test_told_twice_alone_or_together_it_is_one_row(
    journal: PostgresJournal, engine: AsyncEngine, station: ChargingStationId
) -> None:
    facts = everything(station)
    for _, fact in facts:
        await journal.commit([fact])
    first = {table.name: await rows(engine, table, station) for table, _ in facts}
    assert {name: len(found) for name, found in first.items()} == {t.name: 1 for t, _ in facts}
    await journal.commit([fact for _, fact in [*facts, *facts]])
    assert {table.name: await rows(engine, table, station) for table, _ in facts} == first


async def test_an_older_word_does_not_replace_a_newer_one(
    journal: PostgresJournal, engine: AsyncEngine, station: ChargingStationId
) -> None:
    newer = f.PriorityChargingTold(station_id=station, transaction_id=TX, activated=True, at=T0)
    older = replace(newer, activated=False, at=T0 - timedelta(seconds=1))
    await journal.commit([newer])
    await journal.commit([older])
    await journal.commit([older, newer])
    (row,) = await rows(engine, tables.priority_charging, station)
    assert row["activated"] is True


async def test_a_clear_takes_what_it_names_and_was_there(
    journal: PostgresJournal, engine: AsyncEngine, station: ChargingStationId
) -> None:
    later = T0 + timedelta(minutes=2)
    for name, at in (("a", T0), ("b", T0), ("late", later)):
        await journal.commit([f.DerControlHeld(station_id=station, control=control(name), at=at)])
    clear = f.DerControlsCleared(
        station_id=station, is_default=True, control_type=None, control_id="a",
        at=T0 + timedelta(minutes=1),
    )  # fmt: skip
    await journal.commit([clear])
    await journal.commit([replace(clear, control_id=None, control_type="FreqDroop")])
    found = await rows(engine, tables.der_control, station)
    assert {row["control_id"] for row in found} == {"b", "late"}
    await journal.commit([replace(clear, control_id=None, control_type="VoltVar")])
    found = await rows(engine, tables.der_control, station)
    assert {row["control_id"] for row in found} == {"late"}


async def test_a_control_set_anew_is_in_force_again(
    journal: PostgresJournal, engine: AsyncEngine, station: ChargingStationId
) -> None:
    held = f.DerControlHeld(station_id=station, control=control("a"), at=T0)
    await journal.commit([held])
    gone = f.DerControlsSuperseded(station_id=station, control_ids=("a", "unknown"), at=T0)
    await journal.commit([gone])
    assert [row["superseded"] for row in await rows(engine, tables.der_control, station)] == [True]
    await journal.commit([replace(held, at=T0 + timedelta(seconds=1))])
    assert [row["superseded"] for row in await rows(engine, tables.der_control, station)] == [False]


def model(station: ChargingStationId, at: datetime, **values: str) -> VariablesReported:
    told = tuple(
        VariableRow(component="V2XChargingCtrlr", variable=name, value=value, evse_id=1)
        for name, value in values.items()
    )
    more = VariableRow(component="ISO15118Ctrlr", variable="Enabled", value="true")
    return VariablesReported(station_id=station, at=at, rows=(*told, more))


async def test_the_device_model_says_who_may_discharge_and_how(
    journal: PostgresJournal, engine: AsyncEngine, station: ChargingStationId
) -> None:
    store, token = PostgresV21(engine), IdToken(f"t-{station}")
    async with engine.begin() as conn:
        await credentials.add(conn, "pepper-0123456789abcdef-0123456789", station)
        mine = tables.charging_station.c.station_id == station
        await conn.execute(update(tables.charging_station).where(mine).values(ocpp_version="2.1"))
        await allow_energy_transfer(conn, token, ("DC", "DC_BPT", "AC_BPT"), T0)
    assert await store.of_token(station, token) is None
    able = {"Enabled": "true", "SupportedOperationModes": "ChargingOnly, CentralSetpoint"}
    await journal.commit([model(station, T0, **able, SupportedEnergyTransferModes="DC,DC_BPT")])
    assert await store.of_token(station, token) == ("DC", "DC_BPT")
    assert await store.of_token(station, IdToken("nobody")) is None

    async def dialect() -> str:
        (row,) = await rows(engine, tables.charging_station, station)
        return str(row["discharge_dialect"])

    assert await dialect() == "ocpp21"
    assert not await store.speaks_v2x(station)
    async with engine.begin() as conn:
        await conn.execute(update(tables.charging_station).where(mine).values(ocpp_version="2.0.1"))
    await journal.commit([model(station, T0 + timedelta(seconds=1), **able)])
    assert await dialect() == "ocpp201_v2x"
    assert await store.speaks_v2x(station)

    async def fault(reason: str | None, dialect: str) -> None:
        async with engine.begin() as conn:
            values = {"discharge_fault": reason, "discharge_dialect": dialect}
            await conn.execute(update(tables.charging_station).where(mine).values(**values))

    await fault("it charged when told to give", "none")
    assert await store.speaks_v2x(station), "what it says of V2X is understood all the same"
    await fault(None, "ocpp201_v2x")
    await journal.commit([model(station, T0 + timedelta(seconds=2), Enabled="false")])
    assert await dialect() == "none"
    assert await store.of_token(station, token) is None


async def test_a_company_is_found_however_its_number_is_written(engine: AsyncEngine) -> None:
    number = f"GB{uuid4().int % 10**9}"
    company = Company(name="A", address1="B", city="C", country="GB")
    async with engine.begin() as conn:
        await keep_company(conn, number, company)
    store = PostgresV21(engine)
    assert await store.company(f" {number.lower()} ") == company
    assert await store.company("GB0") is None
