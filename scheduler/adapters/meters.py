"""Meters and inverters over SunSpec, as one power each.

A meter counts power delivered to the site as positive, as we do; an inverter counts what it gives
as positive, which is our generation magnitude.
"""

from scheduler.adapters.sunspec import DeviceSilent, SunSpecDevice

METER_MODELS = (213, 212, 211, 214, 203, 202, 201, 204)
INVERTER_MODELS = (113, 112, 111, 103, 102, 101, 701)


async def meter_power_w(device: SunSpecDevice) -> float | None:
    """Total real power, + delivered to the site. Raises DeviceSilent."""
    return await _power_w(device, METER_MODELS)


async def inverter_output_w(device: SunSpecDevice) -> float | None:
    """AC power the inverter gives; negative where it takes. Raises DeviceSilent."""
    return await _power_w(device, INVERTER_MODELS)


async def _power_w(device: SunSpecDevice, known_models: tuple[int, ...]) -> float | None:
    await device.open()
    model_id = next((m for m in known_models if m in device.model_ids), None)
    if model_id is None:
        raise DeviceSilent(f"it has none of the models {known_models}")
    return (await device.read(model_id, "W"))["W"]
