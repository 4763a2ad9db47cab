"""K · charging profiles in the words of OCPP 1.6, and composite schedules back."""

from math import trunc
from typing import Final

from msgspec import UNSET, UnsetType

from csms.ocppj import types_v16 as wire
from csms.ocppj import types_v201 as asked
from csms.outbound.v16.voice import NotIn16, Voice, transaction_number

PURPOSES: Final[dict[str, wire.ChargingProfilePurposeEnumType]] = {
    "ChargingStationMaxProfile": "ChargePointMaxProfile",
    "TxDefaultProfile": "TxDefaultProfile",
    "TxProfile": "TxProfile",
}
"""ChargingProfilePurposeEnumType → 1.6 (7.13); what is set from outside is not for us to set."""


async def set_charging_profile(
    voice: Voice, request: asked.SetChargingProfileRequest
) -> asked.SetChargingProfileResponse:
    """5.16. One schedule, and no phase to choose."""
    profile = request.charging_profile
    if len(profile.charging_schedule) != 1:
        raise NotIn16("profile with several schedules")
    number = profile.transaction_id
    setting = wire.SetChargingProfileRequest(
        connector_id=request.evse_id,
        cs_charging_profiles=wire.ChargingProfileType(
            charging_profile_id=profile.id,
            transaction_id=transaction_number(number) if number else UNSET,
            stack_level=profile.stack_level,
            charging_profile_purpose=_purpose(profile.charging_profile_purpose),
            charging_profile_kind=profile.charging_profile_kind,
            recurrency_kind=profile.recurrency_kind,
            valid_from=profile.valid_from,
            valid_to=profile.valid_to,
            charging_schedule=_schedule(profile.charging_schedule[0]),
        ),
    )
    told: wire.SetChargingProfileResponse = await voice.say("SetChargingProfile", setting)
    if told.status == "NotSupported":
        info = asked.StatusInfoType(reason_code="NotSupported")
        return asked.SetChargingProfileResponse(status="Rejected", status_info=info)
    return asked.SetChargingProfileResponse(status=told.status)


async def clear_charging_profile(
    voice: Voice, request: asked.ClearChargingProfileRequest
) -> asked.ClearChargingProfileResponse:
    """5.5."""
    criteria = request.charging_profile_criteria or asked.ClearChargingProfileType()
    purpose = criteria.charging_profile_purpose
    clearing = wire.ClearChargingProfileRequest(
        id=request.charging_profile_id,
        connector_id=criteria.evse_id,
        charging_profile_purpose=UNSET if isinstance(purpose, UnsetType) else _purpose(purpose),
        stack_level=criteria.stack_level,
    )
    told: wire.ClearChargingProfileResponse = await voice.say("ClearChargingProfile", clearing)
    return asked.ClearChargingProfileResponse(status=told.status)


async def get_composite_schedule(
    voice: Voice, request: asked.GetCompositeScheduleRequest
) -> asked.GetCompositeScheduleResponse:
    """5.7. A schedule that does not say when it starts starts now."""
    question = wire.GetCompositeScheduleRequest(
        connector_id=request.evse_id,
        duration=request.duration,
        charging_rate_unit=request.charging_rate_unit,
    )
    told: wire.GetCompositeScheduleResponse = await voice.say("GetCompositeSchedule", question)
    schedule = told.charging_schedule
    if told.status != "Accepted" or isinstance(schedule, UnsetType):
        return asked.GetCompositeScheduleResponse(status=told.status)
    periods = tuple(
        asked.ChargingSchedulePeriodType(
            start_period=one.start_period, limit=one.limit, number_phases=one.number_phases
        )
        for one in schedule.charging_schedule_period
    )
    if not periods:
        return asked.GetCompositeScheduleResponse(status="Accepted")
    return asked.GetCompositeScheduleResponse(
        status="Accepted",
        schedule=asked.CompositeScheduleType(
            evse_id=request.evse_id,
            duration=schedule.duration or request.duration,
            schedule_start=told.schedule_start or schedule.start_schedule or voice.now,
            charging_rate_unit=schedule.charging_rate_unit,
            charging_schedule_period=periods,
        ),
    )


def _schedule(schedule: asked.ChargingScheduleType) -> wire.ChargingScheduleType:
    if schedule.sales_tariff:
        raise NotIn16("profile with a sales tariff")
    least = schedule.min_charging_rate
    return wire.ChargingScheduleType(
        duration=schedule.duration,
        start_schedule=schedule.start_schedule,
        charging_rate_unit=schedule.charging_rate_unit,
        charging_schedule_period=tuple(
            _period(period) for period in schedule.charging_schedule_period
        ),
        min_charging_rate=UNSET if isinstance(least, UnsetType) else _one_decimal(least),
    )


def _period(period: asked.ChargingSchedulePeriodType) -> wire.ChargingSchedulePeriodType:
    if period.phase_to_use:
        raise NotIn16("profile with phaseToUse")
    return wire.ChargingSchedulePeriodType(
        start_period=period.start_period,
        limit=_one_decimal(period.limit),
        number_phases=period.number_phases,
    )


def _purpose(purpose: str) -> wire.ChargingProfilePurposeEnumType:
    said = PURPOSES.get(purpose)
    if said is None:
        raise NotIn16(purpose)
    return said


def _one_decimal(limit: float) -> float:
    """All that 1.6 takes (7.14), and never more than was meant."""
    return trunc(round(limit * 10, 6)) / 10
