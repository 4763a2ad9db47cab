"""Who may be told to discharge, how much, and what the meter makes of it."""

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.discharge import (
    PROBE_W,
    DischargeDialect,
    DischargeModels,
    Verdict,
    judge,
    permitted_w,
)

LISTED = DischargeDialect.NEGATIVE_LIMIT


def test_the_list_that_ships_allows_the_simulated_bidirectional_model_alone() -> None:
    text = (files("csms") / "data" / "discharge_models.toml").read_text(encoding="utf-8")
    models = DischargeModels.parse(tomllib.loads(text)["models"])
    assert models.dialect("V2GHubSim", "Bidirectional-11") is LISTED
    assert models.dialect("V2GHubSim", "AC-11") is DischargeDialect.NONE
    assert models.dialect("Anyone", "Bidirectional-11") is DischargeDialect.NONE


@pytest.mark.parametrize(
    "row", [{"vendor": "a", "model": "b"}, {"vendor": "a", "model": "b", "dialect": "loud"}]
)
def test_a_bad_row_is_an_error(row: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"dialect|loud"):
        DischargeModels.parse([row])


@given(st.floats(-1e6, 1e6), st.sampled_from(DischargeDialect), st.booleans())
def test_nobody_but_negative_limit_discharges_and_nobody_unproven_beyond_the_probe(
    setpoint_w: float, dialect: DischargeDialect, proven: bool
) -> None:
    allowed_w = permitted_w(setpoint_w, dialect, proven=proven)
    if setpoint_w >= 0:
        assert allowed_w == setpoint_w
    elif dialect is not LISTED:
        assert allowed_w == 0
    elif not proven:
        assert -PROBE_W <= allowed_w <= 0
    else:
        assert allowed_w == setpoint_w


@pytest.mark.parametrize(
    ("setpoint_w", "power_w", "exported_wh", "verdict"),
    [
        (-5000, -4900, 80, Verdict.PROVEN),
        (-5000, 9000, 0, Verdict.LIAR),
        (-5000, 9000, 80, Verdict.LIAR),
        (-5000, 0, 0, Verdict.NOTHING_YET),
        (-5000, 20, 0, Verdict.NOTHING_YET),
        (-5000, None, 80, Verdict.PROVEN),
        (7000, 7000, 80, Verdict.NOTHING_YET),
    ],
)
def test_verdict_of_the_meter(
    setpoint_w: float, power_w: float | None, exported_wh: float, verdict: Verdict
) -> None:
    assert judge(setpoint_w, power_w, exported_wh) is verdict
