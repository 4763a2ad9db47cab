"""K · profiles by an operator's hand: checked before they leave, remembered once taken, compared
with what the station says of them."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from csms.domain.charging_profile import ChargingProfile, ProfileRefusal, Purpose
from csms.domain.charging_state import ChargingState
from csms.domain.commands import Command, CommandKind, CommandStatus
from csms.domain.composite import Deviation, Situation, composite, deviations, limit_at_w
from csms.domain.errors import CallRefused
from csms.domain.facts import Fact, Noticed
from csms.domain.facts_charging import (
    ChargingProfileGone,
    ChargingProfileHeld,
    ProfileReportAsked,
    ProfileSide,
)
from csms.domain.ids import ChargingStationId, EvseId
from csms.domain.profile_report import OURS, in_force, matches
from csms.domain.profile_rules import (
    LEASE_STACK_LEVEL,
    conflict,
    inability,
    outranks_lease,
    rate_unit_refusal,
)
from csms.domain.quirks import Quirks
from csms.domain.station import OcppVersion
from csms.ocppj import dialects, operator_profiles
from csms.ocppj.profile_reports import report_completed
from csms.ocppj.profiles import (
    composite_steps,
    held_profiles,
    known_profiles,
    of_unknown_size,
    profiles_of,
)
from csms.ocppj.v2x_profiles import is_beyond_201
from csms.outbound import profiles21
from csms.outbound.ask import ask, bad_request, request_id
from csms.outbound.ports import CommandContext, Outcome, StationCaller

NO_PROFILES = "NoProfiles"
UNKNOWN = "Unknown"


async def set_charging_profile(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """K01, K04: under the rules of the standard, of discharge, and of the lease."""
    if (bad := bad_request(command, station)) is not None:
        return bad
    profile, evse_id = command.payload["chargingProfile"], command.payload["evseId"]
    state = await context.charging.charging_state(command.station_id)
    if (why := _refusal(station.version, profile, evse_id, state, context)) is not None:
        return Outcome.refused(why)
    outcome = await ask(command, station, context)
    if outcome.status is CommandStatus.CONFIRMED:
        await remember(command.station_id, evse_id, profile, state, context)
        if station.version is OcppVersion.V21:
            facts = profiles21.operator_facts(command, context, evse_id, profile)
            await context.journal.commit(facts)
    return outcome


def _refusal(
    version: OcppVersion,
    profile: Mapping[str, Any],
    evse_id: int,
    state: ChargingState,
    context: CommandContext,
) -> str | None:
    if version is OcppVersion.V21:
        why = profiles21.profile_refusal_21(profile, evse_id, state, context)
        if why is not None or is_beyond_201(profile):
            return why
    return profile_refusal(profile, evse_id, state, context)


def profile_refusal(
    profile: Mapping[str, Any],
    evse_id: int,
    state: ChargingState,
    context: CommandContext,
    *,
    starting: bool = False,
) -> str | None:
    """Why an operator's profile is not sent; `starting`: with a transaction that is to come."""
    if starting and is_beyond_201(profile):  # its rules are for a transaction that runs
        return ProfileRefusal.UNKNOWN_WORDS
    why = operator_profiles.operator_refusal(profile, evse_id, context.abilities, starting=starting)
    why = why or _quirk_refusal(profile, context.abilities.quirks)
    if why is not None:
        return why
    schedules = profile["chargingSchedule"]
    if len(schedules) > 1 and not _has_needs(state, evse_id):  # K01.FR.34
        return ProfileRefusal.SEVERAL_SCHEDULES
    for schedule in schedules:
        if why := rate_unit_refusal(schedule["chargingRateUnit"], state.variables):
            return why
    held = in_force(
        held_profiles(state.profiles, context.abilities), state.transactions, context.now
    )
    for one in profiles_of(profile, evse_id, context.abilities):
        if why := inability(one, state.variables) or conflict(one, held):
            return why
        if one.purpose is Purpose.TX and (why := _tx_refusal(one, state, context, starting)):
            return why
    return None


