"""A site file that cannot be run is refused, with every reason in words."""

from pathlib import Path

import pytest

from scheduler.domain.errors import SiteRefused
from scheduler.domain.site_rules import load_site

EV36ZERO = (Path(__file__).parents[3] / "sites" / "ev36zero.toml").read_text()
DEPOT = (Path(__file__).parents[3] / "sites" / "depot.toml").read_text()


def refusal(text: str) -> str:
    with pytest.raises(SiteRefused) as refused:
        load_site(text)
    return "\n".join(refused.value.problems)


def test_the_example_sites_run() -> None:
    assert load_site(EV36ZERO).site_id == "ev36zero"
    assert len(list(load_site(DEPOT).evses())) == 12


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('parent_id = "fleet"', 'parent_id = "nowhere"', "hangs on `nowhere`, which is not there"),
        ('parent_id = "fleet"', 'parent_id = "v2g-bay"', "hangs on itself"),
        ('circuit_id = "v2g-bay"\nparent', 'circuit_id = "fleet"\nparent', "fleet` is there twice"),
        ('circuit_id = "v2g-bay"\nvendor', 'circuit_id = "bay"\nvendor', "bay`, which is not"),
        ("Europe/London", "Europe/Atlantis", "Time zone `Europe/Atlantis` is unknown"),
        ('prefix = "ev36-ac-"', 'prefix = "ev36-v2g-"', "Station `ev36-v2g-01` is there twice"),
        ("unit_id = 12", "unit_id = 11", "share Modbus address 127.0.0.1:5020 unit 11"),
        ("unit_id = 12", "unit_id = 0", "unit_id must be 1 to 247"),
        ("min_soc_pct = 10", "min_soc_pct = 96", "must be below max_soc_pct 95"),
        ("max_w = 19_500_000", "max_w = 19_000_000", "a profile reaches 19420000 W"),
        ("shortfall_gbp_per_kwh = 5.0", "shortfall_gbp_per_kwh = 0.1", "above every import price"),
        ("[tariff]", "[tariff]\ncarbon_gbp_per_t = 90.0", "needs tariff.carbon_g_per_kwh"),
        ("[tariff]", "[tariff]\ncarbon_g_per_kwh = [100.0]", "carbon_g_per_kwh has 1 values"),
        ("[tariff]", "[tariff]\ndemand_charge_gbp_per_kw = 2.0", "of one slot (8.42)"),
        ("[control]", "[control]\nslot_s = 700", "control.slot_s is 700"),
        ("lease_s = 600", "lease_s = 20", "lease_s must be at least 60"),
        ("margin_w = 60_000", "margin_w = 20_000_000", "leaves nothing of import_limit_w"),
        ("latitude_deg = 54.92", "latitude_deg = 154.92", "latitude_deg must lie within"),
        ("[control]", "[dispatch]\nramp_w_per_s = 1000.0\n[control]", "begins with 1380 W"),
        ("[control]", "[dispatch]\nrandom_delay_s = 1801\n[control]", "dispatch.random_delay_s"),
        ("[control]", "[dispatch]\nreversals_per_h = 1\n[control]", "dispatch.reversals_per_h"),
        ("lease_s = 600", "lease_s = inf", "`inf` stands for no number"),
        ("shortfall_gbp_per_kwh = 5.0", "shortfall_gbp_per_kwh = nan", "`nan` stands for no"),
    ],
)  # fmt: skip
def test_each_broken_rule_is_named(before: str, after: str, said: str) -> None:
    assert before in EV36ZERO
    assert said in refusal(EV36ZERO.replace(before, after, 1))


def test_floors_and_the_largest_load_must_fit_and_the_refusal_says_by_how_much() -> None:
    """60 EVSEs at 2 kW and 19.5 MW against 19.65 MW less 60 kW: 30 kW too much."""
    said = refusal(EV36ZERO.replace("floor_w = 1400", "floor_w = 2000"))
    assert "exceed the import limit less its margin by 30000 W" in said
    assert "circuit" not in said.split("lower control.floor_w")[0]


def test_floors_must_fit_their_circuit() -> None:
    said = refusal(DEPOT.replace("limit_w = 40_000", "limit_w = 10_000"))
    assert "circuit `yard` (16800 W) exceed its limit by 6800 W" in said


