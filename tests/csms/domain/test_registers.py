"""EnergyRegister: energy within segments, never across them, whatever the order of the samples."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise, permutations
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain import registers
from csms.domain.meter import ReadingContext
from csms.domain.registers import NO_SAMPLES, EnergyRegister, RegisterFlag, RegisterSample

T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
PERIODIC = ReadingContext.SAMPLE_PERIODIC
BEGIN = ReadingContext.TRANSACTION_BEGIN
END = ReadingContext.TRANSACTION_END


def read(samples: list[tuple[int, float]]) -> EnergyRegister:
    register = NO_SAMPLES
    for minute, value_wh in samples:
        register = register.read([sample(minute, value_wh)])
    return register


def sample(minute: int, value_wh: float, context: ReadingContext = PERIODIC) -> RegisterSample:
    return RegisterSample.of(T0 + timedelta(minutes=minute), context, value_wh)


@pytest.mark.parametrize(
    ("samples", "energy_wh", "flags"),
    [
        ([], 0, set()),
        ([(0, 500)], 0, set()),
        ([(0, 500), (1, 600), (2, 750)], 250, set()),
        ([(0, 500), (1, 500), (2, 500)], 0, set()),
        # a rollover, reset or meter swap opens a new segment
        ([(0, 900), (1, 999), (2, 5), (3, 105)], 199, {RegisterFlag.RESET}),
        ([(0, 900), (1, 1000), (2, 0)], 100, {RegisterFlag.RESET}),
        # one sample off the line is dropped
        ([(0, 1000), (1, 0), (2, 1060)], 60, {RegisterFlag.RESET}),
        ([(0, 100), (1, 150_100), (2, 160)], 60, {RegisterFlag.JUMP}),
        # a begin of 0 before the true register: the jump is not energy
        ([(0, 0), (1, 910_000), (2, 910_083)], 83, {RegisterFlag.JUMP}),
        # swapped for a meter that has counted more
        ([(0, 10), (1, 70), (2, 900_000), (3, 900_060)], 120, {RegisterFlag.JUMP}),
        # 350 kW for a minute is a fast charger, not a fault
        ([(0, 0), (1, 5_833)], 5_833, set()),
        ([(0, 0), (1, 8_000)], 0, {RegisterFlag.JUMP}),
    ],
)
def test_energy_of_samples(
    samples: list[tuple[int, float]], energy_wh: float, flags: set[RegisterFlag]
) -> None:
    register = read(samples)
    assert register.energy_wh == pytest.approx(energy_wh)
    assert register.flags == flags


def test_every_order_gives_the_same_register() -> None:
    samples = [(0, 900.0), (1, 999.0), (2, 5.0), (3, 105.0), (4, 104.0), (5, 205.0)]
    expected = read(samples)
    for order in permutations(samples):
        assert read(list(order)) == expected


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from([0.0, 5.0, 60.0, 900.0])), max_size=12),
    st.lists(st.integers(0, 12), max_size=3),
)
def test_what_comes_at_once_counts_as_if_it_came_one_by_one(
    samples: list[tuple[int, float]], cuts: list[int]
) -> None:
    register = NO_SAMPLES
    for start, end in pairwise((0, *sorted(cuts), 12)):
        register = register.read([sample(*one) for one in samples[start:end]])
    assert register == read(samples)


def test_a_day_of_samples_between_those_that_are_known_is_counted_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps = 0

    def counted(earlier: RegisterSample, later: RegisterSample) -> RegisterFlag | None:
        nonlocal steps
        steps += 1
        return breach(earlier, later)

    known = NO_SAMPLES.read([sample(2 * minute, 200.0 * minute) for minute in range(720)])
    breach = registers._breach
    monkeypatch.setattr(registers, "_breach", counted)
    whole = known.read([sample(2 * minute + 1, 200.0 * minute + 100) for minute in range(720)])
    assert whole.energy_wh == pytest.approx(143_900)
    assert steps < 2 * len(whole.samples)


@pytest.mark.parametrize("at_once", [1, 10, 40])
def test_late_samples_count_anew_only_what_follows_them(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    steps = 0

    def counted(earlier: RegisterSample, later: RegisterSample) -> RegisterFlag | None:
        nonlocal steps
        steps += 1
        return breach(earlier, later)

    minutes = range(10_000)
    late = {10_000 - 200 + one for one in range(at_once)}
    known = read([(minute, 10.0 * minute) for minute in minutes if minute not in late])
    breach = registers._breach
    monkeypatch.setattr(registers, "_breach", counted)
    whole = known.read([sample(minute, 10.0 * minute) for minute in late])
    assert whole.energy_wh == pytest.approx(99_990)
    assert 200 <= steps < 200 + at_once + 2 * registers.MARKED_EVERY
    assert whole == read([(minute, 10.0 * minute) for minute in minutes])


@given(st.permutations(range(9)), st.integers(1, 4), st.integers(1, 4))
def test_marks_change_no_register(order: list[int], every: int, few: int) -> None:
    told = [(0, 900.0), (1, 999.0), (2, 5.0), (3, 105.0), (4, 104.0), (5, 205.0), (6, 9e6),
            (7, 206.0), (8, 300.0)]  # fmt: skip
    expected = read(told)
    with patch.multiple(registers, MARKED_EVERY=every, FEW=few):
        marked = read([told[one] for one in order])
        assert marked == read(told), "marks, too, are of the samples and not of their order"
        pairs = [told[one] for one in order]
        by_pairs = NO_SAMPLES
        for one in range(0, len(pairs), 2):
            by_pairs = by_pairs.read([sample(*each) for each in pairs[one : one + 2]])
        assert by_pairs == marked
    assert (marked.energy_wh, marked.flags, marked.steepest_w) == (
        expected.energy_wh,
        expected.flags,
        expected.steepest_w,
    )


def test_a_known_sample_changes_nothing() -> None:
    register = read([(0, 1), (1, 2)])
    assert register.read([sample(0, 1.0)]) is register


def test_begin_and_end_are_picked_by_context_before_time() -> None:
    register = (
        NO_SAMPLES.read([sample(2, 300, END)]).read([sample(2, 290)]).read([sample(2, 200, BEGIN)])
    )
    assert register.energy_wh == 100
    assert not register.flags


@pytest.mark.parametrize(
    ("samples", "energy_wh", "flags"),
    [
        # kWh labelled Wh twice, and then the truth: nothing confirmed the two, so they are dropped
        ([(0, 0), (1, 150_020), (2, 300_070), (3, 320)], 320, {RegisterFlag.JUMP}),
        # a stop in whole watt-hours after samples with decimals is no reset
        ([(0, 0), (1, 51.39), (2, 51)], 51, set()),
        ([(0, 10.4), (1, 10)], 0, set()),
        ([(0, 10.4), (1, 9.3)], 0, {RegisterFlag.RESET}),
    ],
)
def test_what_recorded_stations_made_of_their_registers(
    samples: list[tuple[int, float]], energy_wh: float, flags: set[RegisterFlag]
) -> None:
    register = read(samples)
    assert register.energy_wh == pytest.approx(energy_wh)
    assert register.flags == flags


def test_the_steepest_rise_is_a_mean_over_one_step() -> None:
    register = read([(0, 0), (1, 610), (2, 700)])
    assert register.steepest_w == pytest.approx(36_000)  # 610 Wh in 61 s


def told(samples: list[tuple[int, float, float]]) -> EnergyRegister:
    """Samples of (second, register in Wh, power in W)."""
    register = NO_SAMPLES
    for second, value_wh, power_w in samples:
        at = T0 + timedelta(seconds=second)
        register = register.read([RegisterSample.of(at, PERIODIC, value_wh, power_w)])
    return register


@pytest.mark.parametrize(
    ("samples", "energy_wh", "flags"),
    [
        # 384 Wh within 5 s at 11 kW: what follows counts, the jump does not
        ([(0, 1000, 11e3), (5, 1384, 11e3), (10, 1399, 11e3)], 15, {RegisterFlag.JUMP}),
        ([(0, 1000, 11e3), (5, 1384, 11e3), (10, 1030, 11e3)], 30, {RegisterFlag.JUMP}),
        # … with samples between that tell no power, as a recorded station's Ended did
        (
            [(0, 1000, 11e3), (4, 1355, -1), (5, 1384, 11e3), (10, 1399, 11e3)],
            15,
            {RegisterFlag.JUMP},
        ),
        ([(0, 1000, 11e3), (4, 1012, -1), (5, 1015, 11e3), (10, 1030, 11e3)], 30, set()),
        # … and with a jump on one side, of which nobody told the power
        ([(0, 1000, 11e3), (30, 1384, -1), (90, 1660, 11e3)], 660, set()),
        # a fast charger at its power
        ([(0, 1000, 250e3), (5, 1384, 250e3)], 384, set()),
        # … and one that ramps between two samples
        ([(0, 1000, 0), (60, 1500, 0)], 500, {RegisterFlag.NO_POWER}),
        # only the begin and the end were told: the power at them says nothing
        ([(0, 1000, 0), (3600, 61_000, 0)], 60_000, set()),
        # power 0 while energy rises: believed, and flagged
        ([(0, 1000, 0), (30, 1090, 0), (60, 1180, 0)], 180, {RegisterFlag.NO_POWER}),
        ([(0, 1000, 0), (30, 1004, 0)], 4, set()),
    ],
)
def test_the_power_at_both_ends_of_a_short_step_says_what_can_have_flowed(
    samples: list[tuple[int, float, float]], energy_wh: float, flags: set[RegisterFlag]
) -> None:
    register = told(samples)
    assert register.energy_wh == pytest.approx(energy_wh)
    assert register.flags == flags
    for order in permutations(samples):
        assert told(list(order)) == register
    course = [energy_wh for _, energy_wh in register.course()]
    assert course == sorted(course)
    assert course[-1] == register.energy_wh