def _quirk_refusal(profile: Mapping[str, Any], quirks: Quirks) -> ProfileRefusal | None:
    """What this very station is known not to take."""
    highest = quirks.highest_stack_level
    if highest is not None and profile["stackLevel"] > highest:
        return ProfileRefusal.STACK_LEVEL_TOO_HIGH
    units = {schedule["chargingRateUnit"] for schedule in profile["chargingSchedule"]}
    return ProfileRefusal.RATE_UNIT_UNKNOWN if units - set(quirks.rate_units) else None


def _tx_refusal(
    profile: ChargingProfile, state: ChargingState, context: CommandContext, starting: bool
) -> ProfileRefusal | None:
    """A TxProfile belongs to the transaction that runs, and lies below a lease."""
    evse_id = EvseId(profile.evse_id)
    lease, running = state.leases.get(evse_id), state.transactions.get(evse_id)
    if starting and profile.stack_level > LEASE_STACK_LEVEL:
        return ProfileRefusal.OUTRANKS_LEASE
    if lease is not None and lease.until > context.now and outranks_lease(profile):
        return ProfileRefusal.OUTRANKS_LEASE
    if starting or (running and running.transaction_id == profile.transaction_id):
        return None
    return ProfileRefusal.TRANSACTION_NOT_OPEN  # K01.FR.09, K01.FR.33


def _has_needs(state: ChargingState, evse_id: int) -> bool:
    running, told_at = state.transactions.get(EvseId(evse_id)), state.needs.get(EvseId(evse_id))
    return running is not None and told_at is not None and told_at >= running.started_at


async def remember(
    station_id: ChargingStationId,
    evse_id: int,
    profile: Mapping[str, Any],
    state: ChargingState | None,
    context: CommandContext,
) -> None:
    """The station took `profile`: it replaces what had its id (K01.FR.05), wherever that was, and
    TxProfiles of transactions that are over went with them."""
    facts: list[Fact] = []
    for one in state.held(ProfileSide.SET) if state else ():
        moved = one.profile_id == profile["id"] and one.evse_id != evse_id
        if moved or (state and _is_over(one, state)):
            facts.append(_gone(one, context))
    held = ChargingProfileHeld(
        station_id=station_id,
        side=ProfileSide.SET,
        evse_id=EvseId(evse_id),
        profile_id=profile["id"],
        at=context.now,
        purpose=profile["chargingProfilePurpose"],
        stack_level=profile["stackLevel"],
        payload=dict(profile),
    )
    await context.journal.commit([*facts, held])


def _is_over(held: ChargingProfileHeld, state: ChargingState) -> bool:
    told = held.payload.get("transactionId")
    running = state.transactions.get(held.evse_id)
    return told is not None and (running is None or running.transaction_id != told)


def _gone(held: ChargingProfileHeld, context: CommandContext) -> ChargingProfileGone:
    return ChargingProfileGone(
        station_id=held.station_id,
        side=held.side,
        evse_id=held.evse_id,
        profile_id=held.profile_id,
        at=context.now,
    )


async def clear_rivals(command: Command, station: StationCaller, context: CommandContext) -> None:
    """When a lease begins: what an operator gave the transaction would stand beside it, or above,
    so it goes. A station that refuses shows it in what is read back of the lease."""
    for one in await context.charging.set_at(command.station_id, command.evse_id or 0):
        leased = operator_profiles.is_reserved(one.profile_id, context.abilities)
        told = one.payload.get("transactionId")
        if leased or one.purpose != Purpose.TX or told not in (None, context.transaction_id):
            continue
        payload = {"chargingProfileId": one.profile_id}
        clearing = replace(command, kind=CommandKind.CLEAR_CHARGING_PROFILE, payload=payload)
        with suppress(CallRefused):
            await ask(clearing, station, context)
            await context.journal.commit([_gone(one, context)])


