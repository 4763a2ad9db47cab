"""ChargingProfile (OCPP 2.0.1, block K), and the rules that it must keep by itself.

Limits are in W here, whatever unit a station speaks; negative only where a dialect allows it.
What several come to: `csms.domain.composite`; how they get along: `csms.domain.profile_rules`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final

from csms.domain.ids import TransactionId

MAX_PERIODS: Final = 1024


class Purpose(StrEnum):
    """ChargingProfilePurposeEnumType."""

    EXTERNAL_CONSTRAINTS = "ChargingStationExternalConstraints"
    STATION_MAX = "ChargingStationMaxProfile"
    TX_DEFAULT = "TxDefaultProfile"
    TX = "TxProfile"


class Kind(StrEnum):
    """ChargingProfileKindEnumType: what the start of the schedule is."""

    ABSOLUTE = "Absolute"
    DAILY = "Daily"
    WEEKLY = "Weekly"
    RELATIVE = "Relative"


class RateUnit(StrEnum):
    """ChargingRateUnitEnumType."""

    W = "W"
    A = "A"


class ProfileRefusal(StrEnum):
    """Why a profile is not sent."""

    NO_PERIODS = "no_periods"
    TOO_MANY_PERIODS = "too_many_periods"
    FIRST_PERIOD_LATE = "first_period_not_at_zero"
    PERIODS_NOT_RISING = "periods_not_rising"
    NEGATIVE_STACK_LEVEL = "negative_stack_level"
    DURATION_NOT_POSITIVE = "duration_not_positive"
    VALIDITY_EMPTY = "validity_empty"
    START_MISSING = "start_missing"
    START_WITH_RELATIVE = "start_with_relative"
    EVSE_MISSING = "evse_missing"
    EVSE_NOT_ZERO = "evse_not_zero"
    STATION_MAX_RELATIVE = "station_max_profile_relative"
    PHASE_TO_USE_ALONE = "phase_to_use_needs_one_phase"
    RECURRENCY_MISSING = "recurrency_missing"
    SEVERAL_SCHEDULES = "several_schedules_without_charging_needs"
    RATE_UNIT_UNKNOWN = "rate_unit_not_supported"
    STACK_LEVEL_TOO_HIGH = "stack_level_too_high"
    PERIODS_NOT_SUPPORTED = "more_periods_than_the_station_takes"
    PHASE_SWITCHING_UNKNOWN = "phase_switching_not_supported"
    STACK_LEVEL_TAKEN = "stack_level_taken"
    TRANSACTION_NOT_OPEN = "transaction_not_open"
    OUTRANKS_LEASE = "outranks_the_lease"
    LEASE_IN_FORCE = "lease_in_force"
    CRITERION_MISSING = "criterion_missing"
    NOT_A_TX_PROFILE = "not_a_tx_profile"
    UNKNOWN_WORDS = "purpose_or_kind_unknown"
    TRANSACTION_MISSING = "transaction_missing"
    TRANSACTION_NOT_ALLOWED = "transaction_not_allowed"
    NOT_OURS_TO_SET = "external_constraints_not_ours_to_set"


@dataclass(frozen=True, slots=True)
class ChargingSchedulePeriod:
    """`limit_w` holds from `start_s` after the schedule's start until the next period.

    `limit_a` is the current per phase where the limit was told in A: with `phases` it stays true
    when another profile allows fewer of them. `phases` None: not said, so three (K01.FR.49).
    """

    start_s: int
    limit_w: float
    phases: int | None = None
    limit_a: float | None = None
    phase_to_use: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingProfile:
    """One profile with one schedule, at one EVSE (0: the whole station).

    `transaction_id` None in a TxProfile: the one that came with RequestStartTransaction (K05).
    """

    profile_id: int
    evse_id: int
    purpose: Purpose
    kind: Kind
    periods: tuple[ChargingSchedulePeriod, ...]
    stack_level: int = 0
    start_at: datetime | None = None
    duration_s: int | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    transaction_id: TransactionId | None = None


def refusal(profile: ChargingProfile) -> ProfileRefusal | None:
    """The first rule that `profile` breaks, or None (K01 and its functional requirements)."""
    return _schedule_refusal(profile) or _time_refusal(profile) or _purpose_refusal(profile)


def _schedule_refusal(profile: ChargingProfile) -> ProfileRefusal | None:
    if not profile.periods:
        return ProfileRefusal.NO_PERIODS
    if len(profile.periods) > MAX_PERIODS:
        return ProfileRefusal.TOO_MANY_PERIODS
    if profile.periods[0].start_s != 0:  # K01.FR.31
        return ProfileRefusal.FIRST_PERIOD_LATE
    if any(later.start_s <= earlier.start_s for earlier, later in pairwise(profile.periods)):
        return ProfileRefusal.PERIODS_NOT_RISING  # K01.FR.35
    if profile.stack_level < 0:
        return ProfileRefusal.NEGATIVE_STACK_LEVEL
    if any(each.phase_to_use is not None and each.phases != 1 for each in profile.periods):
        return ProfileRefusal.PHASE_TO_USE_ALONE  # K01.FR.19
    return None


def _time_refusal(profile: ChargingProfile) -> ProfileRefusal | None:
    if profile.duration_s is not None and profile.duration_s <= 0:
        return ProfileRefusal.DURATION_NOT_POSITIVE
    if profile.valid_from and profile.valid_to and profile.valid_to <= profile.valid_from:
        return ProfileRefusal.VALIDITY_EMPTY
    if profile.kind is Kind.RELATIVE and profile.start_at is not None:  # K01.FR.41
        return ProfileRefusal.START_WITH_RELATIVE
    if profile.kind is not Kind.RELATIVE and profile.start_at is None:  # K01.FR.40
        return ProfileRefusal.START_MISSING
    return None


def _purpose_refusal(profile: ChargingProfile) -> ProfileRefusal | None:
    if profile.purpose is Purpose.EXTERNAL_CONSTRAINTS:  # K01.FR.22
        return ProfileRefusal.NOT_OURS_TO_SET
    if profile.purpose is Purpose.STATION_MAX and profile.evse_id != 0:  # K04.FR.03
        return ProfileRefusal.EVSE_NOT_ZERO
    if profile.purpose is Purpose.STATION_MAX and profile.kind is Kind.RELATIVE:  # K01.FR.38
        return ProfileRefusal.STATION_MAX_RELATIVE
    if profile.purpose is not Purpose.TX:
        has_transaction = profile.transaction_id is not None
        return ProfileRefusal.TRANSACTION_NOT_ALLOWED if has_transaction else None
    if profile.evse_id <= 0:  # K01.FR.16
        return ProfileRefusal.EVSE_MISSING
    return None if profile.transaction_id else ProfileRefusal.TRANSACTION_MISSING  # K01.FR.03
