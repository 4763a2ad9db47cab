"""The composite schedule: what all profiles together allow an EVSE, or a whole station (K08).

Per purpose the highest stack level with a limit at the moment wins (K01.FR.17), a TxProfile stands
above a TxDefaultProfile, and of the purposes the lowest limit holds (K08.FR.04); of limits that
others set, each one does. An EVSE without a transaction is taken as if one had just begun under the
TxDefaultProfile (K08.FR.06). A station is the sum of its EVSEs under its own limits (K08.FR.03).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

from csms.domain.charging_profile import ChargingProfile, ChargingSchedulePeriod, Kind, Purpose
from csms.domain.charging_state import OpenTransaction
from csms.domain.ids import EvseId
from csms.domain.units import NOMINAL_V, PHASES, balanced_w

TOLERANCE_W: Final = 100.0
TOLERANCE_RATIO: Final = 0.02
SHORTEST: Final = timedelta(seconds=5)
"""A difference that is over sooner is rounding of times, not of limits."""


class CompositeStep(NamedTuple):
    """From `at` on; `limit_w` None: nothing limits."""

    at: datetime
    limit_w: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a composite depends on besides profiles."""

    evse_ids: tuple[int, ...] = ()
    transactions: Mapping[EvseId, OpenTransaction] = field(default_factory=dict)
    voltage_v: float = NOMINAL_V
    phases: Mapping[int, int] = field(default_factory=dict)
    """How many supply an EVSE (0: the station), where that is known."""

    def phases_at(self, evse_id: int) -> int:
        """Those of the EVSE, else of the station, else three (K01.FR.49)."""
        return self.phases.get(evse_id, self.phases.get(0, PHASES))


class DeviationKind(StrEnum):
    """How a station's own composite schedule differs from ours."""

    ALLOWS_MORE = "station_allows_more"
    ALLOWS_LESS = "station_allows_less"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """The station says `told_w` from `at` on where its profiles come to `expected_w`."""

    at: datetime
    kind: DeviationKind
    expected_w: float
    told_w: float


def composite(
    profiles: Iterable[ChargingProfile],
    evse_id: int,
    start_at: datetime,
    end_at: datetime,
    situation: Situation,
) -> tuple[CompositeStep, ...]:
    """The limit of an EVSE (0: the station) at `start_at` and at each change before `end_at`."""
    known = tuple(profiles)
    times = {start_at}
    places = {evse_id, *situation.evse_ids}  # a relative schedule starts at each in its own time
    for one in known:
        for begin in {_begin(one, place, start_at, situation) for place in places}:
            times.update(
                at for at in _edges(one, begin, start_at, end_at) if start_at < at < end_at
            )
    steps = [
        CompositeStep(at, _limit_w(known, evse_id, at, start_at, situation)) for at in sorted(times)
    ]
    changes = (later for earlier, later in pairwise(steps) if later.limit_w != earlier.limit_w)
    return (steps[0], *changes)


def deviations(
    expected: Sequence[CompositeStep],
    told: Sequence[CompositeStep],
    end_at: datetime,
    *,
    others_limit: bool = False,
) -> tuple[Deviation, ...]:
    """Where a station's schedule leaves the expected one, the first moment of each.

    A limit where we expect none is the hardware's. With `others_limit` (a limit that we know of,
    but not how low it is) the station may allow less.
    """
    found: list[Deviation] = []
    before: DeviationKind | None = None
    times = sorted({step.at for step in (*expected, *told) if step.at < end_at})
    for at, next_at in pairwise((*times, end_at)):
        ours_w, theirs_w = limit_at_w(expected, at), limit_at_w(told, at)
        kind = _kind(ours_w, theirs_w)
        if kind is DeviationKind.ALLOWS_LESS and others_limit:
            kind = None
        if next_at - at < SHORTEST:
            continue
        if kind is not None and kind is not before and ours_w is not None and theirs_w is not None:
            found.append(Deviation(at=at, kind=kind, expected_w=ours_w, told_w=theirs_w))
        before = kind
    return tuple(found)


def _kind(ours_w: float | None, theirs_w: float | None) -> DeviationKind | None:
    if ours_w is None or theirs_w is None:
        return None
    tolerance_w = max(TOLERANCE_W, TOLERANCE_RATIO * abs(ours_w))
    if abs(theirs_w - ours_w) <= tolerance_w:
        return None
    return DeviationKind.ALLOWS_MORE if theirs_w > ours_w else DeviationKind.ALLOWS_LESS


def limit_at_w(steps: Sequence[CompositeStep], at: datetime) -> float | None:
    """The limit that holds at `at`."""
    return next((step.limit_w for step in reversed(steps) if step.at <= at), None)


