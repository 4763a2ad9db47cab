"""What all profiles together allow: of an EVSE, of a station, and beside what the station says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.charging_profile import ChargingProfile, ChargingSchedulePeriod, Kind, Purpose
from csms.domain.charging_state import OpenTransaction
from csms.domain.composite import (
    CompositeStep,
    DeviationKind,
    Situation,
    composite,
    deviations,
    limit_at_w,
)
from csms.domain.ids import EvseId, TransactionId

T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
TX = TransactionId("tx")
CHARGING = Situation(
    evse_ids=(1, 2),
    transactions={
        EvseId(1): OpenTransaction(TX, T0),
        EvseId(2): OpenTransaction(TransactionId("two"), T0),
    },
)
LEASE = ChargingProfile(
    profile_id=1001,
    evse_id=1,
    purpose=Purpose.TX,
    kind=Kind.ABSOLUTE,
    periods=(ChargingSchedulePeriod(0, 7000.0),),
    start_at=T0,
    duration_s=600,
    valid_to=T0 + timedelta(seconds=600),
    transaction_id=TX,
)
FLOOR = ChargingProfile(
    profile_id=1,
    evse_id=0,
    purpose=Purpose.TX_DEFAULT,
    kind=Kind.ABSOLUTE,
    periods=(ChargingSchedulePeriod(0, 1400.0),),
    start_at=T0 - timedelta(days=1),
)
CABLE = replace(
    FLOOR,
    profile_id=2,
    purpose=Purpose.STATION_MAX,
    periods=(ChargingSchedulePeriod(0, 3600.0),),
)
EMS = replace(
    FLOOR,
    profile_id=-1,
    purpose=Purpose.EXTERNAL_CONSTRAINTS,
    periods=(ChargingSchedulePeriod(0, 2000.0),),
)


def steps(
    *profiles: ChargingProfile,
    evse_id: int = 1,
    start: datetime = T0,
    hours: float = 1,
    situation: Situation = CHARGING,
) -> list[tuple[float, float | None]]:
    """(seconds after `start`, limit in W) of the composite."""
    end = start + timedelta(hours=hours)
    found = composite(profiles, evse_id, start, end, situation)
    return [((at - start).total_seconds(), limit_w) for at, limit_w in found]


def now_w(*profiles: ChargingProfile, at: datetime = T0, evse_id: int = 1) -> float | None:
    return steps(*profiles, start=at, evse_id=evse_id)[0][1]


def test_a_lease_ends_on_the_floor() -> None:
    assert steps(LEASE, FLOOR) == [(0, 7000.0), (600, 1400.0)]


def test_each_of_the_two_ends_suffices() -> None:
    late = T0 + timedelta(minutes=11)
    assert now_w(replace(LEASE, duration_s=None), FLOOR, at=late) == 1400.0
    assert now_w(replace(LEASE, valid_to=None), FLOOR, at=late) == 1400.0


def test_k08_fr04_the_lowest_of_the_purposes_binds() -> None:
    assert now_w(LEASE, CABLE, FLOOR) == 3600.0
    assert now_w(LEASE, CABLE, EMS, FLOOR) == 2000.0


def test_every_limit_of_others_binds_whatever_its_stack_level() -> None:
    grid = replace(EMS, profile_id=-2, stack_level=9, periods=(ChargingSchedulePeriod(0, 2500.0),))
    assert now_w(LEASE, EMS, grid) == 2000.0


def test_k01_fr17_the_highest_stack_level_wins_within_a_purpose() -> None:
    above = replace(LEASE, stack_level=1, periods=(ChargingSchedulePeriod(0, 9000.0),))
    assert now_w(above, LEASE) == 9000.0
    assert now_w(LEASE, above) == 9000.0


def test_a_higher_level_that_is_over_leaves_the_lower_one() -> None:
    above = replace(
        LEASE, stack_level=1, duration_s=60, periods=(ChargingSchedulePeriod(0, 9000.0),)
    )
    assert steps(above, LEASE, FLOOR) == [(0, 9000.0), (60, 7000.0), (600, 1400.0)]


def test_without_a_profile_there_is_no_limit() -> None:
    assert now_w() is None
    assert now_w(LEASE, at=T0 + HOUR) is None


def test_a_tx_profile_of_another_transaction_or_evse_does_not_count() -> None:
    assert now_w(replace(LEASE, transaction_id=TransactionId("old")), FLOOR) == 1400.0
    assert now_w(LEASE, FLOOR, evse_id=2) == 1400.0


def test_k05_a_tx_profile_that_came_with_the_start_belongs_to_the_transaction() -> None:
    assert now_w(replace(LEASE, transaction_id=None), FLOOR) == 7000.0


def test_k08_fr06_without_a_transaction_the_default_is_taken() -> None:
    idle = Situation(evse_ids=(1,))
    assert steps(LEASE, FLOOR, situation=idle) == [(0, 1400.0)]


def test_k01_fr14_a_default_of_one_evse_stands_above_that_of_all() -> None:
    own = replace(
        FLOOR, profile_id=5, evse_id=1, stack_level=1, periods=(ChargingSchedulePeriod(0, 6000.0),)
    )
    assert now_w(FLOOR, own) == 6000.0
    assert now_w(FLOOR, own, evse_id=2) == 1400.0


def test_k08_fr03_a_station_is_the_sum_of_its_evses_under_its_own_limits() -> None:
    assert steps(LEASE, FLOOR, evse_id=0) == [(0, 8400.0), (600, 2800.0)]
    assert steps(LEASE, FLOOR, CABLE, evse_id=0) == [(0, 3600.0), (600, 2800.0)]
    assert steps(LEASE, evse_id=0) == [(0, None)]


def test_a_relative_profile_starts_with_the_transaction() -> None:
    relative = replace(
        LEASE,
        kind=Kind.RELATIVE,
        start_at=None,
        valid_to=None,
        duration_s=None,
        periods=(ChargingSchedulePeriod(0, 7000.0), ChargingSchedulePeriod(60, 3000.0)),
    )
    assert steps(relative, start=T0 + timedelta(seconds=30)) == [(0, 7000.0), (30, 3000.0)]


def test_a_relative_default_starts_anew_where_nothing_charges() -> None:
    ramp = replace(
        FLOOR,
        kind=Kind.RELATIVE,
        start_at=None,
        periods=(ChargingSchedulePeriod(0, 2000.0), ChargingSchedulePeriod(300, 4000.0)),
    )
    idle = Situation(evse_ids=(1,))
    later = T0 + timedelta(days=1)
    assert steps(ramp, start=later, situation=idle) == [(0, 2000.0), (300, 4000.0)]


def test_k01_fr13_a_daily_profile_comes_back_and_ends_between() -> None:
    night = replace(FLOOR, start_at=T0, kind=Kind.DAILY, duration_s=3600)
    start = T0 + timedelta(days=2, minutes=-5)
    assert steps(night, start=start, hours=2) == [(0, None), (300, 1400.0), (3900, None)]


def test_a_weekly_profile_waits_for_its_day() -> None:
    weekly = replace(FLOOR, start_at=T0, kind=Kind.WEEKLY, duration_s=3600)
    assert now_w(weekly, at=T0 + timedelta(days=7, minutes=1)) == 1400.0
    assert now_w(weekly, at=T0 + timedelta(days=3)) is None


def test_k01_fr30_a_schedule_that_starts_later_does_not_hold_yet() -> None:
    later = replace(LEASE, start_at=T0 + timedelta(minutes=1))
    assert steps(later, FLOOR)[:2] == [(0, 1400.0), (60, 7000.0)]


def test_k01_fr11_periods_past_the_duration_are_not_executed() -> None:
    odd = replace(
        LEASE,
        valid_to=None,
        duration_s=60,
        periods=(ChargingSchedulePeriod(0, 7000.0), ChargingSchedulePeriod(90, 9000.0)),
    )
    assert steps(odd, FLOOR) == [(0, 7000.0), (60, 1400.0)]


def test_validity_bounds_a_profile_from_both_sides() -> None:
    noon = replace(LEASE, valid_from=T0 + timedelta(minutes=2), valid_to=T0 + timedelta(minutes=5))
    assert steps(noon, FLOOR) == [(0, 1400.0), (120, 7000.0), (300, 1400.0)]


def test_currents_per_phase_merge_to_the_lowest_over_the_fewest_phases() -> None:
    three = replace(LEASE, periods=(ChargingSchedulePeriod(0, 6900.0, 3, 10.0),))
    one = replace(CABLE, periods=(ChargingSchedulePeriod(0, 3680.0, 1, 16.0),))
    assert now_w(three, one) == 2300.0
    assert now_w(three, replace(CABLE, periods=(ChargingSchedulePeriod(0, 3680.0),))) == 3680.0


@pytest.mark.parametrize(
    ("phases", "expected_w"),
    [({}, 11_040.0), ({1: 1}, 3_680.0), ({0: 1}, 3_680.0), ({0: 1, 1: 3}, 11_040.0)],
    ids=["not known", "of the EVSE", "of the station", "the EVSE knows better"],
)
@pytest.mark.parametrize("told", [None, 3], ids=["phases not said", "three said"])
def test_k01_fr49_a_current_flows_over_the_phases_that_are_there(
    phases: dict[int, int], expected_w: float, told: int | None
) -> None:
    lease = replace(LEASE, periods=(ChargingSchedulePeriod(0, 11_040.0, told, 16.0),))
    situation = replace(CHARGING, phases=phases)
    (step,) = composite([lease], 1, T0, T0 + timedelta(minutes=1), situation)
    assert step.limit_w == expected_w


def test_a_discharge_is_the_lowest_limit_there_is() -> None:
    assert now_w(replace(LEASE, periods=(ChargingSchedulePeriod(0, -5000.0),)), CABLE) == -5000.0


PROFILES = st.lists(
    st.builds(
        replace,
        st.sampled_from([LEASE, FLOOR, CABLE, EMS]),
        stack_level=st.integers(0, 3),
        duration_s=st.none() | st.integers(1, 4000),
        start_at=st.integers(-4000, 4000).map(lambda s: T0 + timedelta(seconds=s)),
        kind=st.sampled_from([Kind.ABSOLUTE, Kind.DAILY]),
        periods=st.lists(
            st.tuples(st.integers(1, 3000), st.integers(-11_000, 22_000)), max_size=3,
            unique_by=lambda one: one[0],
        ).map(
            lambda more: tuple(
                ChargingSchedulePeriod(s, float(w)) for s, w in sorted([(0, 4000), *more])
            )
        ),
    ),
    max_size=6,
)  # fmt: skip


@given(PROFILES, st.integers(0, 3599), st.sampled_from([0, 1, 2]))
def test_the_steps_say_at_every_moment_what_the_composite_of_that_moment_says(
    profiles: list[ChargingProfile], second: int, evse_id: int
) -> None:
    at = T0 + timedelta(seconds=second)
    found = composite(profiles, evse_id, T0, T0 + HOUR, CHARGING)
    assert limit_at_w(found, at) == composite(profiles, evse_id, at, at + HOUR, CHARGING)[0].limit_w
    assert all(one.limit_w != other.limit_w for one, other in pairwise(found))


@given(PROFILES, st.sampled_from([CABLE, EMS]))
def test_k08_fr04_one_more_limit_never_allows_more(
    profiles: list[ChargingProfile], more: ChargingProfile
) -> None:
    without, with_it = now_w(*profiles), now_w(*profiles, replace(more, stack_level=9))
    assert with_it is not None
    if more.purpose is Purpose.EXTERNAL_CONSTRAINTS and without is not None:
        assert with_it <= without


def told(*limits: tuple[int, float]) -> list[CompositeStep]:
    return [CompositeStep(T0 + timedelta(seconds=second), limit_w) for second, limit_w in limits]


@pytest.mark.parametrize(
    ("expected", "says", "found"),
    [
        (told((0, 7000), (600, 1400)), told((0, 7000), (600, 1400)), []),
        (told((0, 7000)), told((0, 7090)), []),
        (told((0, 7000)), told((0, 11_000)), [(0, DeviationKind.ALLOWS_MORE, 7000, 11_000)]),
        (told((0, 7000)), told((0, 1400)), [(0, DeviationKind.ALLOWS_LESS, 7000, 1400)]),
        # a lease that the station lets run on: named where it begins
        (
            told((0, 7000), (600, 1400)),
            told((0, 7000)),
            [(600, DeviationKind.ALLOWS_MORE, 1400, 7000)],
        ),
        # rounded by two seconds
        (told((0, 7000), (600, 1400)), told((0, 7000), (602, 1400)), []),
        (told((0, -5000)), told((0, 11_000)), [(0, DeviationKind.ALLOWS_MORE, -5000, 11_000)]),
    ],
)  # fmt: skip
def test_the_difference_from_a_stations_own_schedule_is_named(
    expected: list[CompositeStep], says: list[CompositeStep], found: list[tuple[object, ...]]
) -> None:
    named = [
        ((one.at - T0).total_seconds(), one.kind, one.expected_w, one.told_w)
        for one in deviations(expected, says, T0 + HOUR)
    ]
    assert named == found


def test_where_nothing_limits_a_station_names_its_hardware() -> None:
    assert deviations([CompositeStep(T0, None)], told((0, 11_000)), T0 + HOUR) == ()


def test_a_limit_of_unknown_size_explains_less_but_never_more() -> None:
    def kinds(says: list[CompositeStep]) -> list[DeviationKind]:
        found = deviations(told((0, 7000)), says, T0 + HOUR, others_limit=True)
        return [one.kind for one in found]

    assert kinds(told((0, 1400))) == []
    assert kinds(told((0, 9000))) == [DeviationKind.ALLOWS_MORE]
