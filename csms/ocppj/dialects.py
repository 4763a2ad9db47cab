"""One signed setpoint → SetChargingProfile in the words of one station.

A lease is a TxProfile under one fixed id per EVSE, so that a renewal replaces it, and ends by
`validTo` *and* `duration`, because some stations honour only one. Under it lies the floor: a
TxDefaultProfile of the whole station. The rule that must never break: no limit below zero leaves
for a station whose dialect is not `negative_limit`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil, isfinite, trunc
from typing import Final

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from csms.domain.charging_profile import (
    ChargingProfile,
    ChargingSchedulePeriod,
    Kind,
    Purpose,
    refusal,
)
from csms.domain.commands import Setpoint
from csms.domain.discharge import DischargeDialect, permitted_w
from csms.domain.ids import EvseId, TransactionId
from csms.domain.meter import Magnitude
from csms.domain.quirks import Pausing
from csms.domain.station import RateUnit, StationAbilities
from csms.domain.units import balanced_w, per_phase_a, wire_time
from csms.ocppj import types_v201 as wire

FLOOR_PROFILE_ID: Final = 1
LEASE_PROFILE_ID: Final = 1_000
"""The lease of EVSE n has the id 1000 + n; both lie above what a station keeps for itself."""
CLOCK_SLACK: Final = timedelta(seconds=60)
"""A lease starts this much in the past: a station clock behind ours must not leave a gap."""
PAUSE_A: Final = 0.1
"""What stands for 0 where 0 is refused: far below the 6 A at which a vehicle begins to charge."""

_WIRE_KINDS: Final[
    Mapping[Kind, tuple[wire.ChargingProfileKindEnumType, wire.RecurrencyKindEnumType | UnsetType]]
] = {
    Kind.ABSOLUTE: ("Absolute", UNSET),
    Kind.RELATIVE: ("Relative", UNSET),
    Kind.DAILY: ("Recurring", "Daily"),
    Kind.WEEKLY: ("Recurring", "Weekly"),
}


class SetpointRefusal(StrEnum):
    """Why a setpoint or a profile is not sent."""

    NO_EVSE = "no_evse"
    NO_TRANSACTION = "no_transaction"
    OTHER_TRANSACTION = "other_transaction"
    LEASE_OVER = "lease_over"
    NOT_A_NUMBER = "not_a_number"
    DISCHARGE_NOT_SUPPORTED = "discharge_not_supported"
    DISCHARGE_NOT_PROVEN = "discharge_not_proven"
    RESERVED_PROFILE_ID = "reserved_profile_id"
    PROFILES_NOT_SUPPORTED = "profiles_not_supported"
    LEASE_NEVER_ENDS = "lease_never_ends"
    PAUSE_NOT_SUPPORTED = "pause_not_supported"
    TOO_SOON = "too_soon"


@dataclass(frozen=True, slots=True)
class Lease:
    """What to send, and the setpoint it really carries after dialect and probe."""

    request: wire.SetChargingProfileRequest
    setpoint_w: float
    dynamic: None = None
    highest_w: None = None


def lease(
    setpoint: Setpoint,
    evse_id: EvseId | None,
    transaction_id: TransactionId | None,
    abilities: StationAbilities,
    now: datetime,
    spoken: Collection[DischargeDialect] = (DischargeDialect.NEGATIVE_LIMIT,),
) -> Lease | SetpointRefusal:
    """The lease that says `setpoint`; a discharge that the station may not be told becomes 0.

    `spoken` are the dialects that a discharge will be right in; one that is not `NEGATIVE_LIMIT`
    has words of its own, which its module puts in the place of the limit.
    """
    if evse_id is None or evse_id <= 0:
        return SetpointRefusal.NO_EVSE
    if transaction_id is None:
        return SetpointRefusal.NO_TRANSACTION
    if not isfinite(setpoint.setpoint_w):
        return SetpointRefusal.NOT_A_NUMBER
    if setpoint.until <= now:
        return SetpointRefusal.LEASE_OVER
    proven = abilities.discharge_proven_at is not None
    dialect = abilities.discharge_dialect
    setpoint_w = permitted_w(setpoint.setpoint_w, dialect, proven=proven, spoken=spoken)
    if (why := _quirk_refusal(setpoint_w, abilities)) is not None:
        return why
    start_at, until = _start_at(abilities, now), _round_up(setpoint.until)
    profile = ChargingProfile(
        profile_id=lease_id(evse_id, abilities),
        evse_id=evse_id,
        purpose=Purpose.TX,
        kind=Kind.ABSOLUTE if start_at else Kind.RELATIVE,
        periods=(ChargingSchedulePeriod(0, _said_w(setpoint_w, abilities)),),
        start_at=start_at,
        duration_s=ceil((until - start_at).total_seconds()) if start_at else None,
        valid_to=until,
        transaction_id=transaction_id,
    )
    return Lease(to_wire(profile, abilities), setpoint_w)


def floor_id(abilities: StationAbilities) -> int:
    """The id of the floor's profile (K01.FR.80)."""
    return FLOOR_PROFILE_ID + abilities.v2x.highest_external_id


def lease_id(evse_id: int, abilities: StationAbilities) -> int:
    """The id of an EVSE's lease."""
    return LEASE_PROFILE_ID + evse_id + abilities.v2x.highest_external_id


