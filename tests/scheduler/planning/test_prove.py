"""Each deviation is found by its signature alone, from orders and registers; energies add up."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.commands import CommandStatus
from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from scheduler.domain.proof import (
    INTERVAL_S,
    Deviation,
    Evidence,
    Metered,
    PlannedStep,
    ProofRow,
    SentOrder,
)
from scheduler.planning.prove import prove

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
CONFIRMED, UNKNOWN = CommandStatus.CONFIRMED, CommandStatus.UNKNOWN
STEP_S = 5
Power = Callable[[float], float]


def at(seconds_s: float) -> datetime:
    return NOON + timedelta(seconds=seconds_s)


def order(
    setpoint_w: float,
    *,
    sent_s: float = -60.0,
    lease_s: float = 600.0,
    status: CommandStatus = CONFIRMED,
    composite_w: float | None = None,
) -> SentOrder:
    return SentOrder(
        sent_at=at(sent_s),
        until=at(sent_s + lease_s),
        setpoint_w=setpoint_w,
        status=status,
        done_at=at(sent_s + 1),
        composite_w=composite_w,
    )


def told(
    power_w: Power | float,
    *,
    every_s: float = 60.0,
    since_s: int = -600,
    soc: float | None = None,
) -> tuple[Metered, ...]:
    """What an honest meter tells of a power over time: its registers are the sums, second by
    second."""
    flows: Power = power_w if callable(power_w) else lambda _: power_w
    into = out = 0.0
    readings = []
    for second in range(since_s, 2 * INTERVAL_S + 1, STEP_S):
        if (second - since_s) % every_s == 0:
            readings.append(
                Metered(
                    at=at(second),
                    imported_wh=into,
                    exported_wh=out,
                    power_w=flows(second),
                    soc_pct=soc,
                )
            )
        into += max(flows(second), 0.0) * STEP_S / 3600
        out += max(-flows(second), 0.0) * STEP_S / 3600
    return tuple(readings)


def evidence(*orders: SentOrder, metered: tuple[Metered, ...] = ()) -> Evidence:
    return Evidence(
        station_id=ChargingStationId("s-1"),
        evse_id=EvseId(1),
        transaction_id=TransactionId("t-1"),
        begins_at=at(-600),
        ends_at=None,
        floor_w=1_400.0,
        min_charge_w=1_380.0,
        max_charge_w=11_000.0,
        max_discharge_w=10_000.0,
        sample_interval_s=60.0,
        orders=orders,
        metered=metered,
    )


def judged(case: Evidence) -> ProofRow:
    (row,) = prove(case, NOON, at(INTERVAL_S))
    return row


@given(setpoint_w=st.sampled_from([-10_000.0, -3_000.0, 0.0, 1_400.0, 7_000.0, 11_000.0]))
def test_what_is_metered_as_it_was_confirmed_is_followed(setpoint_w: float) -> None:
    row = judged(evidence(order(setpoint_w), metered=told(setpoint_w)))
    assert row.deviation is Deviation.FOLLOWED
    assert row.sent_w == row.confirmed_w == setpoint_w


@given(setpoint_w=st.floats(-10_000, 8_000), beyond_w=st.floats(1_500, 3_000))
def test_who_confirms_and_takes_more_is_a_liar(setpoint_w: float, beyond_w: float) -> None:
    taken = told(max(setpoint_w, 0.0) + beyond_w)
    assert judged(evidence(order(setpoint_w), metered=taken)).deviation is Deviation.LIAR


@given(setpoint_w=st.floats(-7_000, 5_000), beyond_w=st.floats(1_500, 3_000))
def test_who_confirms_and_gives_more_is_a_liar(setpoint_w: float, beyond_w: float) -> None:
    given_w = told(min(setpoint_w, 0.0) - beyond_w)
    assert judged(evidence(order(setpoint_w), metered=given_w)).deviation is Deviation.LIAR


@given(
    setpoint_w=st.floats(0, 8_000),
    beyond_w=st.floats(1_500, 3_000),
    status=st.sampled_from([UNKNOWN, CommandStatus.REFUSED, CommandStatus.SENT]),
)
def test_who_does_not_confirm_and_goes_on_ignores(
    setpoint_w: float, beyond_w: float, status: CommandStatus
) -> None:
    before_w = setpoint_w + beyond_w
    orders = order(before_w, sent_s=-300), order(setpoint_w, status=status)
    row = judged(evidence(*orders, metered=told(before_w)))
    assert row.deviation is Deviation.IGNORED
    assert (row.sent_w, row.confirmed_w) == pytest.approx((setpoint_w, before_w), abs=3_000)


def test_who_does_not_answer_and_does_not_rise_ignores() -> None:
    row = judged(evidence(order(7_000.0, status=UNKNOWN), metered=told(1_400.0)))
    assert row.deviation is Deviation.IGNORED
    assert row.confirmed_w == 1_400.0


def test_who_does_not_answer_and_does_it_follows() -> None:
    orders = order(7_000.0, sent_s=-300), order(3_000.0, status=UNKNOWN)
    assert judged(evidence(*orders, metered=told(3_000.0))).deviation is Deviation.FOLLOWED


@given(setpoint_w=st.floats(3_000, 11_000), taken_ratio=st.floats(0, 0.8))
def test_who_takes_less_at_half_a_battery_is_limited_by_the_vehicle(
    setpoint_w: float, taken_ratio: float
) -> None:
    taken = told(setpoint_w * taken_ratio, soc=50.0)
    assert judged(evidence(order(setpoint_w), metered=taken)).deviation is Deviation.LIMITED_BY_EV


@given(setpoint_w=st.floats(3_000, 11_000), taken_ratio=st.floats(0.1, 0.8))
def test_who_takes_less_at_a_nearly_full_battery_tapers(
    setpoint_w: float, taken_ratio: float
) -> None:
    taken = told(setpoint_w * taken_ratio, soc=91.0)
    assert judged(evidence(order(setpoint_w), metered=taken)).deviation is Deviation.TAPER


def test_power_that_falls_and_falls_tapers_where_no_state_of_charge_is_told() -> None:
    falling = told(lambda s: 6_000.0 - 8.0 * max(s, 0.0))
    assert judged(evidence(order(11_000.0), metered=falling)).deviation is Deviation.TAPER


@given(setpoint_w=st.floats(4_000, 11_000), shown_ratio=st.floats(0, 0.7))
def test_whose_composite_schedule_shows_less_is_limited_elsewhere(
    setpoint_w: float, shown_ratio: float
) -> None:
    shown_w = setpoint_w * shown_ratio
    row = judged(evidence(order(setpoint_w, composite_w=shown_w), metered=told(shown_w, soc=50.0)))
    assert row.deviation is Deviation.LIMITED_ELSEWHERE
    assert row.composite_w == pytest.approx(shown_w)


def test_a_limit_that_others_set_limits_elsewhere() -> None:
    case = evidence(order(11_000.0), metered=told(4_000.0, soc=90.0))
    limited = replace(case, limited_at=at(-30))
    assert judged(limited).deviation is Deviation.LIMITED_ELSEWHERE


def test_a_read_back_holds_for_the_leases_that_renew_it() -> None:
    renewed = order(7_000.0, sent_s=-500, composite_w=5_000.0), order(7_000.0, sent_s=-30)
    row = judged(evidence(*renewed, metered=told(5_000.0, soc=50.0)))
    assert (row.composite_w, row.deviation) == (5_000.0, Deviation.LIMITED_ELSEWHERE)


@given(setpoint_w=st.floats(-10_000, 11_000), heard_s=st.integers(-500, -200))
def test_silence_proves_nothing_and_the_worst_is_told(setpoint_w: float, heard_s: int) -> None:
    heard = tuple(m for m in told(0.0) if m.at <= at(heard_s))
    row = judged(evidence(order(setpoint_w), metered=heard))
    assert row.deviation is Deviation.METER_GAP
    assert row.import_max_wh >= 11_000 * INTERVAL_S / 3600
    assert row.export_max_wh >= 10_000 * INTERVAL_S / 3600
    assert (row.import_wh, row.export_wh) == (0.0, 0.0)


def test_readings_far_apart_prove_what_they_must() -> None:
    """Between two readings so much flowed that some of it must have been in the interval."""
    apart = told(11_000.0, every_s=600.0)
    assert judged(evidence(order(0.0), metered=apart)).deviation is Deviation.LIAR
    taken = told(1_000.0, every_s=600.0)
    assert judged(evidence(order(0.0), metered=taken)).deviation is Deviation.METER_GAP


def test_a_change_in_the_interval_counts_from_when_it_has_settled() -> None:
    orders = order(7_000.0, sent_s=-200), order(-3_000.0, sent_s=150)
    late = told(lambda s: 7_000.0 if s < 175 else -3_000.0, every_s=10.0)
    assert judged(evidence(*orders, metered=late)).deviation is Deviation.FOLLOWED
    never = told(7_000.0, every_s=10.0)
    assert judged(evidence(*orders, metered=never)).deviation is Deviation.LIAR


def test_after_its_lease_an_evse_has_its_floor() -> None:
    ended = order(7_000.0, sent_s=-100, lease_s=100)
    assert judged(evidence(ended, metered=told(1_400.0))).deviation is Deviation.FOLLOWED
    goes_on = judged(evidence(ended, metered=told(7_000.0)))
    assert (goes_on.deviation, goes_on.sent_w) == (Deviation.LIAR, 1_400.0)


def test_the_plan_counts_by_how_long_each_was_in_force() -> None:
    steps = (PlannedStep(at=at(-900), setpoint_w=6_000.0), PlannedStep(at=at(100), setpoint_w=0.0))
    row = judged(replace(evidence(metered=told(0.0)), planned=steps))
    assert row.planned_w == pytest.approx(2_000.0)
    assert judged(evidence(metered=told(0.0))).planned_w is None


@given(
    gaps_s=st.lists(st.integers(1, 700), min_size=1, max_size=25),
    rises_wh=st.lists(st.floats(0, 900), min_size=26, max_size=26),
    ends_s=st.integers(1, 2_000),
)
def test_the_energies_of_all_intervals_are_the_registers(
    gaps_s: list[int], rises_wh: list[float], ends_s: int
) -> None:
    heard_s, counted_wh, readings = 0, 0.0, list[Metered]()
    for gap_s, rise_wh in zip([0, *gaps_s], rises_wh, strict=False):
        heard_s += gap_s
        readings.append(Metered(at=at(heard_s), imported_wh=counted_wh, exported_wh=0.0))
        counted_wh += rise_wh
    over_s = max(heard_s, ends_s)
    case = replace(
        evidence(order(7_000.0), metered=tuple(readings)), begins_at=NOON, ends_at=at(over_s)
    )
    rows = list(prove(case, NOON, at(INTERVAL_S * (over_s // INTERVAL_S + 1))))
    imported_wh = readings[-1].imported_wh or 0.0
    assert sum(row.import_wh for row in rows) == pytest.approx(imported_wh, abs=1e-6)
    assert sum(row.duration_s for row in rows) == over_s
    assert sum(row.reading_count for row in rows) == sum(m.at < at(over_s) for m in readings)
    assert all(row.import_wh <= row.import_max_wh for row in rows)
