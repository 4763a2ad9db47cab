from scheduler.adapters.plant import Measured
from scheduler.domain.reading import Sample
from scheduler.domain.site import SolarFarm, WindFarm
from scheduler.services.cycle import generation_max_w
from tests.scheduler.makers import NOON, a_site

SUN = SolarFarm(farm_id="roof", capacity_w=30_000, tilt_deg=10, azimuth_deg=180)
WIND = WindFarm(farm_id="mast", capacity_w=50_000, turbine_type="E48/800", hub_height_m=60)


def test_generation_counts_as_measured_and_at_its_capacity_where_nobody_says() -> None:
    site = a_site(solar=(SUN,), wind=(WIND,))
    silent = Measured(at=NOON)
    heard = Measured(at=NOON, solar=Sample(4_000.0, 1.0), wind=Sample(9_000.0, 60.0))
    assert generation_max_w(site, silent, 10.0) == 80_000
    assert generation_max_w(site, heard, 10.0) == 54_000, "the wind was heard of too long ago"
    assert generation_max_w(a_site(), silent, 10.0) == 0
