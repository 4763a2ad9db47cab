"""Discharge over real sockets: proven by the export register, or stopped and marked."""

import asyncio
from typing import Any

import pytest

from csms import proof
from csms.domain.commands import CommandStatus
from csms.quirkfile import discharge_models
from csms.store import tables
from tests.integration.csms.conftest import Hub, until
from tests.integration.csms.station import VENDOR, Station, connected, stamp
from tests.integration.csms.test_session import ask, charging, outcome

pytestmark = pytest.mark.integration


@pytest.fixture
def listed(hub: Hub) -> Any:
    """Mark the station's model as one on the allow-list, as its boot would."""

    async def allow(station_id: str) -> None:
        station = tables.charging_station
        async with hub.engine.begin() as conn:
            await conn.execute(
                station.update()
                .where(station.c.station_id == station_id)
                .values(discharge_dialect="negative_limit")
            )

    return allow


async def discharging(hub: Hub, station: Station, listed: Any, station_id: str) -> None:
    await charging(hub, station)
    await listed(station_id)
    command = await ask(hub, station_id, -7_000.0, version=1)
    await asyncio.wait_for(station.profiles.get(), 15)
    assert (await outcome(hub, command)).status is CommandStatus.CONFIRMED


async def test_the_first_discharge_is_a_probe_and_the_meter_proves_it(
    hub: Hub, listed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "SETTLING", proof.timedelta(0))
    station_id, password = await hub.new_station()
    async with connected(hub.url, station_id, password) as station:
        await discharging(hub, station, listed, station_id)
        assert station.limit_w == -1_000.0
        assert (await hub.row(tables.evse, station_id))["setpoint_w"] == -1_000.0
        now, later = stamp(), stamp(minutes_ago=-1)
        await station.transaction_event("Updated", power_w=-1_000, export_wh=0.0, at=now)
        await station.transaction_event("Updated", power_w=-1_000, export_wh=16.0, at=later)

        async def proven() -> Any:
            return (await hub.row(tables.charging_station, station_id))["discharge_proven_at"]

        await until(proven)
        command = await ask(hub, station_id, -7_000.0, version=2)
        await outcome(hub, command)
        assert station.limit_w == -7_000.0


async def test_a_station_that_charges_instead_is_stopped_and_marked(
    hub: Hub, listed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "SETTLING", proof.timedelta(0))
    station_id, password = await hub.new_station()
    async with connected(hub.url, station_id, password) as station:
        await discharging(hub, station, listed, station_id)
        await station.transaction_event("Updated", power_w=9_000.0, at=stamp())
        await asyncio.wait_for(station.profiles.get(), 15)
        assert station.limit_w == 0.0

        async def marked() -> Any:
            row = await hub.row(tables.charging_station, station_id)
            return row["discharge_dialect"] == "none" and row["discharge_fault"]

        await until(marked)
        kinds = {row["kind"] for row in await hub.rows(tables.outbox, station_id)}
        assert "SetpointRefused" in kinds
        await ask(hub, station_id, -7_000.0, version=2)
        await asyncio.sleep(0)
        await until(lambda: nothing_below_zero(hub, station))


async def test_a_station_whose_schedule_turns_a_discharge_into_charging_is_marked_at_once(
    hub: Hub, listed: Any
) -> None:
    station_id, password = await hub.new_station()
    async with connected(hub.url, station_id, password) as station:
        station.reads_negative_as_w = 11_000.0
        await charging(hub, station)
        await listed(station_id)
        told = await outcome(hub, await ask(hub, station_id, -7_000.0, version=1))

        assert (told.status, told.reason) == (CommandStatus.REFUSED, "discharge_misread")
        assert station.limit_w == 0.0
        row = await hub.row(tables.charging_station, station_id)
        assert (row["discharge_dialect"], row["discharge_fault"]) == ("none", "discharge_misread")


async def nothing_below_zero(hub: Hub, station: Station) -> bool:
    commands = await hub.rows(tables.command, station.id)
    ended = [row for row in commands if row["version"] == 2 and row["finished_at"]]
    assert station.limit_w is not None
    assert station.limit_w >= 0.0
    return bool(ended)


async def test_a_station_that_is_not_listed_never_hears_a_negative_limit(hub: Hub) -> None:
    station_id, password = await hub.new_station()
    async with connected(hub.url, station_id, password) as station:
        await charging(hub, station)
        await outcome(hub, await ask(hub, station_id, -7_000.0, version=1))

        assert station.limit_w is not None
        assert station.limit_w >= 0.0


def test_the_allow_list_can_be_read() -> None:
    assert discharge_models().dialect(VENDOR, "unheard of").value == "none"
