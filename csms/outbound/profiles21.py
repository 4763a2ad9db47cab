"""K, Q · what only OCPP 2.1 can say in a profile, by an operator: checked by the rules of V2X and
of discharge before it leaves, remembered once taken."""

from typing import Final

import msgspec

from csms.domain.charging_profile import ProfileRefusal
from csms.domain.charging_state import ChargingState
from csms.domain.commands import Command, CommandStatus
from csms.domain.facts import Fact
from csms.domain.facts_v21 import DynamicProfileGone, DynamicProfileSet
from csms.domain.ids import EvseId
from csms.domain.v2x import OperationMode
from csms.domain.v2x_rules import V2xProfile, V2xSchedule, refusal
from csms.ocppj import types_v21 as wire
from csms.ocppj.v2x_profiles import (
    Values,
    discharge_refusal,
    mode_of,
    operator_refusal,
    v2x_period,
)
from csms.outbound.ask import ask
from csms.outbound.ports import CommandContext, Outcome, StationCaller

NOT_DYNAMIC: Final = "no_such_dynamic_profile"
NOT_THE_OPERATORS: Final = "dynamic_profile_of_a_lease"
UPDATED: Final = tuple(
    field.encode_name
    for field in msgspec.structs.fields(wire.ChargingScheduleUpdateType)
    if field.name != "custom_data"
)
"""What UpdateDynamicSchedule can change."""


def profile_refusal_21(
    profile: Values, evse_id: int, state: ChargingState, context: CommandContext
) -> str | None:
    """Why a profile that 2.0.1 has no words for is not sent; the others have rules of their own."""
    if why := operator_refusal(profile, context.abilities):
        return why
    lease = state.leases.get(EvseId(evse_id))
    if profile["chargingProfilePurpose"] != "TxProfile":
        return None
    if lease is not None and lease.until > context.now:
        return ProfileRefusal.OUTRANKS_LEASE
    running = state.transactions.get(EvseId(evse_id))
    if running is None or running.transaction_id != profile.get("transactionId"):  # K01.FR.33
        return ProfileRefusal.TRANSACTION_NOT_OPEN
    return None


def operator_facts(
    command: Command, context: CommandContext, evse_id: int, profile: Values
) -> list[Fact]:
    """What an operator's profile leaves to be known, so that it can be updated and pulled."""
    if profile["chargingProfileKind"] != "Dynamic":
        gone = DynamicProfileGone(
            station_id=command.station_id, profile_id=profile["id"], at=context.now
        )
        return [gone]
    (schedule,) = profile["chargingSchedule"]
    (period,) = schedule["chargingSchedulePeriod"]
    values = {name: period[name] for name in UPDATED if name in period}
    return [
        DynamicProfileSet(
            station_id=command.station_id,
            profile_id=profile["id"],
            evse_id=EvseId(evse_id),
            transaction_id=profile.get("transactionId"),
            operation_mode=mode_of(period).value,
            duration_s=schedule.get("duration"),
            values=values,
            at=context.now,
        )
    ]


async def update_dynamic_schedule(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """K28 by an operator's hand: only his own profiles, under the rules of their mode."""
    if context.dynamic_profiles is None:
        return Outcome.refused(NOT_DYNAMIC)
    profile_id = command.payload.get("chargingProfileId", 0)
    known = await context.dynamic_profiles.profile(command.station_id, profile_id)
    if known is None:  # K28.FR.11
        return Outcome.refused(NOT_DYNAMIC)
    if known.values is None:
        return Outcome.refused(NOT_THE_OPERATORS)
    update = command.payload.get("scheduleUpdate", {})
    if why := _update_refusal(known.operation_mode, update, context):
        return Outcome.refused(why)
    outcome = await ask(command, station, context)
    if outcome.status is CommandStatus.CONFIRMED:
        kept = DynamicProfileSet(
            station_id=command.station_id,
            profile_id=profile_id,
            evse_id=command.evse_id or EvseId(0),
            transaction_id=context.transaction_id,
            operation_mode=known.operation_mode,
            duration_s=known.duration_s,
            values={**known.values, **update},
            at=context.now,
        )
        await context.journal.commit([kept])
    return outcome


def _update_refusal(mode: str, update: Values, context: CommandContext) -> str | None:
    """The rules that a profile with these values would break."""
    period = v2x_period({"startPeriod": 0, "operationMode": OperationMode(mode), **update})
    told = V2xProfile(
        profile_id=context.abilities.v2x.highest_external_id + 1,
        purpose="TxProfile",
        kind="Dynamic",
        schedules=(V2xSchedule(periods=(period,)),),
    )
    return refusal(told, context.abilities.v2x) or discharge_refusal(told, context.abilities)
