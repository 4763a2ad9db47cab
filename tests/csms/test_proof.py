"""What a meter proves of a discharge, reading by reading."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import Clock
from csms.domain.commands import Command, CommandKind, CommandPriority, CommandStatus
from csms.domain.discharge import DischargeDialect, Verdict
from csms.domain.facts import ReadingsTaken
from csms.domain.ids import ChargingStationId, EvseId
from csms.domain.meter import MeterReading
from csms.outbound.ports import Outcome
from csms.proof import DischargeProof, Watch
from csms.store import credentials, tables
from csms.store.command_book import PostgresCommandBook
from csms.store.direct import Direct
from tests.integration.csms.conftest import until

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DATATRANSFER, NEGATIVE_LIMIT = DischargeDialect.DATATRANSFER, DischargeDialect.NEGATIVE_LIMIT
WATCH = Watch(setpoint_w=-1_000.0, since=NOON, until=NOON + timedelta(minutes=5))


def verdicts(*readings: tuple[int, float | None, float | None]) -> list[Verdict]:
    """Of (seconds after noon, power_w, export_wh)."""
    watch, told = WATCH, []
    for seconds, power_w, export_wh in readings:
        at = NOON + timedelta(seconds=seconds)
        reading = MeterReading(at=at, power_w=power_w, export_wh=export_wh)
        watch, verdict = watch.reads(reading)
        told.append(verdict)
    return told


NOTHING, PROVEN, LIAR = Verdict.NOTHING_YET, Verdict.PROVEN, Verdict.LIAR


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([(20, -1_000, 100.0), (80, -1_000, 116.0)], [NOTHING, PROVEN]),
        ([(20, -1_000, 100.0), (80, -1_000, 102.0)], [NOTHING, NOTHING]),
        ([(20, 9_000, 100.0)], [LIAR]),
        ([(20, 0, 100.0), (80, 0, 100.0)], [NOTHING, NOTHING]),
        ([(-60, 9_000, 0.0), (5, 9_000, 0.0)], [NOTHING, NOTHING]),
        ([(-60, 0, 0.0), (20, -1_000, 50.0)], [NOTHING, NOTHING]),
        ([(301, 9_000, 0.0)], [NOTHING]),
        ([(20, None, 100.0), (80, None, 120.0)], [NOTHING, PROVEN]),
        ([(20, -1_000, 100.0), (80, -1_000, 116.0), (140, -1_000, 132.0)],
         [NOTHING, PROVEN, NOTHING]),
        ([(20, -1_000, 100.0), (80, -1_000, 116.0), (140, 9_000, 116.0)], [NOTHING, PROVEN, LIAR]),
        ([(20, -1_000, None), (80, -1_000, None)], [NOTHING, NOTHING]),
    ],
    ids=[
        "the register moves",
        "the register hardly moves",
        "power goes in",
        "a vehicle with nothing to give",
        "readings from before, and while it settles",
        "a rise that began before does not count",
        "after the lease",
        "no power told, but the register moves",
        "a proof is told once",
        "what was proven may yet turn out a lie",
        "no register told",
    ],
)  # fmt: skip
def test_verdicts(
    readings: list[tuple[int, float | None, float | None]], expected: list[Verdict]
) -> None:
    assert verdicts(*readings) == expected


@pytest.mark.integration
async def test_a_station_with_new_firmware_is_proven_anew(
    engine: AsyncEngine, database_url: str
) -> None:
    station_id, row = ChargingStationId(f"cs-{uuid4().hex[:8]}"), tables.charging_station
    async with engine.begin() as conn:
        await credentials.add(conn, "pepper", station_id)
        mine = update(row).where(row.c.station_id == station_id)
        await conn.execute(mine.values(discharge_dialect=DATATRANSFER))
    proof = DischargeProof(
        PostgresCommandBook(engine, Direct(database_url)), Clock(), lambda _: None
    )
    acting = asyncio.create_task(proof.run())

    async def is_proven() -> bool:
        proven_at = select(row.c.discharge_proven_at).where(row.c.station_id == station_id)
        async with engine.connect() as conn:
            return await conn.scalar(proven_at) is not None

    for hour in (0, 1):
        start = NOON + timedelta(hours=hour)
        proof.confirmed(*discharge(station_id, start), start)
        proof.read([risen(station_id, start, 20, 100.0), risen(station_id, start, 80, 116.0)])
        await until(is_proven)
        async with engine.begin() as conn:  # as a boot with other firmware does
            await conn.execute(update(row).values(discharge_proven_at=None))
    acting.cancel()


@dataclass
class Books:
    """Notes what is proven."""

    proven: list[DischargeDialect | None] = field(default_factory=list)

    async def record_proof(
        self, station_id: ChargingStationId, dialect: DischargeDialect | None, now: datetime
    ) -> None:
        self.proven.append(dialect)

    async def condemn(self, stop: Command, reason: str, now: datetime) -> None:
        raise AssertionError("nobody lied")


async def test_what_is_proven_in_one_dialect_is_proven_in_another_anew() -> None:
    """An operator chooses other words while the station gives, and the lease goes on in them."""
    station_id, books = ChargingStationId("cs-1"), Books()
    proof = DischargeProof(books, Clock(), lambda _: None)
    acting = asyncio.create_task(proof.run())
    proof.confirmed(*discharge(station_id, NOON), NOON)
    proof.read([risen(station_id, NOON, 20, 100.0), risen(station_id, NOON, 80, 116.0)])
    later = NOON + timedelta(seconds=90)
    proof.confirmed(*discharge(station_id, later, NEGATIVE_LIMIT), later)
    proof.read([risen(station_id, later, 20, 120.0), risen(station_id, later, 80, 136.0)])

    async def told() -> bool:
        return len(books.proven) == 2

    await until(told)
    acting.cancel()
    assert books.proven == [DATATRANSFER, NEGATIVE_LIMIT]


def discharge(
    station_id: ChargingStationId, at: datetime, dialect: DischargeDialect = DATATRANSFER
) -> tuple[Command, Outcome]:
    until_at = at + timedelta(minutes=5)
    command = Command(
        command_id=uuid4(),
        station_id=station_id,
        evse_id=EvseId(1),
        kind=CommandKind.SET_SETPOINT,
        payload={"setpoint_w": -1_000.0, "until": until_at.isoformat()},
        priority=CommandPriority.DISPATCH,
        created_at=at,
        deadline_at=until_at,
    )
    outcome = Outcome(status=CommandStatus.CONFIRMED, setpoint_w=-1_000.0, dialect=dialect)
    return command, outcome


def risen(
    station_id: ChargingStationId, start: datetime, seconds: int, export_wh: float
) -> ReadingsTaken:
    at = start + timedelta(seconds=seconds)
    reading = MeterReading(at=at, power_w=-1_000.0, export_wh=export_wh)
    return ReadingsTaken(
        station_id=station_id, evse_id=EvseId(1), received_at=at, readings=(reading,)
    )