def _limit_w(
    profiles: Sequence[ChargingProfile],
    evse_id: int,
    at: datetime,
    now: datetime,
    situation: Situation,
) -> float | None:
    if evse_id > 0:
        return _merged_w(_binding(profiles, evse_id, at, now, situation), evse_id, situation)
    own_w = _merged_w(_binding(profiles, 0, at, now, situation), 0, situation)
    of_evses_w = [
        _merged_w(_binding(profiles, one, at, now, situation), one, situation)
        for one in situation.evse_ids
    ]
    told_w = [one for one in of_evses_w if one is not None]
    if not told_w or len(told_w) < len(of_evses_w):
        return own_w
    return sum(told_w) if own_w is None else min(own_w, sum(told_w))


def _binding(
    profiles: Sequence[ChargingProfile],
    evse_id: int,
    at: datetime,
    now: datetime,
    situation: Situation,
) -> list[ChargingSchedulePeriod]:
    """The periods that hold for an EVSE at `at`: one per purpose, and every limit of others."""
    best: dict[Purpose, tuple[tuple[int, int], ChargingSchedulePeriod]] = {}
    of_others: list[ChargingSchedulePeriod] = []
    for one in profiles:
        if not _concerns(one, evse_id, situation):
            continue
        period = _period(one, _begin(one, evse_id, now, situation), at)
        if period is None:
            continue
        if one.purpose is Purpose.EXTERNAL_CONSTRAINTS:
            of_others.append(period)
            continue
        rank = (one.stack_level, one.evse_id)
        if one.purpose not in best or rank >= best[one.purpose][0]:
            best[one.purpose] = (rank, period)
    if Purpose.TX in best:
        best.pop(Purpose.TX_DEFAULT, None)
    return [*(period for _, period in best.values()), *of_others]


def _concerns(profile: ChargingProfile, evse_id: int, situation: Situation) -> bool:
    match profile.purpose:
        case Purpose.TX:
            running = situation.transactions.get(EvseId(evse_id))
            ours = running and profile.transaction_id in (None, running.transaction_id)
            return bool(ours) and profile.evse_id == evse_id
        case Purpose.TX_DEFAULT:  # set on EVSE 0 it holds for each EVSE (K01.FR.14)
            return evse_id > 0 and profile.evse_id in (0, evse_id)
        case _:
            return profile.evse_id in (0, evse_id)


def _merged_w(
    periods: Sequence[ChargingSchedulePeriod], evse_id: int, situation: Situation
) -> float | None:
    """The lowest limit; of currents per phase the lowest, over the fewest phases."""
    if not periods:
        return None
    lowest_w = min(period.limit_w for period in periods)
    currents_a = [period.limit_a for period in periods if period.limit_a is not None]
    if not currents_a:
        return lowest_w
    supplied = situation.phases_at(evse_id)
    phases = min(supplied, *(period.phases or supplied for period in periods))
    current_w = balanced_w(min(currents_a), phases=phases, voltage_v=situation.voltage_v)
    return min(lowest_w, current_w)


def _period(
    profile: ChargingProfile, begin: datetime, at: datetime
) -> ChargingSchedulePeriod | None:
    if profile.valid_from and at < profile.valid_from:
        return None
    if profile.valid_to and at >= profile.valid_to:
        return None
    elapsed_s = (at - begin).total_seconds()
    if elapsed_s < 0:
        return None
    if profile.kind in _RECURS_S:
        elapsed_s %= _RECURS_S[profile.kind]
    if profile.duration_s is not None and elapsed_s >= profile.duration_s:
        return None
    return next((p for p in reversed(profile.periods) if p.start_s <= elapsed_s), None)


def _begin(profile: ChargingProfile, evse_id: int, now: datetime, situation: Situation) -> datetime:
    """The schedule's start; a relative one starts with the transaction (K01.FR.41)."""
    if profile.kind is not Kind.RELATIVE and profile.start_at is not None:
        return profile.start_at
    running = situation.transactions.get(EvseId(evse_id))
    return running.started_at if running else now


def _edges(
    profile: ChargingProfile, begin: datetime, start_at: datetime, end_at: datetime
) -> Iterator[datetime]:
    """Every time from `start_at` to `end_at` at which the limit of `profile` may change."""
    yield from (at for at in (profile.valid_from, profile.valid_to) if at)
    offsets_s = [period.start_s for period in profile.periods]
    if profile.duration_s is not None:
        offsets_s.append(profile.duration_s)
    if profile.kind not in _RECURS_S:
        yield from (begin + timedelta(seconds=offset_s) for offset_s in offsets_s)
        return
    every = timedelta(seconds=_RECURS_S[profile.kind])
    begin += max((start_at - begin) // every, 0) * every
    while begin < end_at:
        yield from (begin + timedelta(seconds=offset_s) for offset_s in offsets_s)
        begin += every


_RECURS_S: Final = {Kind.DAILY: 86_400, Kind.WEEKLY: 604_800}
