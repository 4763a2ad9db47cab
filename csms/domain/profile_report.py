"""What a station reports to hold (K09), beside what it was given: the differences, in words."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from math import isclose
from typing import Any, Final, NamedTuple, Protocol

from csms.domain.charging_profile import ChargingProfile, Purpose
from csms.domain.charging_state import OpenTransaction

OURS: Final = "CSO"
"""ChargingLimitSourceEnumType: profiles that a CSMS set."""
TOLERANCE_RATIO: Final = 0.02
ROUNDING: Final = timedelta(seconds=1)


class Held(Protocol):
    """What a criterion looks at."""

    @property
    def evse_id(self) -> int: ...
    @property
    def profile_id(self) -> int: ...
    @property
    def purpose(self) -> str: ...
    @property
    def stack_level(self) -> int: ...
    @property
    def source(self) -> str: ...


class Slot(NamedTuple):
    """A place that a profile of ours has, whether it is there or not."""

    evse_id: int
    profile_id: int
    purpose: str
    stack_level: int
    source: str = OURS


def matches(criterion: Mapping[str, Any], evse_id: int | None, held: Held) -> bool:
    """Is `held` asked for by GetChargingProfiles or ClearChargingProfile? All fields that are
    given must match (K09.FR.04–06, K10.FR.04); `chargingProfileId` is one id or several."""
    ids = criterion.get("chargingProfileId")
    wanted = ids if isinstance(ids, list | tuple) else None if ids is None else (ids,)
    sources = criterion.get("chargingLimitSource")
    return (
        evse_id in (None, held.evse_id)
        and criterion.get("chargingProfilePurpose") in (None, held.purpose)
        and criterion.get("stackLevel") in (None, held.stack_level)
        and (wanted is None or held.profile_id in wanted)
        and (sources is None or held.source in sources)
    )


def in_force(
    profiles: Iterable[ChargingProfile],
    transactions: Mapping[Any, OpenTransaction],
    now: datetime,
) -> tuple[ChargingProfile, ...]:
    """Those that a station still has: not over, and no TxProfile of another transaction."""

    def lives(one: ChargingProfile) -> bool:
        if one.valid_to is not None and one.valid_to <= now:
            return False
        if one.purpose is not Purpose.TX:
            return True
        running = transactions.get(one.evse_id)
        return running is not None and one.transaction_id in (None, running.transaction_id)

    return tuple(one for one in profiles if lives(one))


def differences(
    given: Iterable[ChargingProfile], reported: Iterable[ChargingProfile]
) -> tuple[str, ...]:
    """Each difference in words, by profile id; `reported` are those with source CSO."""
    ours = {one.profile_id: one for one in given}
    theirs = {one.profile_id: one for one in reported}
    found = []
    for profile_id in sorted(ours.keys() | theirs.keys()):
        ours_one, theirs_one = ours.get(profile_id), theirs.get(profile_id)
        if theirs_one is None:
            found.append(f"profile {profile_id} is missing")
        elif ours_one is None:
            found.append(f"profile {profile_id} was not set by us")
        else:
            other = [name for name, same in _COMPARED.items() if not same(ours_one, theirs_one)]
            found += [f"profile {profile_id} has another {name}" for name in other]
    return tuple(found)


def _same_time(one: datetime | None, other: datetime | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= ROUNDING


def _same_limits(one: ChargingProfile, other: ChargingProfile) -> bool:
    return len(one.periods) == len(other.periods) and all(
        mine.start_s == theirs.start_s
        and isclose(mine.limit_w, theirs.limit_w, rel_tol=TOLERANCE_RATIO, abs_tol=1.0)
        for mine, theirs in zip(one.periods, other.periods, strict=True)
    )


_COMPARED: Final[Mapping[str, Callable[[ChargingProfile, ChargingProfile], bool]]] = {
    "EVSE": lambda one, other: one.evse_id == other.evse_id,
    "purpose": lambda one, other: one.purpose is other.purpose,
    "stack level": lambda one, other: one.stack_level == other.stack_level,
    "kind": lambda one, other: one.kind is other.kind,
    "transaction": lambda one, other: one.transaction_id in (None, other.transaction_id),
    "validity": lambda one, other: (
        _same_time(one.valid_from, other.valid_from) and _same_time(one.valid_to, other.valid_to)
    ),
    "start": lambda one, other: _same_time(one.start_at, other.start_at),
    "duration": lambda one, other: one.duration_s == other.duration_s,
    "limit": _same_limits,
}
