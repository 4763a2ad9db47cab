"""One signed setpoint in the words of OCPP 2.1: the discharge dialects `ocpp21` and, for a station
that understands them over a link of 2.0.1, `ocpp201_v2x`.

Into the vehicle a lease is a limit (ChargingOnly), out of it a CentralSetpoint without limits
(Q03.FR.02). Where a station takes Dynamic profiles, a lease is one: renewed by
UpdateDynamicSchedule, with its `duration` as a dead-man switch that runs out before the lease does
(K28).
"""

from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import datetime
from math import ceil
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from csms.domain.commands import Setpoint
from csms.domain.discharge import SETPOINTS, DischargeDialect
from csms.domain.dynamic import DynamicProfile
from csms.domain.frequency import Curve, swing_w
from csms.domain.ids import EvseId, TransactionId
from csms.domain.station import RateUnit, StationAbilities
from csms.domain.units import balanced_w, per_phase_a
from csms.domain.v2x import OperationMode, Support
from csms.ocppj import dialects
from csms.ocppj import types_v21 as wire
from csms.ocppj.dialects import SetpointRefusal, towards_zero

DEAD_MAN_RATIO: Final = 0.75
"""The part of a lease after which a Dynamic profile runs out unless it is renewed; renewals come
at half of the lease."""
LEAST_RATIO: Final = 0.9
PULL_RATIO: Final = 0.125
SHORTEST_PULL_S: Final = 10
OFFLINE_RATIO: Final = 0.5


@dataclass(frozen=True, slots=True)
class Lease:
    """What to send, the setpoint it carries after dialect and probe, and, where it is a Dynamic
    profile, what there is to know of that."""

    request: wire.SetChargingProfileRequest
    setpoint_w: float
    dynamic: DynamicProfile | None = None
    highest_w: float | None = None
    """The most that may flow under it, where the station adds to it by itself."""


def lease(
    setpoint: Setpoint,
    evse_id: EvseId | None,
    transaction_id: TransactionId | None,
    abilities: StationAbilities,
    now: datetime,
) -> Lease | SetpointRefusal:
    """The lease that says `setpoint`; a discharge that the station may not be told becomes 0."""
    can = abilities
    if not abilities.v2x.takes_discharge:
        can = changed(abilities, discharge_dialect=DischargeDialect.NONE)
    plain = dialects.lease(setpoint, evse_id, transaction_id, can, now, SETPOINTS)
    if isinstance(plain, SetpointRefusal):
        return plain
    setpoint_w = plain.setpoint_w
    request = msgspec.convert(msgspec.to_builtins(plain.request), wire.SetChargingProfileRequest)
    responds = setpoint.responds and _responds(abilities)
    if responds:
        request = _with_period(request, _responding(setpoint_w, abilities.frequency_response))
    elif setpoint_w < 0:
        request = _with_period(request, _discharge(setpoint_w, abilities))
    lease_s = (setpoint.until - now).total_seconds()
    if Support.MAX_OFFLINE_DURATION in abilities.v2x.supports:
        profile = request.charging_profile
        profile = replace(profile, max_offline_duration=ceil(lease_s * OFFLINE_RATIO))
        request = replace(request, charging_profile=profile)
    if responds:  # no update changes a baseline (ChargingScheduleUpdateType)
        _, up_w = swing_w(abilities.frequency_response)
        return Lease(request, setpoint_w, highest_w=setpoint_w + up_w)
    runs_out = abilities.quirks.duration_honoured  # a Dynamic profile has no other end
    if Support.DYNAMIC_PROFILES not in abilities.v2x.supports or not runs_out:
        return Lease(request, setpoint_w)
    return _dynamic(request, setpoint_w, lease_s)


def zeroed(told: Lease) -> Lease:
    """The same lease with limit 0."""
    schedule = told.request.charging_profile.charging_schedule[0]
    phases = schedule.charging_schedule_period[0].number_phases
    period = wire.ChargingSchedulePeriodType(start_period=0, limit=0.0, number_phases=phases)
    charging = told.dynamic and changed(told.dynamic, operation_mode=OperationMode.CHARGING_ONLY)
    return Lease(_with_period(told.request, period), 0.0, charging)


def renewal(told: Lease, known: DynamicProfile | None) -> wire.UpdateDynamicScheduleRequest | None:
    """The update that makes the Dynamic profile `known` at the station say what `told` does; None
    if only a new profile can, or if this one would outlive the lease."""
    wanted = told.dynamic
    if wanted is None or known is None or known.values is not None:
        return None
    if known.operation_mode != wanted.operation_mode or known.duration_s is None:
        return None
    if wanted.duration_s is None or not _fits(known.duration_s, wanted.duration_s):
        return None
    profile = told.request.charging_profile
    period = profile.charging_schedule[0].charging_schedule_period[0]
    update = wire.ChargingScheduleUpdateType(limit=period.limit, setpoint=period.setpoint)
    return wire.UpdateDynamicScheduleRequest(charging_profile_id=profile.id, schedule_update=update)


