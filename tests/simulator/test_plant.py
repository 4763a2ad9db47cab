from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.plant import Plant, Store, day_series
from simulator.site import StoreSpec
from tests.simulator.makers import NOON, bare_site, depot, ev36zero

SITE = ev36zero()
DEMO_DAY = date(2026, 3, 24)
SPEC = StoreSpec(
    store_id="store",
    capacity_wh=3_000_000,
    max_charge_w=1_000_000,
    max_discharge_w=1_000_000,
    charge_efficiency_ratio=0.94,
    discharge_efficiency_ratio=0.94,
)


def test_the_grid_meter_sees_the_sum_of_everything() -> None:
    plant = Plant(SITE, 1)
    assert plant.store is not None
    plant.store.command(400_000)
    for second in range(1, 11):
        sample = plant.step(NOON + timedelta(seconds=second), 1.0, 55_000.0)
        balance_w = sample.load_w - sample.solar_w - sample.wind_w + sample.store_w + 55_000
        assert sample.grid_w == pytest.approx(balance_w)
        assert sample.store_w == 400_000
        assert sample.at == NOON + timedelta(seconds=second)


def test_energy_counters_add_up_import_and_export_apart() -> None:
    plant = Plant(SITE, 1)
    net_wh = sum(
        plant.step(NOON + timedelta(seconds=second), 1.0, fleet_w).grid_w / 3600
        for second, fleet_w in enumerate([0.0, 9e6, 0.0, 9e6] * 5)
    )
    assert plant.imported_wh - plant.exported_wh == pytest.approx(net_wh)
    assert plant.imported_wh > 0
    assert plant.exported_wh > 0


@given(
    setpoints=st.lists(st.floats(-2e6, 2e6), min_size=1, max_size=30),
    soc_ratio=st.floats(0.1, 0.95),
)
def test_the_store_keeps_its_bounds_and_its_books(setpoints: list[float], soc_ratio: float) -> None:
    store = Store(SPEC, soc_ratio * SPEC.capacity_wh)
    gained_wh = 0.0
    for setpoint_w in setpoints:
        store.command(setpoint_w)
        power_w = store.step(900.0)
        assert abs(power_w) <= 1_000_000
        gained_wh += power_w / 4 * (0.94 if power_w > 0 else 1 / 0.94)
        assert 10 - 1e-6 <= store.soc_pct <= 95 + 1e-6
    assert store.energy_wh - soc_ratio * SPEC.capacity_wh == pytest.approx(gained_wh, abs=1.0)


def test_a_store_that_is_not_told_again_stops() -> None:
    store = Store(SPEC, 1_500_000)
    store.command(-500_000, hold_s=3.0)
    assert [store.step(1.0) for _ in range(5)] == [-500_000] * 3 + [0.0] * 2


@pytest.mark.parametrize("site", [ev36zero(), depot()], ids=lambda site: site.site_id)
def test_the_load_follows_its_profile_and_never_exceeds_its_largest(site: object) -> None:
    assert isinstance(site, type(SITE))
    series = day_series(site, 1, DEMO_DAY)
    assert series.load_w.max() <= site.load.max_w
    for hour in (3, 11, 18):
        around = series.load_w[hour * 3600 + 600 : hour * 3600 + 1200].mean()
        assert around == pytest.approx(site.load.profile_w[2 * hour], rel=0.05)


def test_a_free_day_has_its_own_profile_and_local_time_counts() -> None:
    saturday, summer = (day_series(SITE, 1, day).load_w for day in
                        (date(2026, 3, 28), date(2026, 6, 24)))  # fmt: skip
    assert saturday[9 * 3600] < 11e6
    half_past_six_utc = summer[6 * 3600 + 1800 + 900]
    local = datetime(2026, 6, 24, 6, 45, tzinfo=ZoneInfo("UTC")).astimezone(SITE.zone)
    assert local.hour == 7
    assert half_past_six_utc == pytest.approx(SITE.load.profile_w[15], rel=0.03)


def test_the_demo_day_has_a_surplus_at_midday_and_a_tight_evening() -> None:
    series = day_series(SITE, 1, DEMO_DAY)
    rest_w = series.load_w - np.sum(list(series.generation_w.values()), axis=0)
    assert (rest_w[10 * 3600 : 15 * 3600] < 0).sum() >= 2 * 3600
    grid = SITE.grid_connection
    assert grid.meter is not None
    evening = rest_w[18 * 3600 : 20 * 3600]
    assert evening.max() + 84_000 + 60_000 <= grid.import_limit_w
    assert evening.max() + 180_000 + 60_000 > grid.import_limit_w


def test_a_site_without_store_or_farms_is_a_load() -> None:
    sample = Plant(bare_site(), 1).step(NOON, 1.0, 100.0)
    assert sample.grid_w == sample.load_w + 100
    assert sample.store_soc_pct is None
