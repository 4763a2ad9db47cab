"""Who may be told to discharge, how much, and what the meter makes of it."""

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.discharge import (
    PROBE_W,
    DialectRefusal,
    DischargeDialect,
    DischargeModels,
    Verdict,
    dialect_refusal,
    judge,
    permitted_w,
)

LISTED = DischargeDialect.NEGATIVE_LIMIT


def test_the_list_that_ships_allows_the_simulated_models_alone() -> None:
    text = (files("csms") / "data" / "discharge_models.toml").read_text(encoding="utf-8")
    models = DischargeModels.parse(tomllib.loads(text)["models"])
    assert models.dialect("V2GHubSim", "Bidirectional-11") is LISTED
    assert models.dialect("V2GHubSim", "Vendor-11") is DischargeDialect.DATATRANSFER
    message = models.message("V2GHubSim", "Vendor-11")
    assert message is not None
    assert message.holds_s == 120
    assert models.dialect("V2GHubSim", "AC-11") is DischargeDialect.NONE
    assert models.dialect("Anyone", "Bidirectional-11") is DischargeDialect.NONE


@pytest.mark.parametrize(
    "row",
    [
        {"vendor": "a", "model": "b"},
        {"vendor": "a", "model": "b", "dialect": "loud"},
        {"vendor": "a", "model": "b", "dialect": "datatransfer"},
    ],
)
def test_a_bad_row_is_an_error(row: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"dialect|loud|message"):
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


SAYABLE = {"negative_limit": "2.0.1", "datatransfer": "2.0.1", "ocpp201_v2x": "2.0.1",
           "ocpp21": "2.1", "none": None}  # fmt: skip


@pytest.mark.parametrize("asked", DischargeDialect)
def test_an_operator_may_choose_what_list_or_device_model_vouch_for(
    asked: DischargeDialect,
) -> None:
    def why(
        listed: tuple[DischargeDialect, ...] = (),
        version: str | None = SAYABLE[asked],
        *,
        announced: bool = False,
        fault: bool = False,
    ) -> DialectRefusal | None:
        return dialect_refusal(asked, listed, version, announced=announced, fault=fault)

    assert why((asked,)) is None
    if asked is DischargeDialect.NONE:
        assert why(fault=True) is None
        return
    by_device_model = asked in (DischargeDialect.OCPP21, DischargeDialect.OCPP201_V2X)
    assert (why(announced=True) is None) is by_device_model
    assert why() in (DialectRefusal.NOT_LISTED, DialectRefusal.NOT_ANNOUNCED)
    assert why((asked,), fault=True) is DialectRefusal.FAULT_NOT_REVIEWED
    assert why((asked,), version="0.9") is DialectRefusal.OTHER_VERSION
