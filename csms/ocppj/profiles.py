"""ChargingProfileType and ChargingScheduleType as JSON values → ChargingProfile in W.

On JSON values and not on a version's structs, since profiles are stored so, and what 2.0.1 and 2.1
share is all that a composite needs. In 2.1 a period may carry a `setpoint` in place of a limit.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from csms.domain.charging_profile import ChargingProfile, ChargingSchedulePeriod, Kind, Purpose
from csms.domain.charging_state import ChargingState
from csms.domain.composite import CompositeStep
from csms.domain.facts_charging import ChargingLimitTold, ChargingProfileHeld, ProfileSide
from csms.domain.ids import TransactionId
from csms.domain.meter import Magnitude
from csms.domain.profile_report import OURS
from csms.domain.station import RateUnit, StationAbilities
from csms.domain.units import balanced_w
from csms.ocppj.inbound201 import utc

Values = Mapping[str, Any]


def profiles_of(
    profile: Values, evse_id: int, abilities: StationAbilities
) -> tuple[ChargingProfile, ...]:
    """One ChargingProfile per schedule of a ChargingProfileType. Raises KeyError or ValueError if
    it is none, or of a purpose or kind that 2.0.1 does not know."""
    return tuple(
        ChargingProfile(
            profile_id=profile["id"],
            evse_id=evse_id,
            purpose=Purpose(profile["chargingProfilePurpose"]),
            kind=_kind(profile),
            periods=periods_of(schedule, abilities),
            stack_level=profile["stackLevel"],
            start_at=time_of(schedule.get("startSchedule")),
            duration_s=schedule.get("duration"),
            valid_from=time_of(profile.get("validFrom")),
            valid_to=time_of(profile.get("validTo")),
            transaction_id=_transaction_id(profile),
        )
        for schedule in profile["chargingSchedule"]
    )


def held_profiles(
    held: tuple[ChargingProfileHeld, ...], abilities: StationAbilities
) -> tuple[ChargingProfile, ...]:
    """The first schedule of each (an ISO 15118 vehicle may choose another: K15.FR.18); those that
    2.0.1 has no words for are left out."""
    found: list[ChargingProfile] = []
    for one in held:
        try:
            found.append(profiles_of(_counted_from(one), one.evse_id, abilities)[0])
        except (KeyError, ValueError):
            continue
    return tuple(found)


def _counted_from(held: ChargingProfileHeld) -> Values:
    """A dynamic profile (2.1) counts from its last update; to a composite it is an absolute one."""
    profile = held.payload
    if profile["chargingProfileKind"] != "Dynamic":
        return profile
    since = profile.get("dynUpdateTime") or held.at
    schedules = [{**one, "startSchedule": since} for one in profile["chargingSchedule"]]
    return {**profile, "chargingProfileKind": Kind.ABSOLUTE, "chargingSchedule": schedules}


def limits_as_profiles(
    limits: tuple[ChargingLimitTold, ...], abilities: StationAbilities
) -> tuple[ChargingProfile, ...]:
    """What others set, as the constraints that they are; without a start they hold since told."""
    return tuple(
        ChargingProfile(
            profile_id=-1,
            evse_id=limit.evse_id,
            purpose=Purpose.EXTERNAL_CONSTRAINTS,
            kind=Kind.ABSOLUTE,
            periods=periods_of(schedule, abilities),
            start_at=time_of(schedule.get("startSchedule")) or limit.at,
            duration_s=schedule.get("duration"),
        )
        for limit in limits
        for schedule in limit.schedules
        if _says_how_much(schedule)
    )


def of_unknown_size(limits: Iterable[ChargingLimitTold]) -> bool:
    """Is one of them a limit of which it is not said how low it is?"""
    return any(
        not limit.schedules or not all(map(_says_how_much, limit.schedules)) for limit in limits
    )


def _says_how_much(schedule: Values) -> bool:
    """In 2.1 a period may leave the number to others (ExternalLimits, LocalFrequency …)."""
    return all(_number(period) is not None for period in schedule["chargingSchedulePeriod"])


def known_profiles(
    state: ChargingState, abilities: StationAbilities
) -> tuple[ChargingProfile, ...]:
    """All that is known to hold at a station: what we set, what it reported besides, and what
    others limit."""
    ours = state.held(ProfileSide.SET)
    ids = {one.profile_id for one in ours}
    besides = tuple(
        one
        for one in state.held(ProfileSide.REPORTED)
        if one.source != OURS or one.profile_id not in ids
    )
    return (
        *held_profiles((*ours, *besides), abilities),
        *limits_as_profiles(state.limits, abilities),
    )


def composite_steps(schedule: Values, abilities: StationAbilities) -> tuple[CompositeStep, ...]:
    """A station's CompositeScheduleType."""
    start_at = time_of(schedule["scheduleStart"])
    assert start_at is not None
    return steps_from(schedule, start_at, abilities)


def steps_from(
    schedule: Values, start_at: datetime, abilities: StationAbilities
) -> tuple[CompositeStep, ...]:
    """The periods of a schedule that starts at `start_at`; one without a number limits nothing."""
    return tuple(
        CompositeStep(
            start_at + timedelta(seconds=each["startPeriod"]),
            None if _number(each) is None else _period(each, unit_of(schedule), abilities).limit_w,
        )
        for each in schedule["chargingSchedulePeriod"]
    )


def periods_of(schedule: Values, abilities: StationAbilities) -> tuple[ChargingSchedulePeriod, ...]:
    """In W, whatever the schedule's unit. Raises ValueError if one says no number."""
    unit = unit_of(schedule)
    return tuple(_period(each, unit, abilities) for each in schedule["chargingSchedulePeriod"])


def unit_of(schedule: Values) -> RateUnit:
    """What its limits are in."""
    return RateUnit(schedule["chargingRateUnit"])


def time_of(value: str | datetime | None) -> datetime | None:
    """An aware time, as near as stores and sums of times can hold; one without a zone is UTC."""
    if value is None:
        return None
    at = msgspec.convert(value, datetime)
    return utc(at if at.tzinfo is not None else at.replace(tzinfo=UTC))


def _number(period: Values) -> Magnitude | None:
    """Its limit, or the setpoint that 2.1 may give in its place, or within it."""
    number = period.get("setpoint", period.get("limit"))
    return None if number is None else float(number)


def _period(period: Values, unit: RateUnit, abilities: StationAbilities) -> ChargingSchedulePeriod:
    limit = _number(period)
    if limit is None:
        raise ValueError("neither a limit nor a setpoint")
    phases = period.get("numberPhases")
    in_amps = unit is RateUnit.A
    over = min(phases or abilities.phases, abilities.phases)
    return ChargingSchedulePeriod(
        start_s=period["startPeriod"],
        limit_w=balanced_w(limit, phases=over, voltage_v=abilities.voltage_v) if in_amps else limit,
        phases=phases,
        limit_a=limit if in_amps else None,
        phase_to_use=period.get("phaseToUse"),
    )


def _kind(profile: Values) -> Kind:
    if profile["chargingProfileKind"] != "Recurring":
        return Kind(profile["chargingProfileKind"])
    return Kind(profile.get("recurrencyKind") or "")


def _transaction_id(profile: Values) -> TransactionId | None:
    told = profile.get("transactionId")
    return TransactionId(told) if told else None
