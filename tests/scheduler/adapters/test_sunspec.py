import math

import pytest

from scheduler.adapters.battery import SunSpecBattery
from scheduler.adapters.meters import inverter_output_w, meter_power_w
from scheduler.adapters.sunspec import DeviceSilent, SunSpecDevice
from scheduler.domain.site import ModbusDevice
from tests.scheduler.sunspec_plant import Unit, served


def device(port: int, unit_id: int = 1, timeout_s: float = 10.0) -> SunSpecDevice:
    return SunSpecDevice(
        ModbusDevice(host="127.0.0.1", port=port, unit_id=unit_id), timeout_s=timeout_s
    )


@pytest.mark.parametrize("import_w", [1_234_567.0, -250_000.0, 0.0])
async def test_a_float_meter_counts_import_as_positive(import_w: float) -> None:
    async with served(Unit(1).with_model(1).with_model(213, W=import_w)) as port:
        meter = device(port)
        assert await meter_power_w(meter) == pytest.approx(import_w)
        meter.close()


async def test_an_integer_meter_is_scaled() -> None:
    async with served(Unit(1).with_model(1).with_model(203, W_SF=2, W=-512_300)) as port:
        meter = device(port)
        assert await meter_power_w(meter) == -512_300
        meter.close()


async def test_an_inverter_behind_other_models_is_found() -> None:
    unit = Unit(7).with_model(1).with_model(713, Pct_SF=0).with_model(103, W_SF=1, W=40_560)
    async with served(unit) as port:
        inverter = device(port, unit_id=7)
        assert await inverter_output_w(inverter) == 40_560
        inverter.close()


@pytest.mark.parametrize("model_id", [213, 203])
async def test_a_point_that_is_not_implemented_is_none(model_id: int) -> None:
    async with served(Unit(1).with_model(1).with_model(model_id)) as port:
        meter = device(port)
        assert await meter_power_w(meter) is None
        meter.close()


async def test_not_a_number_is_none() -> None:
    async with served(Unit(1).with_model(1).with_model(213, W=math.inf)) as port:
        meter = device(port)
        assert await meter_power_w(meter) is None
        meter.close()


def store() -> Unit:
    return (
        Unit(31)
        .with_model(1)
        .with_model(113, W=200_000)
        .with_model(704, WSet_SF=1)
        .with_model(713, Pct_SF=-1, WH_SF=3, WHRtg=3_000_000, SoC=55.5)
    )


async def test_a_store_that_gives_power_reads_as_negative() -> None:
    async with served(store()) as port:
        battery = SunSpecBattery(device(port, unit_id=31))
        reading = await battery.read()
        assert reading.power_w == -200_000
        assert reading.soc_pct == pytest.approx(55.5)
        battery.close()


@pytest.mark.parametrize("setpoint_w", [640_000.0, -1_000_000.0, 0.0])
async def test_a_setpoint_goes_out_in_the_devices_sign_with_its_dead_man(
    setpoint_w: float,
) -> None:
    unit = store()
    async with served(unit) as port:
        battery = SunSpecBattery(device(port, unit_id=31))
        await battery.set_power(setpoint_w, reverts_after_s=30)
        assert unit.value(704, "WSet") == -setpoint_w
        assert unit.value(704, "WSetEna") == 1
        assert unit.value(704, "WSetMod") == 1
        assert (unit.value(704, "WSetRvrt"), unit.value(704, "WSetRvrtTms")) == (0, 30)
        battery.close()


async def test_a_device_that_is_not_there_is_silent_before_its_time_is_out() -> None:
    async with served(Unit(1).with_model(1).with_model(213, W=1)) as port:
        pass
    meter = device(port, timeout_s=math.inf)
    with pytest.raises(DeviceSilent, match="Connection"):
        await meter_power_w(meter)
    meter.close()


async def test_a_slow_device_is_silent_after_the_time_out_and_heard_again_when_it_recovers() -> (
    None
):
    unit = Unit(1).with_model(1).with_model(213, W=5_000)
    async with served(unit) as port:
        meter = device(port, timeout_s=2.0)
        assert await meter_power_w(meter) == 5_000
        unit.delay_s = 60.0
        with pytest.raises(DeviceSilent):
            await meter_power_w(meter)
        unit.delay_s = 0.0
        unit.put(213, "W", 6_000)
        assert await meter_power_w(meter) == 6_000
        meter.close()


async def test_it_reconnects_to_a_gateway_that_was_restarted() -> None:
    unit = Unit(1).with_model(1).with_model(213, W=5_000)
    meter: SunSpecDevice | None = None
    async with served(unit) as port:
        meter = device(port, timeout_s=2.0)
        assert await meter_power_w(meter) == 5_000
    with pytest.raises(DeviceSilent):
        await meter_power_w(meter)
    async with served(unit, port=port):
        assert await meter_power_w(meter) == 5_000
        meter.close()


async def test_an_error_answer_is_silence_and_not_a_value() -> None:
    unit = Unit(1).with_model(1).with_model(213, W=5_000)
    async with served(unit) as port:
        meter = device(port)
        assert await meter_power_w(meter) == 5_000
        unit.broken = True
        with pytest.raises(DeviceSilent):
            await meter_power_w(meter)
        meter.close()


async def test_a_modbus_device_without_the_sunspec_mark_is_refused() -> None:
    class Plain(Unit):
        def registers(self) -> list[int]:
            return [0] * 100

    async with served(Plain(1)) as port:
        meter = device(port)
        with pytest.raises(DeviceSilent, match="SunS"):
            await meter_power_w(meter)
        meter.close()