def test_what_does_not_fit_the_form_is_told_with_its_path_all_at_once() -> None:
    text = (
        EV36ZERO.replace("limit_w = 180_000", 'limit_w = "much"')
        .replace("count = 12", "count = 0", 1)
        .replace("import_limit_w", "import_limt_w")
        .replace('name = "EV36Zero', 'colour = "red"\nname = "EV36Zero')
    )
    said = refusal(text)
    assert "`colour` is not a key of a site file" in said
    assert "`circuits[0].limit_w`: expected `float`, got `str`" in said
    assert "`stations[0].count`: expected `int` >= 1" in said
    assert "`grid_connection`: object" in said


FLEXIBLE = """
[[flexible_loads]]
load_id = "oven"
energy_wh = 10_000
max_w = 5_000
opens = "22:00"
closes = "06:00"
circuit_id = "yard"
"""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"yard"\n', '"nowhere"\n', "`oven` hangs on circuit `nowhere`, which is not there"),
        ("energy_wh = 10_000", "energy_wh = 50_000", "do not fit between 22:00 and 06:00"),
        ("max_w = 5_000", "max_w = 5_000\nmin_w = 6_000", "min_w 6000 is above max_w 5000"),
        ("max_w = 5_000", "max_w = 900_000", "above what its circuit or connection carries"),
        ("max_w = 5_000", "max_w = 0", "flexible_loads[0].max_w"),
        ('"22:00"', '"22:10"', "flexible_loads[0].opens"),
        ('"22:00"', '"24:00"', "flexible_loads[0].opens"),
        (FLEXIBLE, FLEXIBLE + FLEXIBLE, "`oven` is there twice"),
    ],
)
def test_a_flexible_load_must_fit_its_window_and_its_place(
    before: str, after: str, said: str
) -> None:
    assert load_site(DEPOT + FLEXIBLE).flexible_loads[0].load_id == "oven"
    assert said in refusal(DEPOT + FLEXIBLE.replace(before, after, 1))


def test_a_batch_that_nobody_could_stop_must_fit_beside_floors_and_load() -> None:
    batch = FLEXIBLE.replace('circuit_id = "yard"\n', "interruptible = false\n")
    assert load_site(DEPOT + batch.replace("5_000", "10_000")).flexible_loads
    assert "install fewer stations" in refusal(DEPOT + batch.replace("5_000", "40_000"))


def test_what_is_missing_is_named() -> None:
    assert "`tariff` is missing: add it." in refusal('site_id = "x"')


def test_what_is_no_toml_is_said_with_its_line() -> None:
    assert "not valid TOML" in refusal('site_id = "x"\nname = ')


def depot_with(circuit: str, station: str) -> str:
    """The depot, with more said about its yard and its stations."""
    text = DEPOT.replace('circuit_id = "yard"\nlimit', f'circuit_id = "yard"\n{circuit}\nlimit')
    return f"{text}\n{station}\n"


@pytest.mark.parametrize(
    ("station", "lines"),
    [
        ("phases = 1", [None] * 4),
        ('phases = "L2"', ["L2"] * 4),
        ('phases = ["L1", "L2", "L3"]', ["L1", "L2", "L3", "L1"]),
    ],
    ids=["not known which", "named", "in turn"],
)
def test_stations_say_how_many_phases_they_use_or_which(
    station: str, lines: list[str | None]
) -> None:
    evses = list(load_site(depot_with("", station)).evses())[:4]
    assert [evse.lines for evse in evses] == lines
    assert {evse.phases for evse in evses} == {1}


def test_a_phase_that_does_not_exist_is_refused() -> None:
    assert "stations[0].phases" in refusal(depot_with("", 'phases = "L4"'))


def test_floors_must_fit_each_line() -> None:
    """Twelve floors of 1.4 kW: all on L1 they are 73 A, in turn 24."""
    circuit, narrow = "limit_a_per_phase = 60", "limit_a_per_phase = 24"
    in_turn, unknown = 'phases = ["L1", "L2", "L3"]', "phases = 1"
    assert load_site(depot_with(circuit, in_turn)).circuits[0].limit_a_per_phase == 60
    for station in ('phases = "L1"', unknown):
        said = refusal(depot_with(circuit, station))
        assert "circuit `yard L1` (16800 W) exceed its limit by 3000 W" in said
    assert "circuit `yard L3` (5600 W) exceed its limit by 80 W" in refusal(
        depot_with(narrow, in_turn)
    )


def test_amperes_are_counted_at_the_lowest_volts() -> None:
    said = refusal(depot_with("limit_a_per_phase = 100", "voltage_v = 220"))
    assert "run on 220 V, below the 230 V at which circuit `yard` counts" in said
