"""ChargingProfileType of OCPP 2.1 as JSON values → what the rules of V2X look at, and how much
power it may take out of a vehicle."""

from collections.abc import Mapping
from math import inf
from typing import Any, Final

from csms.domain.discharge import SETPOINTS, DischargeDialect, permitted_w
from csms.domain.meter import Magnitude
from csms.domain.station import RateUnit, StationAbilities
from csms.domain.units import balanced_w
from csms.domain.v2x import OperationMode
from csms.domain.v2x_rules import (
    CurvePoint,
    Phases,
    V2xPeriod,
    V2xProfile,
    V2xRefusal,
    V2xSchedule,
    refusal,
)
from csms.ocppj.dialects import SetpointRefusal
from csms.ocppj.operator_profiles import is_reserved

Values = Mapping[str, Any]
ONLY_IN_21: Final = frozenset({"PriorityCharging", "LocalGeneration", "Dynamic"})
"""Purposes and kinds that 2.0.1 has no word for."""
_OF_THEIR_OWN: Final = frozenset(
    {
        OperationMode.EXTERNAL_SETPOINT,
        OperationMode.EXTERNAL_LIMITS,
        OperationMode.LOCAL_LOAD_BALANCING,
    }
)
"""Modes in which the station discharges by itself, down to a limit, if there is one."""


def is_beyond_201(profile: Values) -> bool:
    """Does it say anything that 2.0.1 could not?"""
    words = {profile["chargingProfilePurpose"], profile["chargingProfileKind"]}
    return bool(words & ONLY_IN_21) or any(
        mode_of(period) is not OperationMode.CHARGING_ONLY
        or "limit" not in period
        or "setpoint" in period
        for schedule in profile["chargingSchedule"]
        for period in schedule["chargingSchedulePeriod"]
    )


def operator_refusal(
    profile: Values, abilities: StationAbilities
) -> V2xRefusal | SetpointRefusal | None:
    """Why an operator's profile is not sent: a rule of 2.1, our own ids, or the discharge in it."""
    if is_reserved(profile["id"], abilities):
        return SetpointRefusal.RESERVED_PROFILE_ID
    told = v2x_profile(profile)
    return refusal(told, abilities.v2x) or discharge_refusal(told, abilities)


def discharge_refusal(told: V2xProfile, abilities: StationAbilities) -> SetpointRefusal | None:
    """Whether the station may be told as much discharge as the profile allows it."""
    lowest_w = min(
        (_lowest_w(period, schedule.in_w, abilities) for schedule in told.schedules
         for period in schedule.periods),
        default=0.0,
    )  # fmt: skip
    proven = abilities.discharge_proven_at is not None
    dialect = abilities.discharge_dialect if abilities.v2x.takes_discharge else _NOT_SPOKEN
    allowed_w = permitted_w(lowest_w, dialect, proven=proven, spoken=SETPOINTS)
    if lowest_w >= allowed_w:
        return None
    unsupported = allowed_w == 0
    return (
        SetpointRefusal.DISCHARGE_NOT_SUPPORTED
        if unsupported
        else SetpointRefusal.DISCHARGE_NOT_PROVEN
    )


_NOT_SPOKEN: Final = DischargeDialect.NONE


def _lowest_w(period: V2xPeriod, in_w: bool, abilities: StationAbilities) -> float:
    if period.setpoint.given:
        lowest = min(period.setpoint.total, 0.0)
    elif period.mode is OperationMode.LOCAL_FREQUENCY:
        curves = (period.frequency_curve, period.signal_curve)
        lowest = (period.baseline or 0.0) + sum(
            min((point.power for point in curve), default=0.0) for curve in curves
        )
    elif period.mode not in _OF_THEIR_OWN:
        return 0.0
    elif not period.discharge_limit.given:
        return -inf
    else:
        lowest = period.discharge_limit.total
    if in_w:
        return lowest
    return balanced_w(lowest, phases=abilities.phases, voltage_v=abilities.voltage_v)


def v2x_profile(profile: Values) -> V2xProfile:
    """The profile as the rules see it; it must be valid by its schema."""
    return V2xProfile(
        profile_id=profile["id"],
        purpose=profile["chargingProfilePurpose"],
        kind=profile["chargingProfileKind"],
        schedules=tuple(_schedule(one) for one in profile["chargingSchedule"]),
        updates="dynUpdateInterval" in profile or "dynUpdateTime" in profile,
        max_offline="maxOfflineDuration" in profile or "invalidAfterOfflineDuration" in profile,
    )


def _schedule(schedule: Values) -> V2xSchedule:
    return V2xSchedule(
        periods=tuple(v2x_period(one) for one in schedule["chargingSchedulePeriod"]),
        in_w=schedule["chargingRateUnit"] == RateUnit.W,
        starts="startSchedule" in schedule,
        ends="duration" in schedule,
        randomized_delay_s=schedule.get("randomizedDelay", 0),
        local_time=schedule.get("useLocalTime", False),
        limit_at_soc="limitAtSoC" in schedule,
    )


def v2x_period(period: Values) -> V2xPeriod:
    """A ChargingSchedulePeriodType as the rules see it."""
    return V2xPeriod(
        start_s=period["startPeriod"],
        mode=mode_of(period),
        limit=_phases(period, "limit"),
        discharge_limit=_phases(period, "dischargeLimit"),
        setpoint=_phases(period, "setpoint"),
        reactive=_phases(period, "setpointReactive"),
        baseline=period.get("v2xBaseline"),
        frequency_curve=_curve(period, "v2xFreqWattCurve", "frequency"),
        signal_curve=_curve(period, "v2xSignalWattCurve", "signal"),
        evse_sleep=period.get("evseSleep", False),
    )


def _curve(period: Values, name: str, at: str) -> tuple[CurvePoint, ...]:
    return tuple(CurvePoint(point[at], point["power"]) for point in period.get(name, ()))


def mode_of(period: Values) -> OperationMode:
    """ChargingOnly where it does not say (Q02.FR.01)."""
    return OperationMode(period.get("operationMode", OperationMode.CHARGING_ONLY))


def _phases(period: Values, name: str) -> Phases:
    values: list[Magnitude | None] = [
        period.get(each) for each in (name, f"{name}_L2", f"{name}_L3")
    ]
    return Phases(*values)