def _fits(known_s: float, wanted_s: float) -> bool:
    """Not longer than the lease, and not so short that it ends before the next renewal."""
    return wanted_s * LEAST_RATIO <= known_s <= wanted_s / DEAD_MAN_RATIO


def composite_w(
    response: wire.GetCompositeScheduleResponse, abilities: StationAbilities, now: datetime
) -> float | None:
    """The power that the station says holds now: its baseline, setpoint or limit; None if none."""
    schedule = response.schedule
    if response.status != "Accepted" or isinstance(schedule, UnsetType):
        return None
    elapsed_s = max((now - schedule.schedule_start).total_seconds(), 0.0)
    due = [p for p in schedule.charging_schedule_period if p.start_period <= elapsed_s]
    if not due:
        return None
    period = due[-1]
    if not isinstance(period.v2x_baseline, UnsetType):
        return period.v2x_baseline
    told = [
        one
        for one in (period.setpoint, period.setpoint_l2, period.setpoint_l3)
        if not isinstance(one, UnsetType)
    ]
    if not told and isinstance(period.limit, UnsetType):
        return None
    value = sum(told) if told else period.limit
    assert not isinstance(value, UnsetType)
    if schedule.charging_rate_unit == RateUnit.W:
        return value
    phases = min(period.number_phases or abilities.phases, abilities.phases)
    return balanced_w(value, phases=phases, voltage_v=abilities.voltage_v)


def _discharge(setpoint_w: float, abilities: StationAbilities) -> wire.ChargingSchedulePeriodType:
    if abilities.rate_unit is RateUnit.W:
        value, phases = setpoint_w, None
    else:
        phases = abilities.phases
        value = per_phase_a(setpoint_w, phases=phases, voltage_v=abilities.voltage_v)
    return wire.ChargingSchedulePeriodType(
        start_period=0,
        operation_mode=OperationMode.CENTRAL_SETPOINT.value,
        setpoint=towards_zero(value),
        number_phases=UNSET if phases is None else phases,
    )


def _responds(abilities: StationAbilities) -> bool:
    """Does the station add to its setpoint by the frequency? In W (Q08.FR.05), where it has the
    mode and its discharge is proven."""
    able = OperationMode.LOCAL_FREQUENCY in abilities.v2x.modes and abilities.v2x.takes_discharge
    proven = abilities.discharge_dialect in SETPOINTS and abilities.discharge_proven_at is not None
    in_w = abilities.rate_unit is RateUnit.W
    return bool(abilities.frequency_response) and able and proven and in_w


def _responding(setpoint_w: float, curve: Curve) -> wire.ChargingSchedulePeriodType:
    """Q08.FR.01, FR.02: the setpoint is the baseline, and nothing limits it but the curve."""
    return wire.ChargingSchedulePeriodType(
        start_period=0,
        operation_mode=OperationMode.LOCAL_FREQUENCY.value,
        v2x_baseline=towards_zero(setpoint_w),
        v2x_freq_watt_curve=tuple(
            wire.V2XFreqWattPointType(frequency=frequency_hz, power=power_w)
            for frequency_hz, power_w in curve
        ),
    )


def _dynamic(request: wire.SetChargingProfileRequest, setpoint_w: float, lease_s: float) -> Lease:
    """It starts at once and holds `duration` from its last update: so no start, no `validTo`."""
    duration_s = max(int(lease_s * DEAD_MAN_RATIO), 1)
    profile = request.charging_profile
    schedule = replace(profile.charging_schedule[0], start_schedule=UNSET, duration=duration_s)
    profile = replace(
        profile,
        charging_profile_kind="Dynamic",
        valid_from=UNSET,
        valid_to=UNSET,
        dyn_update_interval=max(int(lease_s * PULL_RATIO), SHORTEST_PULL_S),
        charging_schedule=(schedule,),
    )
    mode = OperationMode.CENTRAL_SETPOINT if setpoint_w < 0 else OperationMode.CHARGING_ONLY
    dynamic = DynamicProfile(operation_mode=mode.value, duration_s=duration_s)
    return Lease(replace(request, charging_profile=profile), setpoint_w, dynamic)


def _with_period(
    request: wire.SetChargingProfileRequest, period: wire.ChargingSchedulePeriodType
) -> wire.SetChargingProfileRequest:
    profile = request.charging_profile
    schedule = replace(profile.charging_schedule[0], charging_schedule_period=(period,))
    return replace(request, charging_profile=replace(profile, charging_schedule=(schedule,)))
