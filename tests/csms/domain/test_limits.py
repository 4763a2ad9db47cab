"""Limits of a transaction: the tightest counts, each is told once, and what a station cannot keep
is ours to keep."""

from decimal import Decimal

import pytest

from csms.domain.limits import (
    UNLIMITED,
    LimitHeld,
    TransactionLimit,
    due,
    least,
    over,
    reached,
    shared,
)

TEN_KWH = TransactionLimit(max_energy_wh=10_000.0)
FIVE = TransactionLimit(max_cost=Decimal(5))


def test_the_tightest_of_each_kind_counts():
    assert least(TEN_KWH, FIVE, TransactionLimit(max_energy_wh=7_000.0, max_time_s=60)) == (
        TransactionLimit(max_cost=Decimal(5), max_energy_wh=7_000.0, max_time_s=60)
    )
    assert least() == UNLIMITED
    assert over(TEN_KWH, FIVE) == TransactionLimit(max_cost=Decimal(5), max_energy_wh=10_000.0)
    assert TransactionLimit(max_cost=Decimal(0))  # nothing left is a limit


@pytest.mark.parametrize("words", [["maxEnergy", " maxSoC"], ["MAXENERGY"]])
def test_e16_fr12_only_what_the_station_names_is_told(words):
    its, ours = shared(least(TEN_KWH, FIVE), words)
    assert (its, ours) == (TEN_KWH, FIVE)
    assert shared(TEN_KWH, [""]) == (UNLIMITED, TEN_KWH)
    assert shared(TransactionLimit(max_time_s=60), ["maxLength"])[1] == UNLIMITED


@pytest.mark.parametrize(
    ("own_wh", "overrules", "told"),
    [
        (None, False, True),
        (6_000.0, False, False),  # E16.FR.08
        (10_000.0, False, False),
        (12_000.0, False, True),
        (6_000.0, True, True),  # E16.FR.07
        (10_000.0, True, False),
    ],
)
def test_e16_a_limit_is_told_unless_the_station_keeps_to_it(own_wh, overrules, told):
    held = LimitHeld(wanted=TEN_KWH, overrules=overrules)
    own = TransactionLimit(max_energy_wh=own_wh)
    assert due(held, own, "e1") == (TEN_KWH if told else UNLIMITED)


def test_e16_fr02_told_once_and_again_only_to_a_repeat():
    held = LimitHeld(wanted=TEN_KWH, told=TEN_KWH, answered=TEN_KWH, told_with="e1")
    assert due(held, UNLIMITED, "e2") == UNLIMITED
    assert due(held, UNLIMITED, "e1") == TEN_KWH


@pytest.mark.parametrize(
    ("limit", "over_it"),
    [
        (FIVE, True),
        (TransactionLimit(max_cost=Decimal(6)), False),
        (TransactionLimit(max_energy_wh=9_999.0), True),
        (TEN_KWH, True),
        (TransactionLimit(max_time_s=601), False),
        (TransactionLimit(max_time_s=600), True),
        (UNLIMITED, False),
    ],
)
def test_a_limit_is_reached(limit, over_it):
    assert reached(limit, cost=Decimal(5), imported_wh=10_000.0, lasted_s=600.0) is over_it
    assert not reached(FIVE, cost=None, imported_wh=0.0, lasted_s=0.0)  # nobody can say
