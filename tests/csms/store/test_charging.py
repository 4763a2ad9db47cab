"""What the store keeps of smart charging: the newest word counts, told twice or out of order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.commands import CommandStatus, Setpoint
from csms.domain.facts import (
    ConnectorStatusChanged,
    TransactionEventStored,
    TransactionProjected,
)
from csms.domain.facts_charging import (
    ChargingLimitTold,
    ChargingProfileGone,
    ChargingProfileHeld,
    ProfileReportAsked,
    ProfileReportCompleted,
    ProfileSide,
)
from csms.domain.facts_commands import SetpointEnded
from csms.domain.facts_evidence import SignedValuesTaken, TransactionStatusTold
from csms.domain.ids import ChargingStationId, ConnectorId, EvseId, TransactionId
from csms.domain.meter import ReadingContext, SignedMeterValue
from csms.domain.station import OcppVersion
from csms.store import tables
from csms.store.charging import charging_state
from csms.store.journal import PostgresJournal
from tests.integration.csms.conftest import Hub

pytestmark = pytest.mark.integration

T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def station_id() -> ChargingStationId:
    return ChargingStationId(f"cs-{uuid4().hex[:8]}")


@pytest.fixture
def held(station_id: ChargingStationId) -> ChargingProfileHeld:
    return ChargingProfileHeld(
        station_id=station_id,
        side=ProfileSide.SET,
        evse_id=EvseId(1),
        profile_id=7,
        at=T0,
        purpose="TxDefaultProfile",
        stack_level=0,
        payload={"id": 7},
    )


async def rows(engine: AsyncEngine, table: object, station_id: str) -> list[dict[str, object]]:
    return await Hub(None, engine, "").rows(table, station_id)  # type: ignore[arg-type]


def running(station_id: ChargingStationId, transaction_id: TransactionId) -> TransactionProjected:
    """A transaction of EVSE 1 that began at T0 by the station's clock."""
    return TransactionProjected(
        station_id=station_id,
        transaction_id=transaction_id,
        evse_id=EvseId(1),
        connector_id=ConnectorId(1),
        id_token=None,
        started_at=T0,
        ended_at=None,
        last_event_at=T0 + MINUTE,
        imported_wh=5,
        exported_wh=0,
        charging_state="Charging",
        stopped_reason=None,
        event_count=2,
    )


async def test_a_lease_went_with_the_transaction_that_it_was_told_to(
    engine: AsyncEngine, database_url: str, station_id: ChargingStationId
) -> None:
    transaction_id, lease = TransactionId("tx"), Setpoint(setpoint_w=-5_000, until=T0 + 9 * MINUTE)
    started = TransactionEventStored(
        station_id=station_id, transaction_id=transaction_id, seq_no=0, event_type="Started",
        at=T0, content_hash="a", received_at=T0 + 3 * MINUTE, trigger_reason="Authorized",
        offline=False, ocpp_version=OcppVersion.V201, payload=b"{}",
    )  # fmt: skip
    updated = msgspec.structs.replace(
        started, seq_no=1, event_type="Updated", content_hash="b", received_at=T0 + 5 * MINUTE
    )
    async with PostgresJournal(database_url) as journal:
        for at, leases in ((2 * MINUTE, {}), (4 * MINUTE, {1: lease})):
            told = SetpointEnded(
                station_id=station_id, evse_id=EvseId(1), status=CommandStatus.CONFIRMED,
                at=T0 + at, in_force=lease,
            )  # fmt: skip
            await journal.commit([running(station_id, transaction_id), started, updated, told])
            async with engine.connect() as conn:
                assert (await charging_state(conn, station_id)).leases == leases


async def test_the_newest_word_on_a_profile_counts(
    engine: AsyncEngine, database_url: str, held: ChargingProfileHeld
) -> None:
    newer = replace(held, at=T0 + MINUTE, stack_level=2)
    async with PostgresJournal(database_url) as journal:
        for facts in ([newer], [held], [newer, held]):
            await journal.commit(facts)
    async with engine.connect() as conn:
        (known,) = (await charging_state(conn, held.station_id)).profiles
    assert known == newer


async def test_a_profile_that_was_set_again_is_not_taken_by_an_older_end(
    engine: AsyncEngine, database_url: str, held: ChargingProfileHeld
) -> None:
    gone = ChargingProfileGone(
        station_id=held.station_id,
        side=held.side,
        evse_id=held.evse_id,
        profile_id=held.profile_id,
        at=T0 + MINUTE,
    )
    async with PostgresJournal(database_url) as journal:
        await journal.commit([held, gone])
        assert await rows(engine, tables.charging_profile, held.station_id) == []
        again = replace(held, at=T0 + 2 * MINUTE)
        await journal.commit([again, gone])
        await journal.commit([gone])
    (row,) = await rows(engine, tables.charging_profile, held.station_id)
    assert row["at"] == again.at


