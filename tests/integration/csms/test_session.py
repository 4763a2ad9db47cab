"""A station's day: boot, provisioning, a transaction, setpoints, and what is kept of it."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from ocpp.v201 import call, call_result
from sqlalchemy import insert

from csms.bus import COMMANDS, Bus
from csms.clock import wall_now
from csms.domain.commands import Command, CommandKind, CommandPriority, CommandStatus
from csms.domain.ids import ChargingStationId, EvseId
from csms.store import commands, tables
from tests.integration.csms.conftest import Hub, until
from tests.integration.csms.station import MODEL, VENDOR, Station, connected, stamp

pytestmark = pytest.mark.integration


async def ask(
    hub: Hub, station_id: str, setpoint_w: float, version: int | None, within_s: float = 20.0
) -> Command:
    now = wall_now()
    command = Command(
        command_id=uuid4(),
        station_id=ChargingStationId(station_id),
        evse_id=EvseId(1),
        kind=CommandKind.SET_SETPOINT,
        payload={"setpoint_w": setpoint_w, "until": (now + timedelta(minutes=5)).isoformat()},
        priority=CommandPriority.DISPATCH,
        created_at=now,
        deadline_at=now + timedelta(seconds=within_s),
        version=version,
        requested_by="test",
    )
    async with hub.engine.begin() as conn:
        await commands.insert(conn, [command])
    return command


async def clear_cache(hub: Hub, station_id: str) -> None:
    now = wall_now()
    command = Command(
        command_id=uuid4(),
        station_id=ChargingStationId(station_id),
        kind=CommandKind.CLEAR_CACHE,
        payload={},
        priority=CommandPriority.OPERATOR,
        created_at=now,
        deadline_at=now + timedelta(seconds=20),
    )
    async with hub.engine.begin() as conn:
        await commands.insert(conn, [command])


async def outcome(hub: Hub, command: Command) -> commands.StoredCommand:
    async def ended() -> commands.StoredCommand | None:
        async with hub.engine.connect() as conn:
            stored = await commands.get(conn, command.command_id)
        return stored if stored and stored.finished_at else None

    return await until(ended)


async def charging(hub: Hub, station: Station) -> None:
    await station.boot_until_accepted()
    await station.profiles.get()
    await station.transaction_event("Started", import_wh=1_000.0, at=stamp(minutes_ago=9))


async def test_a_new_station_is_pending_until_floor_and_measurands_are_set(hub: Hub) -> None:
    station_id, password = await hub.new_station()
    async with connected(hub.url, station_id, password) as station:
        assert (await station.boot()).status == "Pending"
        floor = await asyncio.wait_for(station.profiles.get(), 15)
        await asyncio.wait_for(station.triggered.wait(), 15)
        assert (await station.boot(reason="Triggered")).status == "Accepted"

        assert floor["charging_profile_purpose"] == "TxDefaultProfile"
        assert station.limit_w == 1_400
        assert "TxUpdatedMeasurands" in station.variables
        row = await hub.row(tables.charging_station, station_id)
        assert (row["vendor"], row["model"], row["connected"]) == (VENDOR, MODEL, True)
        assert (row["registration_status"], row["provisioned"]) == ("Accepted", True)


async def test_a_transaction_is_stored_event_by_event(hub: Hub) -> None:
    station_id, password = await hub.new_station()
    async with connected(hub.url, station_id, password) as station:
        await charging(hub, station)
        await station.transaction_event("Updated", power_w=7_000.0, import_wh=1_500.0, at=stamp(5))

        async def shown() -> dict[str, Any] | None:
            row = await hub.row(tables.evse, station_id)
            return row if row["power_w"] else None

        live = await until(shown)
        await station.transaction_event("Ended", import_wh=2_500.0)

    assert (live["power_w"], live["import_wh"]) == (7_000.0, 1_500.0)
    assert live["transaction_id"] == station.transaction_id
    assert (await hub.row(tables.evse, station_id))["transaction_id"] is None
    kept = await hub.row(tables.transaction, station_id)
    assert (kept["imported_wh"], kept["event_count"], kept["id_token"]) == (1_500.0, 3, "fleet-7")
    assert kept["ended_at"] is not None
    kinds = [row["kind"] for row in await hub.rows(tables.outbox, station_id)]
    assert "TransactionChanged" in kinds


async def test_a_repeated_event_is_answered_and_stored_once(hub: Hub) -> None:
    station_id, password = await hub.new_station()
    at = stamp()
    for _ in range(2):
        async with connected(hub.url, station_id, password) as station:
            await station.boot_until_accepted()
            station.transaction_id = f"tx-{station_id}"
            for _ in range(3):
                answer = await station.transaction_event("Started", import_wh=1.0, at=at, seq_no=0)
                assert answer.id_token_info["status"] == "Accepted"
        hub.csms.transactions.forget(ChargingStationId(station_id))  # replay the ledger

    assert len(await hub.rows(tables.transaction_event, station_id)) == 1
    assert (await hub.row(tables.transaction, station_id))["event_count"] == 1


async def test_a_setpoint_reaches_the_station_and_is_read_back(hub: Hub, redis_url: str) -> None:
    station_id, password = await hub.new_station()
    bus = Bus(redis_url)
    async with connected(hub.url, station_id, password) as station:
        await charging(hub, station)
        command = await ask(hub, station_id, 5_000.0, version=10)
        assert await bus.publish(COMMANDS, station_id)
        profile = await asyncio.wait_for(station.profiles.get(), 15)
        done = await outcome(hub, command)

        assert profile["charging_profile_purpose"] == "TxProfile"
        assert profile["transaction_id"] == station.transaction_id
        assert station.limit_w == 5_000.0
        assert done.status is CommandStatus.CONFIRMED
        evse = await hub.row(tables.evse, station_id)
        assert (evse["setpoint_w"], evse["setpoint_status"]) == (5_000.0, "confirmed")
        assert (evse["setpoint_version"], evse["composite_w"]) == (10, 5_000.0)
        await ask(hub, station_id, 5_000.0, version=11)
        await asyncio.wait_for(station.profiles.get(), 15)  # found by the sweep, without a hint
    await bus.close()


@pytest.mark.parametrize(
    ("version", "reason"),
    [(10, "version_outdated"), (9, "version_outdated"), (None, "version_missing")],
)
async def test_an_outdated_setpoint_never_leaves(
    hub: Hub, version: int | None, reason: str
) -> None:
    station_id, password = await hub.new_station()
    async with connected(hub.url, station_id, password) as station:
        await charging(hub, station)
        await outcome(hub, await ask(hub, station_id, 5_000.0, version=10))
        await station.profiles.get()
        done = await outcome(hub, await ask(hub, station_id, 9_000.0, version=version))

        assert (done.status, done.reason) == (CommandStatus.REFUSED, reason)
        assert station.profiles.empty()
        assert (await hub.row(tables.evse, station_id))["setpoint_w"] == 5_000.0


async def test_of_waiting_setpoints_only_the_newest_is_sent(hub: Hub) -> None:
    station_id, password = await hub.new_station()
    async with connected(hub.url, station_id, password) as station:
        await charging(hub, station)
    asked = [await ask(hub, station_id, 1_000.0 * n, version=n) for n in (1, 2, 3)]
    async with connected(hub.url, station_id, password) as station:
        ends = [(await outcome(hub, command)).status for command in asked]

        assert ends == [CommandStatus.SUPERSEDED] * 2 + [CommandStatus.CONFIRMED]
        assert station.limit_w == 3_000.0


async def test_a_refused_setpoint_is_recorded_and_told(hub: Hub) -> None:
    station_id, password = await hub.new_station()
    async with connected(hub.url, station_id, password) as station:
        await charging(hub, station)
        station.profile_status = "Rejected"
        done = await outcome(hub, await ask(hub, station_id, 5_000.0, version=1))

    assert done.status is CommandStatus.REFUSED
    assert (await hub.row(tables.evse, station_id))["setpoint_status"] == "refused"
    events = [row["kind"] for row in await hub.rows(tables.outbox, station_id)]
    assert "SetpointRefused" in events


async def test_a_station_that_vanishes_mid_command_leaves_it_unknown(hub: Hub) -> None:
    station_id, password = await hub.new_station()
    async with connected(hub.url, station_id, password) as station:
        await charging(hub, station)
        silent = asyncio.Event()

        async def never(*_: Any, **__: Any) -> Any:
            silent.set()
            await asyncio.sleep(60)

        station.route_map["SetChargingProfile"]["_on_action"] = never
        command = await ask(hub, station_id, 5_000.0, version=1)
        await asyncio.wait_for(silent.wait(), 15)
    done = await outcome(hub, command)

    assert done.status is CommandStatus.UNKNOWN
    assert (await hub.row(tables.evse, station_id))["setpoint_status"] == "unknown"


async def test_k15_needs_never_lower_a_lease_that_outlived_a_refused_one(hub: Hub) -> None:
    station_id, password = await hub.new_station()
    async with connected(hub.url, station_id, password) as station:
        await charging(hub, station)
        await outcome(hub, await ask(hub, station_id, 5_000.0, version=1))
        station.profile_status = "Rejected"
        await outcome(hub, await ask(hub, station_id, 9_000.0, version=2))
        station.profile_status = "Accepted"
        needs = {"requested_energy_transfer": "AC_three_phase"}
        await station.call(call.NotifyEVChargingNeeds(evse_id=1, charging_needs=needs))

        async def offered() -> Any:
            rows = await hub.rows(tables.command, station_id)
            ended = [row for row in rows if row["kind"] == "OfferSchedule" and row["finished_at"]]
            return ended[0] if ended else None

        offer = await until(offered)
        assert (offer["status"], offer["reason"]) == ("refused", "lease_in_doubt")
        assert station.limit_w == 5_000.0


async def test_a_setpoint_that_never_left_leaves_in_force_what_was(hub: Hub) -> None:
    station_id, password = await hub.new_station()
    async with connected(hub.url, station_id, password) as station:
        await charging(hub, station)
        await outcome(hub, await ask(hub, station_id, 5_000.0, version=1))
        busy, free = asyncio.Event(), asyncio.Event()

        async def slow(**_: Any) -> Any:
            busy.set()
            await free.wait()
            return call_result.ClearCache(status="Accepted")

        station.route_map["ClearCache"] = {"_on_action": slow}
        await clear_cache(hub, station_id)
        await asyncio.wait_for(busy.wait(), 15)
        done = await outcome(hub, await ask(hub, station_id, 9_000.0, version=2, within_s=1.2))
        free.set()

    assert done.status is CommandStatus.EXPIRED
    assert (await hub.row(tables.evse, station_id))["setpoint_w"] == 5_000.0


async def test_a_reservation_of_a_station_that_is_away_runs_out(hub: Hub) -> None:
    station_id, _ = await hub.new_station()
    now = wall_now()
    row = {"station_id": station_id, "reservation_id": 7, "id_token": "A", "type": "Central"}
    open_until = {"status": "accepted", "asked_at": now, "updated_at": now, "expires_at": now}
    async with hub.engine.begin() as conn:
        await conn.execute(insert(tables.reservation).values(**row, **open_until))

    async def told() -> list[Any]:
        rows = await hub.rows(tables.outbox, station_id)
        return [row["payload"] for row in rows if row["kind"] == "ReservationEnded"]

    (ended,) = await until(told)
    assert (ended["reservation_id"], ended["status"]) == (7, "expired")
    assert (await hub.row(tables.reservation, station_id))["status"] == "expired"


async def test_messages_are_kept_for_people(hub: Hub) -> None:
    station_id, password = await hub.new_station()
    async with connected(hub.url, station_id, password) as station:
        await station.boot_until_accepted()

        async def logged() -> Any:
            rows = await hub.rows(tables.ocpp_message, station_id)
            seen = {(row["direction"], row["kind"], row["action"]) for row in rows}
            wanted = {
                ("in", "call", "BootNotification"),
                ("out", "result", "BootNotification"),
                ("out", "call", "SetChargingProfile"),
                ("in", "result", "SetChargingProfile"),
            }
            return wanted <= seen

        await until(logged)
