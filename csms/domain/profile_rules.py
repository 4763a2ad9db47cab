"""How profiles get along: with each other, with what a station can, and with the lease (K01).

A station would refuse most of these, or worse, take them: so they are refused here, by name.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from csms.domain.charging_profile import ChargingProfile, ProfileRefusal, Purpose

LEASE_STACK_LEVEL: Final = 0
"""Where the controller's TxProfile lies: some stations know no other level."""
STACK_LEVELS: Final = "ProfileStackLevel"
PERIODS: Final = "PeriodsPerSchedule"


def conflict(profile: ChargingProfile, held: Iterable[ChargingProfile]) -> ProfileRefusal | None:
    """K01.FR.06, 39, 52 and 53: no two profiles of one rank at one place and one time."""
    for other in held:
        if other.profile_id != profile.profile_id and _collide(profile, other):
            return ProfileRefusal.STACK_LEVEL_TAKEN
    return None


def _collide(one: ChargingProfile, other: ChargingProfile) -> bool:
    if (one.purpose, one.stack_level) != (other.purpose, other.stack_level):
        return False
    if one.purpose is Purpose.TX:
        same = one.transaction_id == other.transaction_id
        return same and one.evse_id == other.evse_id
    everywhere = one.purpose is Purpose.TX_DEFAULT and 0 in (one.evse_id, other.evse_id)
    return (everywhere or one.evse_id == other.evse_id) and _overlap(one, other)


def _overlap(one: ChargingProfile, other: ChargingProfile) -> bool:
    def ends_before(first: ChargingProfile, second: ChargingProfile) -> bool:
        ends, starts = first.valid_to, second.valid_from
        return ends is not None and starts is not None and ends <= starts

    return not ends_before(one, other) and not ends_before(other, one)


def inability(profile: ChargingProfile, variables: Mapping[str, str]) -> ProfileRefusal | None:
    """What SmartChargingCtrlr says the station cannot (K01.FR.20); silent variables allow."""
    highest, most = (_integer(variables, name) for name in (STACK_LEVELS, PERIODS))
    if highest is not None and profile.stack_level > highest:
        return ProfileRefusal.STACK_LEVEL_TOO_HIGH
    if most is not None and len(profile.periods) > most:
        return ProfileRefusal.PERIODS_NOT_SUPPORTED
    switches = variables.get("ACPhaseSwitchingSupported", "false").lower() == "true"
    if not switches and any(each.phase_to_use is not None for each in profile.periods):
        return ProfileRefusal.PHASE_SWITCHING_UNKNOWN
    return None


def rate_unit_refusal(unit: str, variables: Mapping[str, str]) -> ProfileRefusal | None:
    """K01.FR.26: a unit that is not in RateUnit is refused by the station."""
    known = {one.strip() for one in variables.get("RateUnit", "").split(",") if one.strip()}
    return ProfileRefusal.RATE_UNIT_UNKNOWN if known and unit not in known else None


def outranks_lease(profile: ChargingProfile) -> bool:
    """Would this take the power out of the controller's hands?"""
    return profile.purpose is Purpose.TX and profile.stack_level >= LEASE_STACK_LEVEL


def _integer(variables: Mapping[str, str], name: str) -> int | None:
    value = variables.get(name, "")
    return int(value) if value.isdecimal() else None
