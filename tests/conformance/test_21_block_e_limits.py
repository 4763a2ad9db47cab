"""Block E16 of OCPP 2.1: limits that the csms sets, and both set. A limit is told once, in the
answer to an event, and the station confirms it."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert

from csms.clock import wall_now
from csms.domain.commands import CommandStatus
from csms.domain.limits import TransactionLimit
from csms.store import tables, tariffs
from tests.conformance import v2x
from tests.conformance.conftest import Bench, until
from tests.conformance.people import Session, token
from tests.conformance.station import Payload, ScriptedStation

pytestmark = pytest.mark.integration
LIMITS = {("TxCtrlr", "SupportedLimits"): "maxCost,maxEnergy,maxTime,maxSoC"}
SUSPENDED = {"chargingState": "SuspendedEVSE"}


async def keeps_limits(bench: Bench) -> ScriptedStation:
    """A station that says which limits it can keep (E16.FR.12)."""
    station = await bench.station("2.1")
    await v2x.reports(station, LIMITS)
    return station


async def costs(bench: Bench, station: ScriptedStation, **more: Any) -> None:
    """The station's drivers pay 0.40 a kWh, no tax."""
    row = {
        "tariff_id": f"tariff-{station.station_id}",
        "definition": {"currency": "GBP", "energy": [{"price": "0.40"}], **more},
        "updated_at": wall_now(),
    }
    row["definition"]["tariff_id"] = row["tariff_id"]
    async with bench.hub.engine.begin() as conn:
        await conn.execute(insert(tables.tariff).values(row))
        await tariffs.use(conn, "station", station.station_id, row["tariff_id"])


async def confirms(session: Session, limit: Payload, **more: Any) -> Payload:
    """LimitSet, as the station says that it keeps it (E16.FR.03)."""
    return await session.tell("Updated", "LimitSet", info={"transactionLimit": limit}, **more)


async def test_tc21_e_102_csms_the_csms_and_the_station_both_limit(bench: Bench) -> None:
    """The driver's lower limit stands (E16.FR.08) until an operator overrules it (E16.FR.07)."""
    station = await keeps_limits(bench)
    card = await token(bench, limits=TransactionLimit(max_energy_wh=8_000.0))
    session = Session(station)
    started = await session.tell("Started", "Authorized", id_token=card)
    assert started["transactionLimit"] == {"maxEnergy": 8_000}
    assert "transactionLimit" not in await confirms(session, {"maxEnergy": 6_000})
    limit = {"maxEnergy": 10_000}
    payload = {"transactionId": session.transaction_id, "transactionLimit": limit}
    asked = await bench.command(station, "SetTransactionLimit", payload, 1)
    done = await bench.outcome(asked)
    assert done.status is CommandStatus.CONFIRMED, done.reason
    triggered = {"requestedMessage": "TransactionEvent", "evse": {"id": 1}}
    assert ("TriggerMessage", triggered) in station.heard
    told = await session.tell("Updated", "Trigger")
    assert told == {"transactionLimit": limit}
    assert "transactionLimit" not in await confirms(session, limit)
    assert "transactionLimit" not in await session.tell("Updated", "MeterValuePeriodic")
    await session.tell("Ended", "EnergyLimitReached", info={"stoppedReason": "EnergyLimitReached"})

    async def ended() -> bool:
        row = await bench.hub.row(tables.transaction, station.station_id)
        return bool(row["stopped_reason"] == "EnergyLimitReached")

    assert await until(ended)
    done = await bench.outcome(await bench.command(station, "SetTransactionLimit", payload, 1))
    assert (done.status, done.reason) == (CommandStatus.REFUSED, "transaction_not_open")


async def test_tc21_e_109_csms_limits_the_cost_and_tells_the_cost(bench: Bench) -> None:
    station = await keeps_limits(bench)
    await costs(bench, station)
    card = await token(bench, limits=TransactionLimit(max_cost=Decimal(10)))
    assert (await station.call("Authorize", {"idToken": card}))["idTokenInfo"]["status"] == (
        "Accepted"
    )
    session = Session(station)
    charging = {"chargingState": "Charging"}
    started = await session.tell(
        "Started", "ChargingStateChanged", id_token=card, import_wh=0, info=charging
    )
    assert (started["transactionLimit"], started["totalCost"]) == ({"maxCost": 10}, 0)
    session.later(3_600)
    confirmed = await confirms(session, {"maxCost": 10}, import_wh=5_000)
    assert confirmed == {"totalCost": 2}  # E16.FR.11, and the limit once
    session.later(3_600)
    assert await session.tell("Updated", "MeterValuePeriodic", import_wh=20_000) == {"totalCost": 8}


async def limited(bench: Bench, limit: TransactionLimit, told: Payload, reached: str) -> None:
    """By the token: told with the event that brings it, no other kind with it, and not again."""
    station = await keeps_limits(bench)
    card = await token(bench, limits=limit)
    session = Session(station)
    assert "transactionLimit" not in await session.tell("Started", "CablePluggedIn")
    started = await session.tell("Updated", "Authorized", id_token=card)
    assert started["idTokenInfo"]["status"] == "Accepted"
    assert started["transactionLimit"] == told
    assert await confirms(session, told) == {}
    assert await session.tell("Updated", reached, info=SUSPENDED) == {}


async def test_tc21_e_110_csms_limits_the_energy(bench: Bench) -> None:
    limit = TransactionLimit(max_energy_wh=10_000.0)
    await limited(bench, limit, {"maxEnergy": 10_000}, "EnergyLimitReached")


async def test_tc21_e_111_csms_limits_the_time(bench: Bench) -> None:
    limit = TransactionLimit(max_time_s=3_600)
    await limited(bench, limit, {"maxTime": 3_600}, "TimeLimitReached")


async def test_e16_fr12_a_station_that_keeps_no_limit_is_stopped_by_us(bench: Bench) -> None:
    station = await bench.station("2.1")
    session = Session(station)
    card = await token(bench, limits=TransactionLimit(max_energy_wh=10_000.0))
    started = await session.tell("Started", "Authorized", id_token=card, import_wh=0)
    assert "transactionLimit" not in started
    session.later(3_600)
    await session.tell("Updated", "MeterValuePeriodic", import_wh=10_000)
    stop = await station.expect("RequestStopTransaction", {"status": "Accepted"})
    assert stop == {"transactionId": session.transaction_id}
