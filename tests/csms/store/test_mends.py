"""What to mend in what stations tell, in a real database: models, operators, and the ledger."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.facts_quirks import QuirkLearned
from csms.domain.ids import ChargingStationId, TransactionId
from csms.domain.mending import NO_MENDS, Mend, event_mended
from csms.domain.quirks import QuirkTable
from csms.ocppj import codec201
from csms.projector import Projector
from csms.store import credentials, quirks
from csms.store.direct import Direct
from csms.store.journal import PostgresJournal
from csms.store.mends import PostgresMends
from csms.store.tables import charging_station
from csms.store.transactions import PostgresTransactions
from tests.csms.store.test_transactions import Process

pytestmark = pytest.mark.integration

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
MODELS = QuirkTable.parse(
    [
        {"vendor": "Acme", "energy_scale": "kwh_as_wh", "pausing": "low_limit"},
        {"vendor": "Acme", "ocpp_version": "1.6", "evses_from_zero": True},
    ]
)


@pytest.fixture
async def station_id(engine: AsyncEngine) -> ChargingStationId:
    own = ChargingStationId(f"cs-{uuid4().hex[:8]}")
    async with engine.begin() as conn:
        await credentials.add(conn, "pepper-of-the-tests-0123456789abcdef", own)
    return own


async def becomes(engine: AsyncEngine, station_id: ChargingStationId, **values: str) -> None:
    own = charging_station.c.station_id == station_id
    async with engine.begin() as conn:
        await conn.execute(update(charging_station).where(own).values(**values))


async def test_an_operators_word_counts_without_a_new_connection(
    engine: AsyncEngine, direct: Direct, station_id: ChargingStationId
) -> None:
    mends = PostgresMends(direct, kept_s=0.0)
    assert await mends.of(station_id) == NO_MENDS
    async with engine.begin() as conn:
        await quirks.override(conn, station_id, "meter_sign", "swapped", NOW, by="ann")
        await quirks.override(conn, station_id, "pausing", "stop", NOW, by="ann")
    assert await mends.of(station_id) == {Mend.DIRECTIONS_SWAPPED}
    async with engine.begin() as conn:
        await quirks.override(conn, station_id, "meter_sign", "power_inverted", NOW, by="ann")
    assert await mends.of(station_id) == {Mend.POWER_INVERTED}
    async with engine.begin() as conn:
        await quirks.forget(conn, station_id, "meter_sign")
    assert await mends.of(station_id) == NO_MENDS


async def test_a_model_counts_until_an_operator_says_otherwise(
    engine: AsyncEngine, direct: Direct, station_id: ChargingStationId
) -> None:
    mends = PostgresMends(direct, MODELS, kept_s=0.0)
    assert await mends.of(station_id) == NO_MENDS
    await becomes(engine, station_id, vendor="Acme", model="One", ocpp_version="1.6")
    assert await mends.of(station_id) == NO_MENDS, "kept until it boots or comes anew"
    mends.forget(station_id)
    assert await mends.of(station_id) == {Mend.ENERGY_WAS_KWH, Mend.EVSES_FROM_ZERO}
    async with engine.begin() as conn:
        await quirks.override(conn, station_id, "energy_scale", "standard", NOW, by="ann")
    assert await mends.of(station_id) == {Mend.EVSES_FROM_ZERO}


async def test_what_is_kept_is_not_asked_again(
    engine: AsyncEngine, direct: Direct, station_id: ChargingStationId
) -> None:
    mends = PostgresMends(direct, kept_s=3_600.0)
    assert await mends.of(station_id) == NO_MENDS
    async with engine.begin() as conn:
        await quirks.override(conn, station_id, "meter_sign", "swapped", NOW, by="ann")
    assert await mends.of(station_id) == NO_MENDS


def told(seq_no: int, value: float) -> bytes:
    at = (NOW + timedelta(minutes=seq_no)).isoformat()
    event = {
        "eventType": "Updated" if seq_no else "Started",
        "timestamp": at,
        "triggerReason": "MeterValuePeriodic",
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": "tx"},
        "evse": {"id": 0},
        "meterValue": [{"timestamp": at, "sampledValue": [{"value": value}]}],
    }
    return json.dumps(event).encode()


async def test_the_ledger_says_the_same_after_the_quirk_is_gone(
    direct: Direct, database_url: str, station_id: ChargingStationId
) -> None:
    mends = frozenset({Mend.ENERGY_WAS_KWH, Mend.EVSES_FROM_ZERO})
    async with PostgresJournal(database_url) as journal:
        process = Process(direct, journal)
        for seq_no, value in enumerate((10.0, 10.5, 11.0)):
            event = event_mended(codec201.transaction_event(told(seq_no, value)), mends)
            await process.handler.handle(station_id, event, NOW + timedelta(minutes=seq_no))
        await Projector(journal).flush()
    at_hand = await process.transactions.get(station_id, TransactionId("tx"))
    replayed = await PostgresTransactions(direct).get(station_id, TransactionId("tx"))
    assert at_hand == replayed
    assert replayed is not None
    assert (replayed.evse_id, replayed.imported_wh) == (1, 1_000.0)
    ledger = await process.transactions.ledger(station_id, TransactionId("tx"))
    kept = [json.loads(line.event.payload) for line in ledger]
    assert [one["meterValue"][0]["sampledValue"][0]["value"] for one in kept] == [10.0, 10.5, 11.0]


async def test_what_was_learned_counts_until_an_operator_or_other_firmware_says_otherwise(
    engine: AsyncEngine, direct: Direct, database_url: str, station_id: ChargingStationId
) -> None:
    await becomes(engine, station_id, vendor="Other", model="One", firmware_version="1")
    learned = QuirkLearned(
        station_id=station_id,
        name="energy_scale",
        value="kwh_as_wh",
        at=NOW,
        reason="seen",
        device="Other One 1",
    )
    proposed = replace(learned, name="meter_sign", value="swapped", proposed=True)
    async with PostgresJournal(database_url) as journal:
        await journal.commit([learned, proposed])
        mends = PostgresMends(direct)
        assert await mends.of(station_id) == {Mend.ENERGY_WAS_KWH}, "a proposal mends nothing"
        async with engine.begin() as conn:
            await quirks.override(conn, station_id, "energy_scale", "standard", NOW, by="ann")
        assert await PostgresMends(direct).of(station_id) == NO_MENDS
        async with engine.begin() as conn:
            await quirks.forget(conn, station_id, "energy_scale")
        await journal.commit([learned])
    await becomes(engine, station_id, firmware_version="2")
    mends.forget(station_id)  # it boots
    assert await mends.of(station_id) == NO_MENDS
