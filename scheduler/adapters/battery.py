"""The stationary battery over SunSpec: read its power and charge, set its power with a dead-man.

SunSpec counts power out of a device as positive; here + is charging. Each setpoint carries the
reversion timer (model 704 WSetRvrtTms): if no other follows in time, the store goes to 0 W.
"""

from dataclasses import dataclass

from scheduler.adapters.meters import inverter_output_w
from scheduler.adapters.sunspec import DeviceSilent, SunSpecDevice

CONTROL, CAPACITY, LITHIUM, BASIC_STORAGE = 704, 713, 802, 124
ENABLED, WATTS = 1, 1


@dataclass(frozen=True, slots=True)
class BatteryReading:
    """`power_w` + is charging; None where the store does not say."""

    power_w: float | None
    soc_pct: float | None


class SunSpecBattery:
    """A store with models 113 (or kin), 704, and one of 713, 802, 124 for its state of charge."""

    def __init__(self, device: SunSpecDevice) -> None:
        self._device = device

    async def read(self) -> BatteryReading:
        """Power and state of charge now. Raises DeviceSilent."""
        output_w = await inverter_output_w(self._device)
        return BatteryReading(
            power_w=None if output_w is None else -output_w, soc_pct=await self._soc_pct()
        )

    async def set_power(self, setpoint_w: float, *, reverts_after_s: float) -> None:
        """Charge (+) or discharge (-) at `setpoint_w`, back to 0 W unless told again in time.

        Raises DeviceSilent.
        """
        await self._device.write(
            CONTROL, {"WSetEnaRvrt": ENABLED, "WSetRvrtTms": max(1, round(reverts_after_s))}
        )
        await self._device.write(
            CONTROL, {"WSetEna": ENABLED, "WSetMod": WATTS, "WSet": -setpoint_w, "WSetRvrt": 0}
        )

    def close(self) -> None:
        """Drop the connection."""
        self._device.close()

    async def _soc_pct(self) -> float | None:
        models = self._device.model_ids
        if CAPACITY in models:
            return (await self._device.read(CAPACITY, "SoC"))["SoC"]
        if LITHIUM in models:
            return (await self._device.read(LITHIUM, "SoC"))["SoC"]
        if BASIC_STORAGE in models:
            return (await self._device.read(BASIC_STORAGE, "ChaState"))["ChaState"]
        raise DeviceSilent("it has no model that tells its state of charge")
