"""One signed setpoint in the words of one station; no limit below zero for the wrong one, ever."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.commands import Setpoint
from csms.domain.discharge import PROBE_W, DischargeDialect
from csms.domain.ids import EvseId, TransactionId
from csms.domain.station import RateUnit, StationAbilities, rate_unit
from csms.ocppj import dialects
from csms.ocppj import types_v201 as wire
from csms.ocppj.dialects import Lease, SetpointRefusal

NOW = datetime(2026, 3, 1, 8, 0, 0, 250_000, tzinfo=UTC)
UNTIL = NOW + timedelta(minutes=10)
TX = TransactionId("tx")
EVSE = EvseId(2)
BIDIRECTIONAL = StationAbilities(
    discharge_dialect=DischargeDialect.NEGATIVE_LIMIT, discharge_proven_at=NOW
)
AMPS = StationAbilities(rate_unit=RateUnit.A, phases=3, voltage_v=230.0)


def lease(setpoint_w: float, abilities: StationAbilities = BIDIRECTIONAL) -> Lease:
    told = dialects.lease(Setpoint(setpoint_w=setpoint_w, until=UNTIL), EVSE, TX, abilities, NOW)
    assert isinstance(told, Lease)
    return told


def limits(request: wire.SetChargingProfileRequest) -> list[float]:
    return [
        period.limit
        for schedule in request.charging_profile.charging_schedule
        for period in schedule.charging_schedule_period
    ]


abilities = st.builds(
    StationAbilities,
    discharge_dialect=st.sampled_from(DischargeDialect),
    discharge_proven_at=st.sampled_from([None, NOW]),
    rate_unit=st.sampled_from(RateUnit),
    phases=st.integers(1, 3),
    floor_w=st.floats(-1e5, 1e5),
)


@given(st.floats(-1e9, 1e9), abilities)
def test_no_negative_limit_unless_the_dialect_is_negative_limit(
    setpoint_w: float, can: StationAbilities
) -> None:
    told = lease(setpoint_w, can)
    if can.discharge_dialect is not DischargeDialect.NEGATIVE_LIMIT:
        assert min(limits(told.request)) >= 0
    elif can.discharge_proven_at is None:
        assert told.setpoint_w >= -PROBE_W
    assert min(limits(dialects.zeroed(told).request)) == 0
    assert min(limits(dialects.floor(can, NOW))) >= 0


@given(st.floats(-1e9, 1e9), abilities)
def test_what_is_sent_never_goes_past_what_was_meant(
    setpoint_w: float, can: StationAbilities
) -> None:
    told = lease(setpoint_w, can)
    (limit,) = limits(told.request)
    scale = 1.0 if can.rate_unit is RateUnit.W else can.phases * can.voltage_v
    assert abs(limit * scale) <= abs(told.setpoint_w) + 1e-3
    assert abs(limit * scale - told.setpoint_w) <= 0.1 * scale + 1e-3


def test_a_lease_ends_by_validity_and_by_duration() -> None:
    profile = lease(7000).request.charging_profile
    (schedule,) = profile.charging_schedule
    assert profile.charging_profile_purpose == "TxProfile"
    assert profile.transaction_id == "tx"
    assert profile.valid_to == UNTIL.replace(microsecond=0) + timedelta(seconds=1)
    assert isinstance(schedule.start_schedule, datetime)
    assert schedule.start_schedule <= NOW - timedelta(seconds=30)
    assert schedule.start_schedule + timedelta(seconds=int(schedule.duration)) == profile.valid_to  # type: ignore[arg-type]


def test_a_renewal_replaces_because_it_has_the_same_id() -> None:
    one, two = lease(7000).request, lease(3000).request
    assert one.charging_profile.id == two.charging_profile.id
    assert one.charging_profile.id != dialects.FLOOR_PROFILE_ID


def test_on_the_wire_it_is_what_the_standard_says() -> None:
    encoded = msgspec.json.decode(msgspec.json.encode(lease(-5000).request))
    assert encoded["evseId"] == 2
    profile = encoded["chargingProfile"]
    assert profile["validTo"] == "2026-03-01T08:10:01Z"
    assert profile["chargingSchedule"][0]["chargingRateUnit"] == "W"
    assert profile["chargingSchedule"][0]["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "limit": -5000.0}
    ]


def test_a_station_that_knows_only_amps_is_told_amps_per_phase() -> None:
    (schedule,) = lease(11_040, AMPS).request.charging_profile.charging_schedule
    assert schedule.charging_rate_unit == "A"
    (period,) = schedule.charging_schedule_period
    assert (period.limit, period.number_phases) == (16.0, 3)


@pytest.mark.parametrize(
    ("evse_id", "transaction_id", "setpoint", "why"),
    [
        (None, TX, Setpoint(setpoint_w=1.0, until=UNTIL), SetpointRefusal.NO_EVSE),
        (EvseId(0), TX, Setpoint(setpoint_w=1.0, until=UNTIL), SetpointRefusal.NO_EVSE),
        (EVSE, None, Setpoint(setpoint_w=1.0, until=UNTIL), SetpointRefusal.NO_TRANSACTION),
        (EVSE, TX, Setpoint(setpoint_w=1.0, until=NOW), SetpointRefusal.LEASE_OVER),
        (EVSE, TX, Setpoint(setpoint_w=float("nan"), until=UNTIL), SetpointRefusal.NOT_A_NUMBER),
    ],
)
def test_refusals(
    evse_id: EvseId | None,
    transaction_id: TransactionId | None,
    setpoint: Setpoint,
    why: SetpointRefusal,
) -> None:
    assert dialects.lease(setpoint, evse_id, transaction_id, BIDIRECTIONAL, NOW) is why


def composite(
    unit: str,
    *periods: wire.ChargingSchedulePeriodType,
    abilities: StationAbilities = AMPS,
) -> float | None:
    schedule = wire.CompositeScheduleType(
        charging_schedule_period=periods,
        evse_id=2,
        duration=60,
        schedule_start=NOW - timedelta(seconds=30),
        charging_rate_unit=unit,  # type: ignore[arg-type]
    )
    response = wire.GetCompositeScheduleResponse(status="Accepted", schedule=schedule)
    return dialects.composite_w(response, abilities, NOW)


def test_the_composite_that_holds_now_in_watts() -> None:
    period = wire.ChargingSchedulePeriodType
    assert composite("W", period(start_period=0, limit=9), period(start_period=20, limit=7)) == 7
    assert composite("W", period(start_period=0, limit=9), period(start_period=40, limit=7)) == 9
    assert composite("A", period(start_period=0, limit=16)) == pytest.approx(11_040)
    assert composite("A", period(start_period=0, limit=16, number_phases=1)) == 16 * 230
    alone = replace(AMPS, phases=1)
    assert composite("A", period(start_period=0, limit=16), abilities=alone) == 16 * 230
    three = period(start_period=0, limit=16, number_phases=3)
    assert composite("A", three, abilities=alone) == 16 * 230
    assert composite("W") is None
    refused = wire.GetCompositeScheduleResponse(status="Rejected")
    assert dialects.composite_w(refused, AMPS, NOW) is None


@pytest.mark.parametrize(
    ("member_list", "unit"),
    [("A,W", "W"), ("W", "W"), ("A", "A"), (" A ", "A"), ("", "W"), (None, "W")],
)
def test_the_unit_a_station_knows(member_list: str | None, unit: str) -> None:
    assert rate_unit(member_list) == unit
