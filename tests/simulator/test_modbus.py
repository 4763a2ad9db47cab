"""The plant read back over Modbus TCP: by pysunspec2's client, and register by register."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pymodbus.client import AsyncModbusTcpClient
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

from simulator.modbus import make_server
from simulator.plant import Plant
from simulator.sunspec import CONTROL, StoreUnit, plant_units
from tests.simulator.makers import NOON, depot, ev36zero

pytestmark = pytest.mark.integration


@pytest.fixture
async def plant() -> Plant:
    made = Plant(ev36zero(), 1)
    made.step(NOON, 1.0, 12_000.0)
    return made


@pytest.fixture
async def port(plant: Plant) -> AsyncIterator[int]:
    server = make_server(plant, "127.0.0.1", 0)
    await server.serve_forever(background=True)
    assert server.transport is not None
    yield server.transport.sockets[0].getsockname()[1]
    await server.shutdown()


def scanned(port: int, unit_id: int) -> SunSpecModbusClientDeviceTCP:
    device = SunSpecModbusClientDeviceTCP(slave_id=unit_id, ipaddr="127.0.0.1", ipport=port)
    device.scan()
    return device


async def scan(port: int, unit_id: int) -> SunSpecModbusClientDeviceTCP:
    return await asyncio.to_thread(scanned, port, unit_id)


@pytest.mark.parametrize(
    ("unit_id", "models"),
    [(1, [1, 213]), (41, [1, 213]), (11, [1, 113]), (21, [1, 113]), (31, [1, 113, 704, 713])],
)
async def test_a_sunspec_client_finds_the_models(
    port: int, unit_id: int, models: list[int]
) -> None:
    device = await scan(port, unit_id)
    found = [model.model_id for model in device.model_list]
    await asyncio.to_thread(device.close)
    assert found == models
    assert device.common[0].Mn.value == "V2GHubSim"


async def test_meters_and_inverters_say_what_the_plant_measures(port: int, plant: Plant) -> None:
    sample = plant.latest
    assert sample is not None
    grid, load, wind = [await scan(port, unit_id) for unit_id in (1, 41, 21)]
    solar_w = 0.0
    for unit_id in (11, 12):
        farm = await scan(port, unit_id)
        solar_w += farm.models[113][0].W.value
        await asyncio.to_thread(farm.close)
    for device in (grid, load, wind):
        await asyncio.to_thread(device.close)
    assert grid.models[213][0].W.value == pytest.approx(sample.grid_w, rel=1e-6)
    assert load.models[213][0].W.value == pytest.approx(sample.load_w, rel=1e-6)
    assert wind.models[113][0].W.value == pytest.approx(sample.wind_w, rel=1e-6)
    assert solar_w == pytest.approx(sample.solar_w, rel=1e-6)
    assert load.models[213][0].TotWhImp.value == pytest.approx(plant.load_wh, rel=1e-6)


async def test_a_store_told_to_discharge_does_so_until_its_timer_ends(
    port: int, plant: Plant
) -> None:
    def command() -> SunSpecModbusClientDeviceTCP:
        device = scanned(port, 31)
        control = device.models[704][0]
        control.WSetEna.value, control.WSetMod.value = 1, 1
        control.WSet.cvalue = 250_000  # out of the store
        control.WSetRvrtTms.value = 5
        control.write()
        return device

    device = await asyncio.to_thread(command)
    assert plant.store is not None
    before_pct = plant.store.soc_pct
    powers = [
        plant.step(NOON + timedelta(seconds=second), 1.0, 0.0).store_w for second in range(1, 9)
    ]
    await asyncio.to_thread(device.models[113][0].read)
    await asyncio.to_thread(device.models[713][0].read)
    await asyncio.to_thread(device.models[704][0].read)
    await asyncio.to_thread(device.close)
    assert powers == [-250_000] * 5 + [0.0] * 3
    assert device.models[704][0].WSetRvrtRem.value == 0
    assert device.models[704][0].WSet.cvalue == 0
    assert device.models[713][0].WHRtg.cvalue == 3_000_000
    assert device.models[713][0].SoC.cvalue == pytest.approx(plant.store.soc_pct, abs=0.1)
    assert plant.store.soc_pct < before_pct


async def test_what_is_not_a_setting_cannot_be_written(port: int, plant: Plant) -> None:
    store = next(unit for unit in plant_units(plant) if isinstance(unit, StoreUnit))
    address = store.start_of(CONTROL)
    remaining = address + store.models[CONTROL].points["WSetRvrtRem"].offset
    mode = address + store.models[CONTROL].points["WSetMod"].offset
    client = AsyncModbusTcpClient("127.0.0.1", port=port)
    await client.connect()
    try:
        for unit_id, register in ((31, remaining), (31, 40_000), (1, 40_100), (31, 49_000)):
            answer = await client.write_registers(register, [0, 0], device_id=unit_id)
            assert answer.isError()
        assert (await client.write_registers(mode, [0], device_id=31)).isError()
        read = await client.read_holding_registers(mode, count=1, device_id=31)
        assert read.registers == [1]
        silent = await client.read_holding_registers(40_000, count=2, device_id=99)
        assert silent.isError()
    finally:
        client.close()


def test_a_site_without_devices_has_a_bare_gateway() -> None:
    (unit,) = plant_units(Plant(depot(), 1))
    assert unit.unit_id == 1
    assert unit.registers()[:2] == [0x5375, 0x6E53]
    assert unit.registers()[-2:] == [0xFFFF, 0]
