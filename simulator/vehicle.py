"""Vehicle: a battery behind an EVSE meter, in steps of given length. No clock, no network.

Power is at the EVSE meter, + into the vehicle. What a step returns is the average power over that
step, so that a register that adds power x time agrees with the battery to the last watt-hour.
"""

from dataclasses import dataclass

SECONDS_PER_HOUR = 3600.0
RESUME_SOC_RATIO = 0.97


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleSpec:
    """What a vehicle can do. `max_discharge_w` 0: it cannot give power back. Below
    `min_charge_w` (6 A) it pauses; above `taper_soc_ratio` it takes less and less."""

    vehicle_id: str
    id_token: str
    capacity_wh: float
    max_charge_w: float
    max_discharge_w: float = 0.0
    min_charge_w: float = 1380.0
    reserve_soc_ratio: float = 0.10
    taper_soc_ratio: float = 0.82
    charge_efficiency_ratio: float = 0.92
    discharge_efficiency_ratio: float = 0.92
    ramp_w_per_s: float = 2_000.0


@dataclass(slots=True)
class Vehicle:
    """A vehicle's battery now. `power_w` is the power of the last step."""

    spec: VehicleSpec
    energy_wh: float
    power_w: float = 0.0
    full: bool = False

    @property
    def soc_ratio(self) -> float:
        """State of charge, 0 to 1."""
        return self.energy_wh / self.spec.capacity_wh

    @property
    def acceptance_w(self) -> float:
        """The most the battery takes at its present state of charge."""
        spec = self.spec
        if self.full:
            return 0.0
        room_ratio = (1.0 - self.soc_ratio) / (1.0 - spec.taper_soc_ratio)
        return min(spec.max_charge_w, max(spec.min_charge_w, spec.max_charge_w * room_ratio))

    def step(self, limit_w: float, step_s: float) -> float:
        """Follow an EVSE that offers `limit_w` (negative: asks for power) for `step_s`. In W."""
        wanted_w = self._wanted_w(limit_w)
        if wanted_w > 0:
            power_w = self._charge_w(min(wanted_w, self._ramped_w(wanted_w, step_s)), step_s)
        elif wanted_w < 0:
            power_w = -self._discharge_w(min(-wanted_w, self._ramped_w(wanted_w, step_s)), step_s)
        else:
            power_w = 0.0
        self.power_w = power_w
        return power_w

    def _wanted_w(self, limit_w: float) -> float:
        spec = self.spec
        if limit_w < 0:
            return max(limit_w, -spec.max_discharge_w)
        if limit_w < spec.min_charge_w:
            return 0.0
        return min(limit_w, self.acceptance_w)

    def _ramped_w(self, wanted_w: float, step_s: float) -> float:
        """Magnitude after one step: it may fall at once, and rises by the ramp."""
        same_way_w = abs(self.power_w) if self.power_w * wanted_w > 0 else 0.0
        return same_way_w + self.spec.ramp_w_per_s * step_s

    def _charge_w(self, power_w: float, step_s: float) -> float:
        room_wh = self.spec.capacity_wh - self.energy_wh
        hours = step_s / SECONDS_PER_HOUR
        efficiency_ratio = self.spec.charge_efficiency_ratio
        if power_w * hours * efficiency_ratio >= room_wh:
            power_w = max(0.0, room_wh / hours / efficiency_ratio)
            self.energy_wh = self.spec.capacity_wh
            self.full = True
            return power_w
        self.energy_wh += power_w * hours * efficiency_ratio
        return power_w

    def _discharge_w(self, power_w: float, step_s: float) -> float:
        stock_wh = self.energy_wh - self.spec.reserve_soc_ratio * self.spec.capacity_wh
        hours = step_s / SECONDS_PER_HOUR
        efficiency_ratio = self.spec.discharge_efficiency_ratio
        power_w = min(power_w, max(0.0, stock_wh) / hours * efficiency_ratio)
        self.energy_wh -= power_w * hours / efficiency_ratio
        self.full = self.full and self.soc_ratio > RESUME_SOC_RATIO
        return power_w


def possible_energy_wh(
    spec: VehicleSpec, energy_wh: float, limit_w: float, stay_s: float, step_s: float = 60.0
) -> float:
    """Energy (Wh at the EVSE meter) that `spec` takes in `stay_s` if it always gets `limit_w`."""
    vehicle = Vehicle(spec, energy_wh)
    steps = int(stay_s // step_s)
    return sum(vehicle.step(limit_w, step_s) for _ in range(steps)) * step_s / SECONDS_PER_HOUR
