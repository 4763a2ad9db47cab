"""Which charging profiles of OCPP 2.1 may be sent: every rule by which a station would refuse one.

Numbers are in the unit of their schedule; a phase that is None was not given.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

from csms.domain.meter import Magnitude
from csms.domain.v2x import OperationMode, Support, V2xAbilities

MAX_PERIODS: Final = 1_024
MAX_SCHEDULES: Final = 3
MIN_POINTS: Final = 2
TX_PURPOSES: Final = frozenset({"TxProfile", "TxDefaultProfile"})
_MODES_OF: Final = {
    "ChargingStationMaxProfile": frozenset({OperationMode.CHARGING_ONLY}),
    "PriorityCharging": frozenset({OperationMode.CHARGING_ONLY}),
    "LocalGeneration": frozenset({OperationMode.CHARGING_ONLY, OperationMode.EXTERNAL_LIMITS}),
}
_ADDITIONAL: Final = frozenset({"PriorityCharging", "LocalGeneration"})


class V2xRefusal(StrEnum):
    """Why a profile is not sent."""

    NOT_OURS_TO_SET = "external_constraints_not_ours_to_set"
    PURPOSE_NOT_SUPPORTED = "purpose_not_supported"
    PROFILE_ID_TOO_LOW = "profile_id_of_external_constraints"
    SCHEDULE_COUNT = "schedule_count"
    PERIOD_COUNT = "period_count"
    FIRST_PERIOD_LATE = "first_period_not_at_zero"
    PERIODS_NOT_RISING = "periods_not_rising"
    START_MISSING = "start_missing"
    START_WITH_RELATIVE = "start_with_relative"
    DYNAMIC_NOT_SUPPORTED = "dynamic_profiles_not_supported"
    DYNAMIC_SHAPE = "dynamic_profile_needs_one_period"
    UPDATE_WITHOUT_DYNAMIC = "update_interval_without_dynamic_profile"
    OFFLINE_NOT_SUPPORTED = "max_offline_duration_not_supported"
    LOCAL_TIME_NOT_SUPPORTED = "local_time_not_supported"
    DELAY_NOT_SUPPORTED = "randomized_delay_not_supported"
    DELAY_NOT_ALLOWED = "randomized_delay_not_allowed"
    LIMIT_AT_SOC_NOT_SUPPORTED = "limit_at_soc_not_supported"
    PRIORITY_WITH_DURATION = "priority_charging_with_duration"
    MODE_NOT_ALLOWED = "operation_mode_not_allowed_for_purpose"
    MODE_NOT_SUPPORTED = "operation_mode_not_supported"
    SLEEP_WITHOUT_IDLE = "sleep_without_idle"
    SLEEP_NOT_SUPPORTED = "sleep_not_supported"
    LIMIT_MISSING = "limit_missing"
    LIMIT_NOT_ALLOWED = "limit_not_allowed"
    LIMIT_NEGATIVE = "limit_negative"
    DISCHARGE_LIMIT_POSITIVE = "discharge_limit_positive"
    DISCHARGE_LIMIT_NOT_ALLOWED = "discharge_limit_not_allowed"
    SETPOINT_MISSING = "setpoint_missing"
    SETPOINT_NOT_ALLOWED = "setpoint_not_allowed"
    SETPOINT_OUT_OF_LIMITS = "setpoint_out_of_limits"
    SETPOINT_PER_PHASE = "setpoint_per_phase_outside_tx_profile"
    REACTIVE_NOT_ALLOWED = "reactive_setpoint_not_allowed"
    CURVE_MISSING = "frequency_watt_curve_missing"
    CURVE_NOT_ALLOWED = "curve_not_allowed"
    CURVE_NOT_IN_W = "curve_not_in_watt"
    CURVE_NOT_RISING = "curve_points_not_rising"
    CURVE_AGAINST_THE_GRID = "frequency_curve_against_the_grid"
    THRESHOLDS_MISSING = "load_balancing_thresholds_missing"


class Phases(NamedTuple):
    """A value of all phases, or of L1, where L2 or L3 stand beside it."""

    l1: Magnitude | None = None
    l2: Magnitude | None = None
    l3: Magnitude | None = None

    @property
    def given(self) -> bool:
        """Is there any?"""
        return self != (None, None, None)

    @property
    def per_phase(self) -> bool:
        """Does each phase have its own?"""
        return self.l2 is not None or self.l3 is not None

    @property
    def total(self) -> Magnitude:
        """The sum."""
        return sum(one for one in self if one is not None)


NOTHING: Final = Phases()


class CurvePoint(NamedTuple):
    """At a frequency in Hz, or a signal, so much is added to the baseline."""

    at: Magnitude
    power: Magnitude


@dataclass(frozen=True, slots=True, kw_only=True)
class V2xPeriod:
    """ChargingSchedulePeriodType, as far as rules look at it."""

    start_s: int = 0
    mode: OperationMode = OperationMode.CHARGING_ONLY
    limit: Phases = NOTHING
    discharge_limit: Phases = NOTHING
    setpoint: Phases = NOTHING
    reactive: Phases = NOTHING
    baseline: Magnitude | None = None
    frequency_curve: tuple[CurvePoint, ...] = ()
    signal_curve: tuple[CurvePoint, ...] = ()
    evse_sleep: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class V2xSchedule:
    """ChargingScheduleType, likewise."""

    periods: tuple[V2xPeriod, ...]
    in_w: bool = True
    starts: bool = False
    ends: bool = False
    randomized_delay_s: int = 0
    local_time: bool = False
    limit_at_soc: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class V2xProfile:
    """ChargingProfileType, likewise. `updates`: it has dynUpdateInterval or dynUpdateTime."""

    profile_id: int
    purpose: str
    kind: str
    schedules: tuple[V2xSchedule, ...]
    updates: bool = False
    max_offline: bool = False


def refusal(profile: V2xProfile, station: V2xAbilities) -> V2xRefusal | None:
    """The first rule that `profile` breaks at a station of these abilities, or None."""
    return next(_broken(profile, station), None)


def _broken(profile: V2xProfile, station: V2xAbilities) -> Iterator[V2xRefusal]:
    yield from _profile(profile, station)
    for schedule in profile.schedules:
        yield from _schedule(profile, schedule)
        yield from _extras(profile, schedule, station)
        for period in schedule.periods:
            yield from _mode(profile, period, station)
            yield from _fields(period)
            yield from _values(profile, period)
            yield from _curves(schedule, period)


def _profile(profile: V2xProfile, station: V2xAbilities) -> Iterator[V2xRefusal]:
    if profile.purpose == "ChargingStationExternalConstraints":  # K01.FR.22
        yield V2xRefusal.NOT_OURS_TO_SET
    if profile.purpose in _ADDITIONAL - station.purposes:  # K01.FR.120
        yield V2xRefusal.PURPOSE_NOT_SUPPORTED
    if profile.profile_id <= station.highest_external_id:  # K01.FR.80
        yield V2xRefusal.PROFILE_ID_TOO_LOW
    if not 1 <= len(profile.schedules) <= MAX_SCHEDULES:
        yield V2xRefusal.SCHEDULE_COUNT
    if profile.kind == "Dynamic":
        if Support.DYNAMIC_PROFILES not in station.supports:  # K01.FR.121
            yield V2xRefusal.DYNAMIC_NOT_SUPPORTED
        if [len(one.periods) for one in profile.schedules] != [1]:  # K28.FR.01
            yield V2xRefusal.DYNAMIC_SHAPE
    elif profile.updates:  # K01.FR.122, K28.FR.04
        yield V2xRefusal.UPDATE_WITHOUT_DYNAMIC
    if profile.max_offline and Support.MAX_OFFLINE_DURATION not in station.supports:
        yield V2xRefusal.OFFLINE_NOT_SUPPORTED


def _schedule(profile: V2xProfile, schedule: V2xSchedule) -> Iterator[V2xRefusal]:
    if not 1 <= len(schedule.periods) <= MAX_PERIODS:
        yield V2xRefusal.PERIOD_COUNT
    if schedule.periods and schedule.periods[0].start_s != 0:  # K01.FR.31, K28.FR.02
        yield V2xRefusal.FIRST_PERIOD_LATE
    if any(later.start_s <= one.start_s for one, later in pairwise(schedule.periods)):
        yield V2xRefusal.PERIODS_NOT_RISING  # K01.FR.35
    if profile.kind in ("Absolute", "Recurring") and not schedule.starts:  # K01.FR.40
        yield V2xRefusal.START_MISSING
    if profile.kind == "Relative" and schedule.starts:  # K01.FR.41
        yield V2xRefusal.START_WITH_RELATIVE


def _extras(
    profile: V2xProfile, schedule: V2xSchedule, station: V2xAbilities
) -> Iterator[V2xRefusal]:
    if profile.purpose == "PriorityCharging" and schedule.ends:  # K01.FR.70
        yield V2xRefusal.PRIORITY_WITH_DURATION
    if schedule.local_time and Support.LOCAL_TIME not in station.supports:  # K01.FR.123
        yield V2xRefusal.LOCAL_TIME_NOT_SUPPORTED
    if schedule.limit_at_soc and Support.LIMIT_AT_SOC not in station.supports:  # K01.FR.125
        yield V2xRefusal.LIMIT_AT_SOC_NOT_SUPPORTED
    if schedule.randomized_delay_s > 0:
        if profile.purpose not in TX_PURPOSES:  # K01.FR.95
            yield V2xRefusal.DELAY_NOT_ALLOWED
        if Support.RANDOMIZED_DELAY not in station.supports:  # K01.FR.124
            yield V2xRefusal.DELAY_NOT_SUPPORTED


def _mode(profile: V2xProfile, period: V2xPeriod, station: V2xAbilities) -> Iterator[V2xRefusal]:
    if period.mode not in _MODES_OF.get(profile.purpose, OperationMode):  # K01.FR.111, 113
        yield V2xRefusal.MODE_NOT_ALLOWED
    if period.mode is not OperationMode.CHARGING_ONLY and period.mode not in station.modes:
        yield V2xRefusal.MODE_NOT_SUPPORTED  # K01.FR.115
    if period.mode is OperationMode.LOCAL_LOAD_BALANCING and not station.balances:  # Q09.FR.02
        yield V2xRefusal.THRESHOLDS_MISSING
    if period.evse_sleep and period.mode is not OperationMode.IDLE:  # K01.FR.126
        yield V2xRefusal.SLEEP_WITHOUT_IDLE
    if period.evse_sleep and Support.EVSE_SLEEP not in station.supports:
        yield V2xRefusal.SLEEP_NOT_SUPPORTED


_NO_LIMITS: Final = frozenset(
    {OperationMode.IDLE, OperationMode.LOCAL_FREQUENCY, OperationMode.EXTERNAL_LIMITS}
)
_CENTRAL: Final = frozenset({OperationMode.CENTRAL_SETPOINT, OperationMode.CENTRAL_FREQUENCY})


def _fields(period: V2xPeriod) -> Iterator[V2xRefusal]:
    """Limits and setpoints per operation mode (Q02.FR.02, Q08.FR.01, Q10.FR.01)."""
    mode = period.mode
    charging_only = mode is OperationMode.CHARGING_ONLY
    if charging_only and period.limit.l1 is None:
        yield V2xRefusal.LIMIT_MISSING
    if mode in _NO_LIMITS and period.limit.given:
        yield V2xRefusal.LIMIT_NOT_ALLOWED
    if (charging_only or mode in _NO_LIMITS) and period.discharge_limit.given:
        yield V2xRefusal.DISCHARGE_LIMIT_NOT_ALLOWED
    if mode in _CENTRAL and period.setpoint.l1 is None:
        yield V2xRefusal.SETPOINT_MISSING
    if mode not in _CENTRAL and period.setpoint.given:
        yield V2xRefusal.SETPOINT_NOT_ALLOWED
    if mode is not OperationMode.CENTRAL_SETPOINT and period.reactive.given:
        yield V2xRefusal.REACTIVE_NOT_ALLOWED


def _values(profile: V2xProfile, period: V2xPeriod) -> Iterator[V2xRefusal]:
    if any(one is not None and one < 0 for one in period.limit):
        yield V2xRefusal.LIMIT_NEGATIVE
    if any(one is not None and one > 0 for one in period.discharge_limit):
        yield V2xRefusal.DISCHARGE_LIMIT_POSITIVE
    if period.setpoint.per_phase and profile.purpose != "TxProfile":
        yield V2xRefusal.SETPOINT_PER_PHASE
    for lowest, setpoint, highest in zip(
        period.discharge_limit, period.setpoint, period.limit, strict=True
    ):
        if setpoint is not None and not _within(setpoint, lowest, highest):
            yield V2xRefusal.SETPOINT_OUT_OF_LIMITS


def _within(value: Magnitude, lowest: Magnitude | None, highest: Magnitude | None) -> bool:
    return (lowest is None or value >= lowest) and (highest is None or value <= highest)


def _curves(schedule: V2xSchedule, period: V2xPeriod) -> Iterator[V2xRefusal]:
    has_curve = bool(period.frequency_curve or period.signal_curve)
    if period.mode is not OperationMode.LOCAL_FREQUENCY:
        if has_curve or period.baseline is not None:
            yield V2xRefusal.CURVE_NOT_ALLOWED
        return
    if len(period.frequency_curve) < MIN_POINTS or period.baseline is None:  # Q08.FR.02
        yield V2xRefusal.CURVE_MISSING
    if 0 < len(period.signal_curve) < MIN_POINTS:
        yield V2xRefusal.CURVE_MISSING
    for curve in (period.frequency_curve, period.signal_curve):
        if any(later.at <= one.at for one, later in pairwise(curve)):
            yield V2xRefusal.CURVE_NOT_RISING
    if any(later.power < one.power for one, later in pairwise(period.frequency_curve)):
        yield V2xRefusal.CURVE_AGAINST_THE_GRID  # it would take most when there is least
    if not schedule.in_w:  # Q08.FR.05
        yield V2xRefusal.CURVE_NOT_IN_W
