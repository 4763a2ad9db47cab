"""ChargingProfile (OCPP 2.0.1, block K), its rules, and the composite of several of them.

Limits are in W here, whatever unit a station speaks; negative only where a dialect allows it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
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
    TRANSACTION_MISSING = "transaction_missing"
    TRANSACTION_NOT_ALLOWED = "transaction_not_allowed"
    NOT_OURS_TO_SET = "external_constraints_not_ours_to_set"


@dataclass(frozen=True, slots=True)
class ChargingSchedulePeriod:
    """`limit_w` holds from `start_s` after the schedule's start until the next period."""

    start_s: int
    limit_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingProfile:
    """One profile with one schedule, at one EVSE (0: the whole station)."""

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
    if profile.purpose is Purpose.STATION_MAX and profile.evse_id != 0:  # K01.FR.38
        return ProfileRefusal.EVSE_NOT_ZERO
    if profile.purpose is not Purpose.TX:
        has_transaction = profile.transaction_id is not None
        return ProfileRefusal.TRANSACTION_NOT_ALLOWED if has_transaction else None
    if profile.evse_id <= 0:  # K01.FR.16
        return ProfileRefusal.EVSE_MISSING
    return None if profile.transaction_id else ProfileRefusal.TRANSACTION_MISSING  # K01.FR.03


def limit_w(
    profiles: Iterable[ChargingProfile], at: datetime, transaction_started_at: datetime
) -> float | None:
    """What the profiles of one EVSE allow a running transaction at `at`; None: no limit.

    Per purpose the highest stack level with a limit at `at` wins, a TxProfile stands above the
    TxDefaultProfile, and the purposes are combined to the lowest (K01, composite schedule).
    """
    best: dict[Purpose, tuple[int, float]] = {}
    for profile in profiles:
        own_w = _own_limit_w(profile, at, transaction_started_at)
        if own_w is not None and profile.stack_level >= best.get(profile.purpose, (-1,))[0]:
            best[profile.purpose] = (profile.stack_level, own_w)
    if Purpose.TX in best:
        best.pop(Purpose.TX_DEFAULT, None)
    return min((found_w for _, found_w in best.values()), default=None)


def composite(
    profiles: Iterable[ChargingProfile],
    start_at: datetime,
    end_at: datetime,
    transaction_started_at: datetime,
) -> tuple[tuple[datetime, float | None], ...]:
    """(time, limit in W or None) at `start_at` and at every change before `end_at`."""
    known = tuple(profiles)
    times = {start_at}
    for profile in known:
        edges = _edges(profile, start_at, end_at, transaction_started_at)
        times.update(at for at in edges if start_at < at < end_at)
    steps = [(at, limit_w(known, at, transaction_started_at)) for at in sorted(times)]
    changes = (later for earlier, later in pairwise(steps) if later[1] != earlier[1])
    return (steps[0], *changes)


def _edges(
    profile: ChargingProfile,
    start_at: datetime,
    end_at: datetime,
    transaction_started_at: datetime,
) -> Iterator[datetime]:
    """Every time from `start_at` to `end_at` at which the limit of `profile` may change."""
    yield from (at for at in (profile.valid_from, profile.valid_to) if at)
    offsets_s = [period.start_s for period in profile.periods]
    if profile.duration_s is not None:
        offsets_s.append(profile.duration_s)
    begin = profile.start_at or transaction_started_at
    if profile.kind not in _RECURS_S:
        yield from (begin + timedelta(seconds=offset_s) for offset_s in offsets_s)
        return
    every = timedelta(seconds=_RECURS_S[profile.kind])
    begin += max((start_at - begin) // every, 0) * every
    while begin < end_at:
        yield from (begin + timedelta(seconds=offset_s) for offset_s in offsets_s)
        begin += every


def _own_limit_w(
    profile: ChargingProfile, at: datetime, transaction_started_at: datetime
) -> float | None:
    if profile.valid_from and at < profile.valid_from:
        return None
    if profile.valid_to and at >= profile.valid_to:
        return None
    elapsed_s = (at - (profile.start_at or transaction_started_at)).total_seconds()
    if elapsed_s < 0:
        return None
    if profile.kind in _RECURS_S:
        elapsed_s %= _RECURS_S[profile.kind]
    if profile.duration_s is not None and elapsed_s >= profile.duration_s:
        return None
    return next(p.limit_w for p in reversed(profile.periods) if p.start_s <= elapsed_s)


_RECURS_S: Final = {Kind.DAILY: 86_400, Kind.WEEKLY: 604_800}