async def clear_charging_profile(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """K10. Neither the floor nor a lease in force is to be cleared, by id or by a criterion that
    covers it. A station that knows of no such profile holds none: that is remembered, too."""
    if (bad := bad_request(command, station)) is not None:
        return bad
    criterion, evse_id = _clearing(command.payload)
    if not criterion and evse_id is None:  # K10.FR.02
        return Outcome.refused(ProfileRefusal.CRITERION_MISSING)
    if criterion.get("chargingProfilePurpose") == Purpose.EXTERNAL_CONSTRAINTS:  # K10.FR.06
        return Outcome.refused(ProfileRefusal.NOT_OURS_TO_SET)
    if matches(criterion, evse_id, operator_profiles.floor_of(context.abilities)):
        return Outcome.refused(dialects.SetpointRefusal.RESERVED_PROFILE_ID)
    state = await context.charging.charging_state(command.station_id)
    for leased, lease in state.leases.items():
        slot = operator_profiles.lease_of(leased, context.abilities)
        if lease.until > context.now and matches(criterion, evse_id, slot):
            return Outcome.refused(ProfileRefusal.LEASE_IN_FORCE)
    outcome = await ask(command, station, context)
    if outcome.status is CommandStatus.CONFIRMED or outcome.reason == UNKNOWN:
        cleared = [one for one in state.profiles if one.source == OURS]
        gone = [_gone(one, context) for one in cleared if matches(criterion, evse_id, one)]
        await context.journal.commit(gone)
    return outcome


def _clearing(payload: Mapping[str, Any]) -> tuple[dict[str, Any], int | None]:
    """The criterion and the EVSE of a ClearChargingProfile; an id stands for itself (K10.FR.03)."""
    if payload.get("chargingProfileId") is not None:
        return {"chargingProfileId": payload["chargingProfileId"]}, None
    criterion = dict(payload.get("chargingProfileCriteria") or {})
    return criterion, criterion.pop("evseId", None)


async def get_charging_profiles(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """K09. The profiles come as ReportChargingProfiles; a station that has none says so now."""
    asked = replace(command, payload={"requestId": request_id(command), **command.payload})
    criterion = asked.payload.get("chargingProfile")
    if not criterion:  # K09.FR.03
        return Outcome.refused(ProfileRefusal.CRITERION_MISSING)
    if (bad := bad_request(asked, station)) is not None:
        return bad
    report = ProfileReportAsked(
        station_id=command.station_id,
        request_id=asked.payload["requestId"],
        at=context.now,
        evse_id=asked.payload.get("evseId"),
        criterion=criterion,
    )
    await context.journal.commit([report])
    outcome = await ask(asked, station, context)
    if outcome.response.get("status") != NO_PROFILES:
        return outcome
    state = await context.charging.charging_state(command.station_id)
    await context.journal.commit(report_completed(report, state, context.now))
    return replace(outcome, status=CommandStatus.CONFIRMED, reason=NO_PROFILES)


async def get_composite_schedule(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """K08. The answer is compared with what we make of the station's profiles; the difference is
    the outcome's reason, and where the station allows itself more it is a notice."""
    outcome = await ask(command, station, context)
    schedule = outcome.response.get("schedule")
    if outcome.status is not CommandStatus.CONFIRMED or schedule is None:
        return outcome
    state = await context.charging.charging_state(command.station_id)
    told = composite_steps(schedule, context.abilities)
    start_at = told[0].at
    end_at = start_at + timedelta(seconds=min(schedule["duration"], command.payload["duration"]))
    expected = composite(
        known_profiles(state, context.abilities),
        command.payload["evseId"],
        start_at,
        end_at,
        Situation(evse_ids=state.evse_ids, transactions=state.transactions, phases=state.phases),
    )
    found = deviations(expected, told, end_at, others_limit=of_unknown_size(state.limits))
    comparison = {
        "expected": [{"at": at.isoformat(), "limit_w": limit_w} for at, limit_w in expected],
        "deviations": [_words(one) for one in found],
    }
    await _tell(command, found, context)
    return replace(
        outcome,
        reason=found[0].kind.value if found else None,
        response={**outcome.response, "comparison": comparison},
        composite_w=limit_at_w(told, context.now),
    )


def _words(deviation: Deviation) -> dict[str, Any]:
    return {
        "at": deviation.at.isoformat(),
        "kind": deviation.kind.value,
        "expected_w": deviation.expected_w,
        "told_w": deviation.told_w,
    }


async def _tell(command: Command, found: tuple[Deviation, ...], context: CommandContext) -> None:
    if not found:
        return
    notice = Noticed(
        station_id=command.station_id,
        kind="CompositeScheduleDiffers",
        at=context.now,
        received_at=context.now,
        severity="warning",
        payload={"evseId": command.payload["evseId"], "deviations": [_words(o) for o in found]},
    )
    await context.journal.commit([notice])
