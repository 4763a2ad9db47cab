"""Profiles as JSON values, of 2.0.1 and 2.1, in W."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from csms.domain.charging_profile import Kind, Purpose
from csms.domain.charging_state import ChargingState
from csms.domain.facts_charging import ChargingLimitTold, ChargingProfileHeld, ProfileSide
from csms.domain.ids import ChargingStationId, EvseId
from csms.domain.station import StationAbilities
from csms.ocppj.profiles import (
    held_profiles,
    known_profiles,
    limits_as_profiles,
    of_unknown_size,
    periods_of,
    steps_from,
    time_of,
)

T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
STATION = ChargingStationId("cs1")
ONE_PHASE = StationAbilities(phases=1)


def schedule(period: dict[str, Any], unit: str = "W", **more: Any) -> dict[str, Any]:
    periods = [{"startPeriod": 0} | period]
    return {"id": 1, "chargingRateUnit": unit, "chargingSchedulePeriod": periods} | more


def held(
    profile_id: int,
    period: dict[str, Any],
    side: ProfileSide = ProfileSide.SET,
    source: str = "CSO",
    **more: Any,
) -> ChargingProfileHeld:
    payload = {
        "id": profile_id,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [schedule(period)],
    } | more
    return ChargingProfileHeld(
        station_id=STATION,
        side=side,
        evse_id=EvseId(1),
        profile_id=profile_id,
        at=T0,
        purpose=payload["chargingProfilePurpose"],
        stack_level=0,
        source=source,
        payload=payload,
    )


@pytest.mark.parametrize(
    ("period", "unit", "can", "limit_w"),
    [
        ({"limit": 7000}, "W", StationAbilities(), 7000),
        ({"limit": 16}, "A", StationAbilities(), 11_040),
        ({"limit": 16}, "A", ONE_PHASE, 3680),
        ({"limit": 16, "numberPhases": 1}, "A", StationAbilities(), 3680),
        ({"setpoint": -5000}, "W", StationAbilities(), -5000),
        ({"setpoint": -5000, "limit": 7000}, "W", StationAbilities(), -5000),
    ],
)
def test_every_limit_is_in_watts(
    period: dict[str, Any], unit: str, can: StationAbilities, limit_w: float
) -> None:
    (told,) = periods_of(schedule(period, unit), can)
    assert told.limit_w == limit_w


def test_a_dynamic_profile_counts_from_its_last_update() -> None:
    updated = (T0 + timedelta(minutes=5)).isoformat()
    dynamic = held(7, {"setpoint": -5000}, chargingProfileKind="Dynamic", dynUpdateTime=updated)
    (told,) = held_profiles((dynamic,), StationAbilities())
    assert (told.kind, told.start_at) == (Kind.ABSOLUTE, T0 + timedelta(minutes=5))
    never = held(7, {"limit": 1}, chargingProfileKind="Dynamic")
    assert held_profiles((never,), StationAbilities())[0].start_at == T0


def test_what_2_0_1_has_no_words_for_is_left_out() -> None:
    priority = held(7, {"limit": 1}, chargingProfilePurpose="PriorityCharging")
    silent = held(8, {"operationMode": "LocalFrequency"})
    assert (
        held_profiles((priority, silent, held(9, {"limit": 1})), StationAbilities())[0].profile_id
        == 9
    )


def test_what_we_set_stands_for_what_is_reported_of_it() -> None:
    state = ChargingState(
        profiles=(
            held(7, {"limit": 7000}),
            held(7, {"limit": 7001}, ProfileSide.REPORTED),
            held(8, {"limit": 800}, ProfileSide.REPORTED),
            held(7, {"limit": 100}, ProfileSide.REPORTED, "EMS"),
        ),
        limits=(
            ChargingLimitTold(
                station_id=STATION,
                evse_id=EvseId(0),
                source="SO",
                at=T0,
                in_force=True,
                schedules=(schedule({"limit": 900}),),
            ),
        ),
    )
    known = known_profiles(state, StationAbilities())
    assert [one.periods[0].limit_w for one in known] == [7000, 800, 100, 900]
    assert (known[-1].purpose, known[-1].start_at) == (Purpose.EXTERNAL_CONSTRAINTS, T0)


def told_limit(*schedules: dict[str, Any]) -> ChargingLimitTold:
    return ChargingLimitTold(
        station_id=STATION,
        evse_id=EvseId(1),
        source="EMS",
        at=T0,
        in_force=True,
        schedules=schedules,
    )


def test_a_limit_of_2_1_that_says_no_number_is_of_unknown_size() -> None:
    """Its numbers come from elsewhere (ExternalLimits): nothing to count with."""
    silent = told_limit(schedule({"operationMode": "ExternalLimits"}))
    plain = told_limit(schedule({"limit": 900}))
    (known,) = limits_as_profiles((silent, plain), StationAbilities())
    assert known.periods[0].limit_w == 900
    assert of_unknown_size((plain, silent))
    assert of_unknown_size((told_limit(),))
    assert not of_unknown_size((plain,))


def test_a_step_without_a_number_limits_nothing() -> None:
    periods = [{"startPeriod": 0, "limit": 7000}, {"startPeriod": 60, "operationMode": "Idle"}]
    told = {"chargingRateUnit": "W", "chargingSchedulePeriod": periods}
    steps = steps_from(told, T0, StationAbilities())
    assert steps == ((T0, 7000), (T0 + timedelta(minutes=1), None))


@pytest.mark.parametrize("word", ["2026-03-01t08:00:00z", "2026-03-01 08:00:00.0000004Z"])
def test_a_time_in_any_spelling_of_rfc_3339(word: str) -> None:
    assert time_of(word) == T0


@pytest.mark.parametrize("word", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_a_time_from_which_one_can_count_on_and_back(word: str) -> None:
    at = time_of(word)
    assert at is not None
    for seconds in (-(2**31), 2**31):
        assert at + timedelta(seconds=seconds)


def test_a_time_without_a_zone_is_utc() -> None:
    assert time_of("2026-03-01T08:00:00") == T0
    assert time_of("2026-03-01T09:00:00+01:00") == T0
    assert time_of(None) is None
