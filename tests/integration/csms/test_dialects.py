"""A simulated station of each discharge dialect on a real line: probed, proven, obeying; and one
that takes what it shall give back for leave to charge."""

from datetime import timedelta
from typing import Any

import pytest

from csms import proof
from csms.domain.commands import CommandStatus
from csms.store import tables
from simulator.faults import Faults
from simulator.local_modes import Surroundings
from tests.integration.csms.conftest import Hub
from tests.integration.csms.test_simulated_stations import Simulated, on_line

pytestmark = pytest.mark.integration

WAYS = {
    "negative_limit 1.6": ("1.6", "Bidirectional-11", "negative_limit"),
    "negative_limit 2.0.1": ("2.0.1", "Bidirectional-11", "negative_limit"),
    "ocpp201_v2x": ("2.0.1", "V2X-11", "ocpp201_v2x"),
    "ocpp21": ("2.1", "V2X-11", "ocpp21"),
    "datatransfer 1.6": ("1.6", "Vendor-11", "datatransfer"),
    "datatransfer 2.0.1": ("2.0.1", "Vendor-11", "datatransfer"),
}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated time passes faster than ours, by which a discharge counts as settled."""
    monkeypatch.setattr(proof, "SETTLING", timedelta(0))


def samples(one: Simulated, every_s: int) -> None:
    """Each so many seconds, 0: none."""
    one.station.device.variables["SampledDataCtrlr", 0, "TxUpdatedInterval"].value = str(every_s)
    one.station.sampling_changed(one.now)


async def able(one: Simulated, dialect: str) -> None:
    """The hub knows how the station is told, and what its vehicle asked for; and has heard of all
    that was metered before: its time is ahead of ours, so it would count for what follows."""
    await one.row(tables.charging_station, lambda row: row["discharge_dialect"] == dialect)
    if dialect in ("ocpp21", "ocpp201_v2x"):
        await one.row(
            tables.charging_needs, lambda row: row["requested_energy_transfer"] == "DC_BPT"
        )
    samples(one, 0)
    await one.step_until(lambda: not one.station.queue)


def said(one: Simulated) -> dict[str, Any]:
    """The period of the station's TxProfile."""
    (held,) = one.station.stack.find({"chargingProfilePurpose": "TxProfile"})
    (schedule,) = held.raw["chargingSchedule"]
    (period,) = schedule["chargingSchedulePeriod"]
    return dict(period)


@pytest.mark.parametrize("way", WAYS)
async def test_a_first_discharge_is_a_probe_and_then_obeyed(hub: Hub, way: str) -> None:
    version, model, dialect = WAYS[way]
    async with on_line(hub, version, model) as one:
        await able(one, dialect)
        probe = await one.setpoint(-6_900)
        assert (probe.status, probe.reason) == (CommandStatus.CONFIRMED, "discharge_not_proven")
        one.samples_each_second()
        await one.step_until(lambda: one.station.evse.export_wh > 8)
        assert one.station.evse.power_w == pytest.approx(-1_000, abs=70)
        await one.row(tables.charging_station, lambda row: row["discharge_proven_at"] is not None)

        whole = await one.setpoint(-6_900)
        assert (whole.status, whole.reason) == (CommandStatus.CONFIRMED, None)
        await one.step_until(lambda: one.station.evse.power_w == -6_900)
        assert (await one.setpoint(5_000)).status is CommandStatus.CONFIRMED
        await one.step_until(lambda: one.station.evse.power_w == 5_000)


@pytest.mark.parametrize("way", WAYS)
async def test_one_that_charges_instead_is_caught_by_its_next_reading(hub: Hub, way: str) -> None:
    version, model, dialect = WAYS[way]
    async with on_line(hub, version, model) as one:
        await able(one, dialect)
        one.station.faults = Faults(charges_when_giving=True)
        told = await one.setpoint(-6_900)
        assert told.status is CommandStatus.CONFIRMED  # its own word is as good as any other's
        await one.step_until(lambda: one.station.evse.power_w > 10_000)
        readings = len(await hub.rows(tables.meter_reading, one.station.spec.station_id))
        samples(one, 1)
        one.step()
        samples(one, 0)

        row = await one.row(tables.charging_station, lambda row: row["discharge_fault"])
        assert (row["discharge_dialect"], row["discharge_proven_at"]) == ("none", None)
        await one.step_until(lambda: one.station.evse.power_w == 0)
        told_of = await hub.rows(tables.meter_reading, one.station.spec.station_id)
        assert len(told_of) - readings <= 2


async def test_setpoints_over_2_0_1_are_those_of_2_1(hub: Hub) -> None:
    async with on_line(hub, "2.0.1", "V2X-11") as one:
        await able(one, "ocpp201_v2x")
        done = await one.setpoint(-6_900)
        assert said(one) == {
            "startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": -1_000,
        }  # fmt: skip
        station = await hub.row(tables.evse, one.station.spec.station_id)
        assert (done.status, station["composite_w"]) == (CommandStatus.CONFIRMED, -1_000)


async def test_a_vendors_dead_man_ends_a_discharge_by_itself(hub: Hub) -> None:
    async with on_line(hub, "2.0.1", "Vendor-11") as one:
        await able(one, "datatransfer")
        assert (await one.setpoint(-6_900)).status is CommandStatus.CONFIRMED
        assert said(one)["limit"] == 1_400
        await one.step_until(lambda: one.station.evse.power_w < 0)
        for _ in range(121):
            one.step()
        assert one.station.evse.power_w == 1_400


async def test_a_station_that_responds_goes_from_its_setpoint_by_the_frequency(hub: Hub) -> None:
    droop = ((49.8, -5_000.0), (50.2, 5_000.0))
    curve = [{"frequency_hz": hz, "power_w": power_w} for hz, power_w in droop]
    async with on_line(hub, "2.1", "V2X-11") as one:
        await able(one, "ocpp21")
        own = tables.charging_station
        async with hub.engine.begin() as conn:
            mine = own.update().where(own.c.station_id == one.station.spec.station_id)
            values = {"discharge_proven_at": one.now, "frequency_response": curve}
            await conn.execute(mine.values(**values))
        told = await one.setpoint(-2_000, responds=True)
        assert (told.status, told.reason) == (CommandStatus.CONFIRMED, None)
        assert said(one)["operationMode"] == "LocalFrequency"
        for frequency_hz, power_w in ((50.0, -2_000), (49.8, -7_000), (50.2, 3_000)):
            one.station.seen = Surroundings(frequency_hz)
            await one.step_until(
                lambda power_w=power_w: one.station.evse.power_w == pytest.approx(power_w)
            )
        place = await hub.row(tables.evse, one.station.spec.station_id)
        assert (place["setpoint_w"], place["composite_w"]) == (-2_000, -2_000)
        one.samples_each_second()
        await one.row(tables.evse, lambda row: row["power_w"] == pytest.approx(3_000))
        station = await hub.row(own, one.station.spec.station_id)
        assert station["discharge_fault"] is None, "what the curve adds is no lie"
