"""Dwell: no turn from charging to giving, or back, before the vehicle may turn."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from scheduler.domain.dispatch import Dispatch
from scheduler.planning.check import violations
from scheduler.planning.make import make_plan
from scheduler.planning.pose import problem_of
from scheduler.planning.problem import PlanningInput
from scheduler.planning.turns import too_soon, turned
from tests.scheduler.makers import a_demand, a_site, an_input
from tests.scheduler.planning.test_random_sites import assert_sound, inputs

ENGINES = pytest.mark.parametrize("large_fleet", [300, 0], ids=["direct", "decomposed"])
PEAKS = [0.1, 0.1, 0.5, 0.1, 0.1, 0.5, 0.1, 0.1] + [0.3] * 8


def to_and_fro(dwell_s: float, **fields: Any) -> PlanningInput:
    """Prices at which a vehicle would charge half an hour and give a quarter, again and again."""
    site = a_site(dispatch=Dispatch(dwell_s=dwell_s))
    giver = a_demand(energy_wh=30_000.0, max_discharge_w=10_000.0, **fields)
    return an_input(giver, site=site, import_gbp_per_kwh=PEAKS, load_w=40_000.0)


@ENGINES
@pytest.mark.parametrize(("dwell_s", "least_slots"), [(60.0, 1), (2_700.0, 3), (3_600.0, 4)])
def test_a_plan_turns_no_sooner_than_the_controller_lets_it(
    large_fleet: int, dwell_s: float, least_slots: int
) -> None:
    given_ = to_and_fro(dwell_s)
    plan = make_plan(given_, large_fleet=large_fleet)
    assert violations(given_, plan) == []
    directions = np.sign(plan.evses[0].setpoint_w)
    assert directions.min() == -1, "it gives at some time"
    moves = np.nonzero(directions)[0]
    turns = [0, *(np.nonzero(np.diff(directions[moves]))[0] + 1).tolist()]
    assert np.diff(moves[turns]).min() >= least_slots


def test_with_no_dwell_it_turns_at_once() -> None:
    directions = np.sign(make_plan(to_and_fro(0.0)).evses[0].setpoint_w)
    assert directions[1:4].tolist() == [1, -1, 1]


def test_what_the_connection_leans_on_is_given_and_not_charged_before() -> None:
    problem = problem_of(to_and_fro(1_800.0))
    row_w = np.array([5_000.0, -8_000.0, 5_000.0] + [0.0] * 13)
    assert too_soon(problem, np.array([row_w])).tolist() == [0]
    rests = turned(problem, row_w, rise_w=np.full(16, 10_000.0))
    assert rests[:3].tolist() == [5_000, 0, 5_000]
    leans = turned(problem, row_w, rise_w=np.full(16, 1_000.0))
    assert leans[:3].tolist() == [0, -8_000, 0]


def test_in_whole_steps_it_rests_in_whole_steps() -> None:
    given_ = to_and_fro(2_700.0, step_w=690.0, min_charge_w=1_380.0)
    assert violations(given_, make_plan(given_)) == []


@settings(max_examples=25)
@given(inputs(), st.sampled_from([60.0, 1_000.0, 3_600.0]), st.sampled_from([300, 0]))
def test_whatever_the_site_the_plan_is_valid(
    given_: PlanningInput, dwell_s: float, large_fleet: int
) -> None:
    site = changed(given_.site, dispatch=Dispatch(dwell_s=dwell_s))
    given_ = replace(given_, site=site)
    assert_sound(given_, make_plan(given_, large_fleet=large_fleet))
