"""Charging profiles of one station: what is installed, and what limit it makes at an instant.

OCPP 2.0.1 K01: per purpose the highest stack level that is valid now counts; a TxProfile overrules
the TxDefaultProfile; the ChargingStationMaxProfile caps both. A profile outside `validFrom` and
`validTo`, or a schedule past its `duration`, counts as absent: leases really end. Pure.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

JsonObject = dict[str, Any]
HIGHEST_STACK_LEVEL: Final = 9
MOST_PERIODS: Final = 1024
FOR_EVER: Final = datetime.max.replace(tzinfo=UTC)


class Purpose(StrEnum):
    """ChargingProfilePurposeEnumType."""

    EXTERNAL = "ChargingStationExternalConstraints"
    STATION_MAX = "ChargingStationMaxProfile"
    TX_DEFAULT = "TxDefaultProfile"
    TX = "TxProfile"


class Kind(StrEnum):
    """ChargingProfileKindEnumType."""

    ABSOLUTE = "Absolute"
    RECURRING = "Recurring"
    RELATIVE = "Relative"


class NegativeLimit(StrEnum):
    """What a station makes of a negative limit."""

    DISCHARGES = "discharges"
    READS_NO_LIMIT = "reads_no_limit"


class Refusal(StrEnum):
    """Why a profile is not installed (the answer's statusInfo.reasonCode)."""

    UNKNOWN_EVSE = "UnknownEvse"
    INVALID_PROFILE = "InvalidProfile"
    INVALID_SCHEDULE = "InvalidSchedule"
    INVALID_STACK_LEVEL = "InvalidStackLevel"
    DUPLICATE_PROFILE = "DuplicateProfile"
    TX_NOT_FOUND = "TxNotFound"


@dataclass(frozen=True, slots=True)
class Profile:
    """One installed profile; limits already in W. `raw` is the object as it came."""

    profile_id: int
    evse_id: int
    purpose: Purpose
    stack_level: int
    kind: Kind
    valid_from: datetime | None
    valid_to: datetime | None
    transaction_id: str | None
    every: timedelta | None
    start: datetime | None
    duration: timedelta | None
    periods: tuple[tuple[timedelta, float], ...]
    raw: JsonObject

    def limit_at(self, now: datetime, started_at: datetime | None) -> float | None:
        """The limit in W at `now`, or None while this profile says nothing."""
        number = self.period_at(now, started_at)
        return None if number is None else self.periods[number][1]

    def period_at(self, now: datetime, started_at: datetime | None) -> int | None:
        """Which of its periods holds at `now`, or None while this profile says nothing."""
        start = self._start(now, started_at)
        if start is None or not self._valid(now):
            return None
        elapsed = now - start
        if elapsed < timedelta() or (self.duration is not None and elapsed >= self.duration):
            return None
        begun = [number for number, (begins, _) in enumerate(self.periods) if begins <= elapsed]
        return begun[-1] if begun else None

    def boundaries(self, now: datetime, started_at: datetime | None) -> Iterator[datetime]:
        """Instants at which what `limit_at` says may change."""
        yield from (at for at in (self.valid_from, self.valid_to) if at)
        start = self._start(now, started_at)
        if start is None:
            return
        yield from (start + begins for begins, _ in self.periods)
        if self.duration is not None:
            yield start + self.duration
        if self.every is not None:
            yield start + self.every

    def overlaps(self, other: "Profile") -> bool:
        """Whether both can be valid at one time."""
        return (self.valid_from or datetime.min.replace(tzinfo=UTC)) < (
            other.valid_to or FOR_EVER
        ) and (other.valid_from or datetime.min.replace(tzinfo=UTC)) < (self.valid_to or FOR_EVER)

    def _valid(self, now: datetime) -> bool:
        if self.valid_from is not None and now < self.valid_from:
            return False
        return self.valid_to is None or now < self.valid_to

    def _start(self, now: datetime, started_at: datetime | None) -> datetime | None:
        match self.kind:
            case Kind.RELATIVE:
                return started_at
            case Kind.RECURRING if self.start is not None and self.every is not None:
                return self.start + (now - self.start) // self.every * self.every
            case _:
                return self.start


@dataclass(slots=True)
class ProfileStack:
    """All profiles of a station with `evse_ids`, in W for `phases` at `voltage_v`."""

    evse_ids: frozenset[int]
    phases: int
    voltage_v: float
    negative_limit: NegativeLimit = NegativeLimit.DISCHARGES
    profiles: list[Profile] = field(default_factory=list)

    def install(
        self, evse_id: int, raw: JsonObject, transactions: dict[int, str]
    ) -> Refusal | None:
        """Install `raw` (a ChargingProfileType); the same id replaces. `transactions` are the ids
        of those that run, by EVSE. Raises KeyError, TypeError or ValueError if it cannot be read.
        """
        if evse_id != 0 and evse_id not in self.evse_ids:
            return Refusal.UNKNOWN_EVSE
        profile = self.parsed(evse_id, raw)
        refusal = _refusal(profile, transactions) or self._clash(profile)
        if refusal is None:
            self.profiles = [p for p in self.profiles if p.profile_id != profile.profile_id]
            self.profiles.append(profile)
        return refusal

    def remove(self, unwanted: Iterable[Profile]) -> None:
        """Forget `unwanted`."""
        ids = {profile.profile_id for profile in unwanted}
        self.profiles = [p for p in self.profiles if p.profile_id not in ids]

    def end_transaction(self, transaction_id: str) -> None:
        """A TxProfile goes with its transaction (K01.FR.24)."""
        self.remove([p for p in self.profiles if p.transaction_id == transaction_id])

    def find(self, criteria: JsonObject, evse_id: int | None = None) -> list[Profile]:
        """Profiles that meet ClearChargingProfile's or GetChargingProfiles' criteria."""
        ids = criteria.get("chargingProfileId")
        return [
            p
            for p in self.profiles
            if (evse_id is None or p.evse_id == evse_id)
            and (ids is None or p.profile_id in ids)
            and p.purpose == criteria.get("chargingProfilePurpose", p.purpose)
            and p.stack_level == criteria.get("stackLevel", p.stack_level)
        ]

    def limit_at(
        self, evse_id: int, now: datetime, started_at: datetime | None
    ) -> tuple[float | None, datetime]:
        """The limit in W (negative: discharge; None: no limit) and until when it surely holds.
        `started_at`: when the EVSE's transaction began, None without one."""
        ours = [p for p in self.profiles if p.evse_id in (0, evse_id)]
        transaction = self._top(ours, Purpose.TX, now, started_at)
        default = self._top(ours, Purpose.TX_DEFAULT, now, started_at)
        cap_w = self._read(self._top(ours, Purpose.STATION_MAX, now, started_at))
        limit_w = self._read(transaction if transaction is not None else default)
        limits = [value for value in (limit_w, cap_w) if value is not None]
        later = (at for p in ours for at in p.boundaries(now, started_at) if at > now)
        return min(limits, default=None), min(later, default=FOR_EVER)

    def composite(
        self, evse_id: int, now: datetime, duration_s: int, most_w: float, tx_at: datetime | None
    ) -> list[tuple[int, float]]:
        """(startPeriod in s, limit in W) from `now` on; no limit shows as the hardware's."""
        end = now + timedelta(seconds=duration_s)
        periods: list[tuple[int, float]] = []
        at = now
        while at < end and len(periods) < MOST_PERIODS:
            limit_w, until = self.limit_at(evse_id, at, tx_at)
            shown_w = most_w if limit_w is None else min(limit_w, most_w)
            if not periods or periods[-1][1] != shown_w:
                periods.append((round((at - now).total_seconds()), shown_w))
            at = until
        return periods

    def _top(
        self, profiles: list[Profile], purpose: Purpose, now: datetime, started_at: datetime | None
    ) -> float | None:
        """What the highest stack level that has something to say now says."""
        if purpose is Purpose.TX and started_at is None:
            return None
        for profile in sorted(profiles, key=lambda p: (p.stack_level, p.evse_id), reverse=True):
            if profile.purpose is purpose:
                limit_w = profile.limit_at(now, started_at)
                if limit_w is not None:
                    return limit_w
        return None

    def _read(self, limit_w: float | None) -> float | None:
        if limit_w is not None and limit_w < 0:
            return limit_w if self.negative_limit is NegativeLimit.DISCHARGES else None
        return limit_w

    def _clash(self, profile: Profile) -> Refusal | None:
        """K01.FR.06, FR.39: two profiles of one purpose and stack level must not overlap."""
        for other in self.profiles:
            if (
                other.profile_id != profile.profile_id
                and (other.purpose, other.stack_level) == (profile.purpose, profile.stack_level)
                and other.evse_id == profile.evse_id
                and other.transaction_id == profile.transaction_id
                and other.overlaps(profile)
            ):
                return Refusal.DUPLICATE_PROFILE
        return None

    def parsed(self, evse_id: int, raw: JsonObject) -> Profile:
        """`raw` in our units. Raises KeyError, TypeError, ValueError or IndexError."""
        schedule = raw["chargingSchedule"][0]
        kind = Kind(raw["chargingProfileKind"])
        watts = 1.0 if schedule["chargingRateUnit"] == "W" else self.voltage_v
        duration_s = schedule.get("duration")
        days = {"Daily": 1, "Weekly": 7}.get(raw.get("recurrencyKind", ""))
        return Profile(
            profile_id=int(raw["id"]),
            evse_id=evse_id,
            purpose=Purpose(raw["chargingProfilePurpose"]),
            stack_level=int(raw["stackLevel"]),
            kind=kind,
            valid_from=parse_time(raw.get("validFrom")),
            valid_to=parse_time(raw.get("validTo")),
            transaction_id=raw.get("transactionId"),
            every=timedelta(days=days) if kind is Kind.RECURRING and days else None,
            start=parse_time(schedule.get("startSchedule")),
            duration=None if duration_s is None else timedelta(seconds=int(duration_s)),
            periods=tuple(
                (
                    timedelta(seconds=int(period["startPeriod"])),
                    _power(period)
                    * (1.0 if watts == 1.0 else watts * period.get("numberPhases", self.phases)),
                )
                for period in schedule["chargingSchedulePeriod"]
            ),
            raw=raw,
        )


def _power(period: JsonObject) -> float:
    """The setpoint, baseline or limit; none of them in a mode of its own: 0 until it has spoken."""
    for name in ("setpoint", "v2xBaseline", "limit"):
        if name in period:
            return float(period[name])
    if period.get("operationMode") != "LocalLoadBalancing":
        raise KeyError("limit")
    return 0.0


def _refusal(profile: Profile, transactions: dict[int, str]) -> Refusal | None:
    """K01: what can be said of a profile by itself and by what runs."""
    if not 0 <= profile.stack_level <= HIGHEST_STACK_LEVEL:
        return Refusal.INVALID_STACK_LEVEL
    match profile.purpose:
        case Purpose.EXTERNAL:
            return Refusal.INVALID_PROFILE
        case Purpose.STATION_MAX if profile.evse_id != 0 or profile.kind is Kind.RELATIVE:
            return Refusal.INVALID_PROFILE
        case Purpose.TX if profile.evse_id == 0 or profile.transaction_id is None:
            return Refusal.INVALID_PROFILE
        case Purpose.TX if transactions.get(profile.evse_id) != profile.transaction_id:
            return Refusal.TX_NOT_FOUND
    if profile.kind is not Kind.RELATIVE and profile.start is None:
        return Refusal.INVALID_SCHEDULE
    if profile.kind is Kind.RECURRING and profile.every is None:
        return Refusal.INVALID_SCHEDULE
    begins = [at for at, _ in profile.periods]
    if not begins or begins[0] != timedelta() or begins != sorted(set(begins)):
        return Refusal.INVALID_SCHEDULE
    finite = all(math.isfinite(limit_w) for _, limit_w in profile.periods)
    return None if finite and len(begins) <= MOST_PERIODS else Refusal.INVALID_SCHEDULE


def parse_time(text: str | None) -> datetime | None:
    """RFC 3339 to aware UTC. Raises ValueError for anything else, a missing offset included."""
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("time without an offset")
    return at.astimezone(UTC)


def format_time(at: datetime) -> str:
    """UTC with milliseconds and Z, as on the wire."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