def _quirk_refusal(setpoint_w: float, abilities: StationAbilities) -> SetpointRefusal | None:
    """What this very station cannot be told."""
    quirks = abilities.quirks
    if not quirks.smart_charging:
        return SetpointRefusal.PROFILES_NOT_SUPPORTED
    by_duration = quirks.duration_honoured and Kind.ABSOLUTE in quirks.kinds
    ends = quirks.lease_ends and (quirks.valid_to_honoured or by_duration)
    if not ends and not 0 <= setpoint_w <= abilities.floor_w:
        return SetpointRefusal.LEASE_NEVER_ENDS
    if setpoint_w == 0 and quirks.pausing is Pausing.STOP:
        return SetpointRefusal.PAUSE_NOT_SUPPORTED
    return None


def _start_at(abilities: StationAbilities, now: datetime) -> datetime | None:
    """None: Relative, as the station knows no other kind. Its schedule then begins with the
    transaction, so that a `duration` would say nothing about now."""
    absolute = Kind.ABSOLUTE in abilities.quirks.kinds
    return wire_time(now - CLOCK_SLACK) if absolute else None


def _said_w(setpoint_w: float, abilities: StationAbilities) -> float:
    if setpoint_w == 0 and abilities.quirks.pausing is Pausing.LOW_LIMIT:
        return balanced_w(PAUSE_A, phases=abilities.phases, voltage_v=abilities.voltage_v)
    return setpoint_w


def floor(abilities: StationAbilities, now: datetime) -> wire.SetChargingProfileRequest:
    """The profile that holds whenever no lease does, also when the hub is gone."""
    start_at = _start_at(abilities, now)
    profile = ChargingProfile(
        profile_id=floor_id(abilities),
        evse_id=0,
        purpose=Purpose.TX_DEFAULT,
        kind=Kind.ABSOLUTE if start_at else Kind.RELATIVE,
        periods=(ChargingSchedulePeriod(0, _said_w(max(abilities.floor_w, 0.0), abilities)),),
        start_at=start_at,
    )
    return to_wire(profile, abilities)


def to_wire(
    profile: ChargingProfile, abilities: StationAbilities
) -> wire.SetChargingProfileRequest:
    """In the station's unit. Raises ValueError if a rule is broken: that is our own mistake."""
    if (why := refusal(profile)) is not None:
        raise ValueError(why.value)
    kind, recurrency = _WIRE_KINDS[profile.kind]
    schedule = wire.ChargingScheduleType(
        id=profile.profile_id,
        start_schedule=profile.start_at or UNSET,
        duration=UNSET if profile.duration_s is None else profile.duration_s,
        charging_rate_unit=abilities.rate_unit.value,
        charging_schedule_period=tuple(_period(each, abilities) for each in profile.periods),
    )
    return wire.SetChargingProfileRequest(
        evse_id=profile.evse_id,
        charging_profile=wire.ChargingProfileType(
            id=profile.profile_id,
            stack_level=profile.stack_level,
            charging_profile_purpose=profile.purpose.value,
            charging_profile_kind=kind,
            recurrency_kind=recurrency,
            valid_from=profile.valid_from or UNSET,
            valid_to=profile.valid_to or UNSET,
            transaction_id=_transaction_id(profile, abilities),
            charging_schedule=(schedule,),
        ),
    )


def _transaction_id(
    profile: ChargingProfile, abilities: StationAbilities
) -> TransactionId | UnsetType:
    if profile.transaction_id is None or not abilities.quirks.transaction_id_in_profile:
        return UNSET
    return profile.transaction_id


def zeroed(told: Lease) -> Lease:
    """The same lease with limit 0."""
    profile = told.request.charging_profile
    schedule = profile.charging_schedule[0]
    periods = tuple(replace(each, limit=0.0) for each in schedule.charging_schedule_period)
    schedule = replace(schedule, charging_schedule_period=periods)
    profile = replace(profile, charging_schedule=(schedule,))
    return Lease(replace(told.request, charging_profile=profile), 0.0)


def composite_w(
    response: wire.GetCompositeScheduleResponse, abilities: StationAbilities, now: datetime
) -> float | None:
    """The limit that the station says holds now; None if it does not say."""
    schedule = response.schedule
    if response.status != "Accepted" or isinstance(schedule, UnsetType):
        return None
    elapsed_s = max((now - schedule.schedule_start).total_seconds(), 0.0)
    due = [p for p in schedule.charging_schedule_period if p.start_period <= elapsed_s]
    return _limit_w(due[-1], schedule.charging_rate_unit, abilities) if due else None


def _period(
    period: ChargingSchedulePeriod, abilities: StationAbilities
) -> wire.ChargingSchedulePeriodType:
    if abilities.rate_unit is RateUnit.W:
        return wire.ChargingSchedulePeriodType(
            start_period=period.start_s, limit=towards_zero(period.limit_w)
        )
    limit_a = per_phase_a(period.limit_w, phases=abilities.phases, voltage_v=abilities.voltage_v)
    return wire.ChargingSchedulePeriodType(
        start_period=period.start_s,
        limit=towards_zero(limit_a),
        number_phases=abilities.phases,
    )


def _limit_w(
    period: wire.ChargingSchedulePeriodType, unit: str, abilities: StationAbilities
) -> float:
    if unit == RateUnit.W:
        return period.limit
    told = abilities.phases if isinstance(period.number_phases, UnsetType) else period.number_phases
    phases = min(told, abilities.phases)
    return balanced_w(period.limit, phases=phases, voltage_v=abilities.voltage_v)


def towards_zero(limit: Magnitude) -> Magnitude:
    """One decimal (ChargingSchedulePeriodType.limit), never past what was meant."""
    return trunc(limit * 10) / 10


def _round_up(at: datetime) -> datetime:
    whole = wire_time(at)
    return whole if whole == at else whole + timedelta(seconds=1)
