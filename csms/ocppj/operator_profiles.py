"""What a profile of an operator's may not do: touch floor and leases, or discharge past the rules.

Profiles are ChargingProfileType as JSON values, of whatever version.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from csms.domain.charging_profile import ProfileRefusal, Purpose, refusal
from csms.domain.discharge import permitted_w
from csms.domain.ids import TransactionId
from csms.domain.profile_report import Slot
from csms.domain.profile_rules import LEASE_STACK_LEVEL
from csms.domain.station import StationAbilities
from csms.ocppj.dialects import SetpointRefusal, floor_id, lease_id
from csms.ocppj.profiles import profiles_of

MOST_EVSES: Final = 1_000
_TO_COME: Final = TransactionId("to come")


def is_reserved(profile_id: int, abilities: StationAbilities) -> bool:
    """Is it the id of the floor or of a lease?"""
    leased = range(lease_id(0, abilities), lease_id(MOST_EVSES, abilities))
    return profile_id == floor_id(abilities) or profile_id in leased


def floor_of(abilities: StationAbilities) -> Slot:
    """Where the floor lies."""
    return Slot(0, floor_id(abilities), Purpose.TX_DEFAULT, 0)


def lease_of(evse_id: int, abilities: StationAbilities) -> Slot:
    """Where the lease of an EVSE lies."""
    return Slot(evse_id, lease_id(evse_id, abilities), Purpose.TX, LEASE_STACK_LEVEL)


def operator_refusal(
    profile: Mapping[str, Any],
    evse_id: int,
    abilities: StationAbilities,
    *,
    starting: bool = False,
) -> str | None:
    """Why it is not sent, or None. `starting`: it comes with RequestStartTransaction, so it is a
    TxProfile of a transaction that has no id yet (K05.FR.02, F01.FR.11)."""
    if is_reserved(profile["id"], abilities):
        return SetpointRefusal.RESERVED_PROFILE_ID
    if profile["chargingProfileKind"] == "Recurring" and not profile.get("recurrencyKind"):
        return ProfileRefusal.RECURRENCY_MISSING
    try:
        told = profiles_of(profile, evse_id, abilities)
    except (KeyError, ValueError):
        return ProfileRefusal.UNKNOWN_WORDS
    lowest_w = 0.0
    for one in told:
        if starting and one.purpose is not Purpose.TX:
            return ProfileRefusal.NOT_A_TX_PROFILE
        if starting and one.transaction_id is not None:
            return ProfileRefusal.TRANSACTION_NOT_ALLOWED
        if why := refusal(replace(one, transaction_id=_TO_COME) if starting else one):
            return why
        lowest_w = min(lowest_w, *(period.limit_w for period in one.periods))
    return _discharge_refusal(lowest_w, abilities)


def _discharge_refusal(lowest_w: float, abilities: StationAbilities) -> SetpointRefusal | None:
    proven = abilities.discharge_proven_at is not None
    allowed_w = permitted_w(lowest_w, abilities.discharge_dialect, proven=proven)
    if lowest_w >= allowed_w:
        return None
    if allowed_w == 0:
        return SetpointRefusal.DISCHARGE_NOT_SUPPORTED
    return SetpointRefusal.DISCHARGE_NOT_PROVEN
