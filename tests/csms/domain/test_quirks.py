"""Quirks: the layers over the standard, and what may be guessed from a refusal."""

from typing import Any

import pytest

from csms.domain.charging_profile import Kind, RateUnit
from csms.domain.quirks import (
    NAMES,
    STANDARD,
    Pausing,
    Quirks,
    QuirkTable,
    checked,
    effective,
    guesses,
)
from csms.domain.station import StationAbilities, rate_unit
from csms.quirkfile import quirk_table

TABLE = QuirkTable.parse(
    [
        {"vendor": "Acme", "rate_units": ["A"], "pausing": "low_limit"},
        {"vendor": "Acme", "model": "Two-*", "firmware": "1.*", "kinds": ["Relative"]},
        {"vendor": "Acme", "model": "Two-*", "firmware": "2.*", "pausing": "zero"},
    ]
)


@pytest.mark.parametrize(
    ("vendor", "model", "firmware", "expected"),
    [
        ("Other", "One", "1.0", {}),
        (None, None, None, {}),
        ("Acme", "One", None, {"rate_units": ["A"], "pausing": "low_limit"}),
        (
            "Acme",
            "Two-11",
            "1.7",
            {"rate_units": ["A"], "pausing": "low_limit", "kinds": ["Relative"]},
        ),
        ("Acme", "Two-11", "2.0", {"rate_units": ["A"], "pausing": "zero"}),
    ],
)
def test_all_rows_that_match_hold_the_later_over_the_earlier(
    vendor: str | None, model: str | None, firmware: str | None, expected: dict[str, Any]
) -> None:
    assert TABLE.of(vendor, model, firmware, "2.0.1") == expected


def test_a_row_may_be_about_one_version_of_ocpp() -> None:
    table = QuirkTable.parse([{"vendor": "A*", "ocpp_version": "2.0.1", "smart_charging": False}])
    assert table.of("Acme", "One", None, "2.0.1") == {"smart_charging": False}
    assert table.of("Acme", "One", None, "1.6") == table.of("Acme", "One", None, None) == {}


def test_the_simulator_that_was_recorded_takes_profiles_over_1_6_alone() -> None:
    recorded = ("MicroOcpp", "MicroOcpp Simulator", None)
    assert effective(quirk_table().of(*recorded, "1.6")).smart_charging
    assert not effective(quirk_table().of(*recorded, "2.0.1")).smart_charging


def test_an_operator_stands_over_what_was_learned_and_that_over_the_model() -> None:
    model, learned = {"rate_units": ["A"], "pausing": "stop"}, {"rate_units": ["W"]}
    assert effective(model, learned, {"pausing": "zero"}) == Quirks(
        rate_units=(RateUnit.W,), pausing=Pausing.ZERO
    )
    assert effective() == STANDARD


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("colour", "red"),
        ("rate_units", []),
        ("rate_units", ["kW"]),
        ("pausing", "sometimes"),
        ("change_interval_s", -1),
        ("valid_to_honoured", "yes"),
    ],
)
def test_what_is_no_quirk_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        checked(name, value)
    with pytest.raises(ValueError, match=name):
        QuirkTable.parse([{"vendor": "Acme", name: value}])


def test_a_refused_lease_lets_guess_unit_pause_and_kind_in_this_order() -> None:
    assert list(guesses(STANDARD, RateUnit.W, pauses=True)) == [
        ("rate_units", (RateUnit.A,)),
        ("pausing", Pausing.LOW_LIMIT),
        ("kinds", (Kind.RELATIVE,)),
    ]
    known = Quirks(rate_units=(RateUnit.A,), kinds=(Kind.RELATIVE,))
    assert not list(guesses(known, RateUnit.A, pauses=False))


def test_a_refused_unit_stands_over_what_the_device_model_says() -> None:
    only_a = Quirks(rate_units=(RateUnit.A,))
    assert rate_unit("W", only_a) is RateUnit.A
    assert rate_unit("A,W", STANDARD) is RateUnit.W
    assert StationAbilities().with_quirk("rate_units", ["A"]).rate_unit is RateUnit.A


def test_the_file_that_is_shipped_can_be_read() -> None:
    assert all(set(row.values) <= set(NAMES) for row in quirk_table().rows)