async def test_a_limit_is_in_force_until_it_is_cleared_and_may_come_back(
    engine: AsyncEngine, database_url: str, station_id: ChargingStationId
) -> None:
    limit = ChargingLimitTold(
        station_id=station_id,
        evse_id=EvseId(0),
        source="EMS",
        at=T0,
        in_force=True,
        schedules=({"id": 1},),
    )
    cleared = replace(limit, at=T0 + MINUTE, in_force=False, schedules=())
    back = replace(limit, at=T0 + 2 * MINUTE)
    async with PostgresJournal(database_url) as journal:
        for facts, known in (
            ([limit], (limit,)),
            ([cleared], ()),
            ([limit], ()),
            ([back], (back,)),
        ):
            await journal.commit(facts)
            async with engine.connect() as conn:
                assert (await charging_state(conn, station_id)).limits == known


async def test_a_report_is_open_until_its_last_part(
    engine: AsyncEngine, database_url: str, station_id: ChargingStationId
) -> None:
    asked = ProfileReportAsked(
        station_id=station_id,
        request_id=3,
        at=T0,
        evse_id=EvseId(2),
        criterion={"chargingProfileId": [1, 2]},
    )
    words = ("profile 1 is missing", "profile 2, and a comma, was not set by us")
    completed = ProfileReportCompleted(
        station_id=station_id, request_id=3, at=T0 + MINUTE, differences=words
    )
    async with PostgresJournal(database_url) as journal:
        await journal.commit([asked])
        async with engine.connect() as conn:
            assert (await charging_state(conn, station_id)).reports == (asked,)
        await journal.commit([completed])
        async with engine.connect() as conn:
            assert (await charging_state(conn, station_id)).reports == ()
    (row,) = await rows(engine, tables.charging_profile_report, station_id)
    assert tuple(row["differences"]) == words  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ongoing", "queued", "ended"),
    [(True, True, False), (True, False, False), (False, True, False), (False, False, True)],
)
async def test_only_a_transaction_with_nothing_to_come_is_ended_by_us(
    engine: AsyncEngine,
    database_url: str,
    station_id: ChargingStationId,
    ongoing: bool,
    queued: bool,
    ended: bool,
) -> None:
    transaction_id = TransactionId("tx")
    projected = running(station_id, transaction_id)
    told = TransactionStatusTold(
        station_id=station_id,
        transaction_id=transaction_id,
        evse_id=EvseId(1),
        at=T0 + 2 * MINUTE,
        ongoing=ongoing,
        messages_in_queue=queued,
    )
    async with PostgresJournal(database_url) as journal:
        await journal.commit([projected])
        for _ in range(2):
            await journal.commit([told])
    (row,) = await rows(engine, tables.transaction, station_id)
    assert row["ended_at"] == (projected.last_event_at if ended else None)
    assert row["flags"] == (["never_ended"] if ended else [])
    (evse,) = await rows(engine, tables.evse, station_id)
    assert evse["transaction_id"] == (None if ended else transaction_id)


async def test_signed_values_are_kept_once_and_letter_for_letter(
    engine: AsyncEngine, database_url: str, station_id: ChargingStationId
) -> None:
    value = SignedMeterValue(
        at=T0,
        context=ReadingContext.SAMPLE_CLOCK,
        measurand="Energy.Active.Import.Register",
        signed_meter_data='OCMF|{"FV":"1.0"}|{"SD":"\u00fc\t "}',
        signing_method="",
        encoding_method="OCMF",
        public_key="MFkw",
    )
    other = replace(value, signed_meter_data="another signature of the same moment")
    taken = SignedValuesTaken(
        station_id=station_id, evse_id=EvseId(0), received_at=T0, values=(value, other)
    )
    async with PostgresJournal(database_url) as journal:
        for _ in range(2):
            await journal.commit([taken])
    kept = await rows(engine, tables.signed_meter_value, station_id)
    assert {row["signed_meter_data"] for row in kept} == {
        value.signed_meter_data,
        other.signed_meter_data,
    }


async def test_the_evses_of_a_station_are_known_by_their_connectors(
    engine: AsyncEngine, database_url: str, station_id: ChargingStationId
) -> None:
    connectors = [
        ConnectorStatusChanged(
            station_id=station_id,
            evse_id=EvseId(evse_id),
            connector_id=ConnectorId(1),
            status="Available",
            at=T0,
        )
        for evse_id in (2, 1)
    ]
    async with PostgresJournal(database_url) as journal:
        await journal.commit(connectors)
    async with engine.connect() as conn:
        assert (await charging_state(conn, station_id)).evse_ids == (1, 2)
