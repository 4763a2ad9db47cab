import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.vehicle import Vehicle, possible_energy_wh
from tests.simulator.makers import vehicle_spec

limits = st.lists(st.floats(-12_000, 12_000), min_size=1, max_size=60)


@given(limits=limits, soc_ratio=st.floats(0.1, 1.0), step_s=st.sampled_from([1.0, 10.0, 900.0]))
def test_what_the_battery_gained_is_what_went_through_the_meter(
    limits: list[float], soc_ratio: float, step_s: float
) -> None:
    spec = vehicle_spec()
    vehicle = Vehicle(spec, soc_ratio * spec.capacity_wh)
    gained_wh = 0.0
    for limit_w in limits:
        energy_wh = vehicle.step(limit_w, step_s) * step_s / 3600
        gained_wh += (
            energy_wh * spec.charge_efficiency_ratio
            if energy_wh > 0
            else energy_wh / spec.discharge_efficiency_ratio
        )
        assert min(soc_ratio, spec.reserve_soc_ratio) - 1e-9 <= vehicle.soc_ratio <= 1 + 1e-9
    assert vehicle.energy_wh - soc_ratio * spec.capacity_wh == pytest.approx(gained_wh, abs=1e-3)


@given(limits=limits, soc_ratio=st.floats(0.1, 1.0))
def test_power_never_exceeds_the_limit_nor_turns_its_sign(
    limits: list[float], soc_ratio: float
) -> None:
    vehicle = Vehicle(vehicle_spec(), soc_ratio * 40_000)
    for limit_w in limits:
        power_w = vehicle.step(limit_w, 1.0)
        assert (0 <= power_w <= limit_w) if limit_w >= 0 else (limit_w <= power_w <= 0)


@pytest.mark.parametrize(
    ("soc_ratio", "expected_w"), [(0.5, 11_000), (0.82, 11_000), (0.91, 5_500), (0.995, 1_380)]
)
def test_it_takes_less_the_fuller_it_is(soc_ratio: float, expected_w: float) -> None:
    vehicle = Vehicle(vehicle_spec(), soc_ratio * 40_000)
    assert vehicle.acceptance_w == pytest.approx(expected_w)


def test_below_six_amperes_it_pauses() -> None:
    vehicle = Vehicle(vehicle_spec(), 20_000)
    assert vehicle.step(1_379, 1.0) == 0
    assert vehicle.step(1_400, 1.0) == 1_400


def test_power_rises_by_the_ramp_and_falls_at_once() -> None:
    vehicle = Vehicle(vehicle_spec(ramp_w_per_s=2_000.0), 20_000)
    assert [vehicle.step(11_000, 1.0) for _ in range(3)] == [2_000, 4_000, 6_000]
    assert vehicle.step(3_000, 1.0) == 3_000
    assert [vehicle.step(-5_000, 1.0) for _ in range(3)] == [-2_000, -4_000, -5_000]


def test_a_full_vehicle_stops_until_it_gave_something_back() -> None:
    vehicle = Vehicle(vehicle_spec(), 39_990)
    for _ in range(60):
        vehicle.step(11_000, 1.0)
    assert vehicle.full
    assert vehicle.step(11_000, 1.0) == 0
    while vehicle.soc_ratio > 0.969:
        vehicle.step(-10_000, 60.0)
    assert vehicle.step(11_000, 1.0) > 0


def test_a_charge_only_vehicle_gives_nothing() -> None:
    vehicle = Vehicle(vehicle_spec(max_discharge_w=0.0), 30_000)
    assert vehicle.step(-5_000, 1.0) == 0
    assert vehicle.energy_wh == 30_000


def test_possible_energy_knows_the_taper() -> None:
    spec = vehicle_spec()
    plain_wh = possible_energy_wh(spec, 10_000, 11_000, 3600)
    assert plain_wh == pytest.approx(11_000, rel=0.01)
    assert possible_energy_wh(spec, 36_000, 11_000, 3600) < 0.5 * plain_wh
