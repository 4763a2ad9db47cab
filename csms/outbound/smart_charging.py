"""K · setpoints and profiles; `Accepted` is not trusted: what was set is read back.

A discharge that the station's own composite schedule does not show is withdrawn at once: a station
that takes a negative limit for "no limit" must not keep it for a moment longer than needed.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import msgspec

from csms.domain.commands import Command, CommandPriority, CommandStatus, Setpoint
from csms.domain.errors import CallRefused, CallTimeout, ConnectionLost
from csms.domain.station import StationAbilities
from csms.ocppj import types_v201 as wire
from csms.ocppj.dialect_table import DIALECTS, Lease
from csms.ocppj.dialects import SetpointRefusal
from csms.outbound import dynamic, vendor
from csms.outbound.ask import outcome_of
from csms.outbound.learning import taught
from csms.outbound.ports import CommandContext, Outcome, StationCaller
from csms.outbound.profiles import clear_rivals, remember

READ_BACK_S: Final = 60
OFFER: Final = timedelta(minutes=15)
TOLERANCE_W: Final = 100.0
TOLERANCE_RATIO: Final = 0.02

NOT_READ_BACK: Final = "not_read_back"
COMPOSITE_MISMATCH: Final = "composite_mismatch"
DISCHARGE_MISREAD: Final = "discharge_misread"
"""The station took a negative limit for leave to charge: it must never be told another one."""
LEASE_IN_DOUBT: Final = "lease_in_doubt"


async def set_setpoint(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """Lease `command.payload` (a Setpoint) to the EVSE; read back what is new about it."""
    try:
        setpoint = msgspec.convert(command.payload, Setpoint)
    except msgspec.ValidationError:
        return Outcome.refused("bad_payload: not a Setpoint")
    if setpoint.setpoint_w < 0 and setpoint.transaction_id not in (None, context.transaction_id):
        return Outcome.refused(SetpointRefusal.OTHER_TRANSACTION)
    profile = vendor.beside(setpoint, context.abilities)
    told = DIALECTS[station.version].lease(
        profile, command.evse_id, context.transaction_id, context.abilities, context.now
    )
    if isinstance(told, SetpointRefusal):
        return Outcome.refused(told.value)
    if _too_soon(command, vendor.meant_w(setpoint, told.setpoint_w, context.abilities), context):
        return Outcome.refused(SetpointRefusal.TOO_SOON)
    if context.confirmed_setpoint_w is None:
        await clear_rivals(command, station, context)

    async def say(abilities: StationAbilities) -> Outcome | None:
        other = replace(context, abilities=abilities)
        again = DIALECTS[station.version].lease(
            profile, command.evse_id, context.transaction_id, abilities, context.now
        )
        if isinstance(again, SetpointRefusal):
            return None
        return await _Leasing(command, station, other).set(again)

    first = await _Leasing(command, station, context).set(told)
    if told.setpoint_w >= 0:  # else never another try at what the station may misread
        first = await taught(first, command, context, say, pauses=told.setpoint_w == 0)
    done = await vendor.said(command, station, context, setpoint, first)
    if done.status is not CommandStatus.CONFIRMED:
        return done
    return replace(
        done,
        reason=_shortened(done, setpoint.setpoint_w) or done.reason,
        dialect=context.abilities.discharge_dialect,
    )


def _too_soon(command: Command, setpoint_w: float, context: CommandContext) -> bool:
    """Whether a station that must not be told often was just told; less power is never too soon."""
    before_w, at = context.confirmed_setpoint_w, context.setpoint_at
    if command.priority is CommandPriority.SAFETY or before_w is None or at is None:
        return False
    pause = timedelta(seconds=context.abilities.quirks.change_interval_s)
    return context.now - at < pause and abs(setpoint_w) >= abs(before_w)


async def offer_schedule(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """K15–K17: a vehicle that told its needs, or wants more than its schedule, hears at once what
    holds there now: the lease in force, else the floor. What the plan makes of its needs follows
    as a setpoint. An offer has no version, so it changes nothing: while nobody knows which lease
    the station has, there is none."""
    state = await context.charging.charging_state(command.station_id)
    lease = state.leases.get(command.evse_id) if command.evse_id else None
    if lease is not None and lease.until > context.now:
        if context.confirmed_setpoint_w != lease.setpoint_w:
            return Outcome.refused(LEASE_IN_DOUBT)
    else:
        floor_w = max(context.abilities.floor_w, 0.0)
        lease = Setpoint(setpoint_w=floor_w, until=context.now + OFFER)
    told = DIALECTS[station.version].lease(
        vendor.beside(lease, context.abilities),
        command.evse_id,
        context.transaction_id,
        context.abilities,
        context.now,
    )
    if isinstance(told, SetpointRefusal):
        return Outcome.refused(told.value)
    return await _Leasing(command, station, context).set(told)


@dataclass(frozen=True, slots=True)
class _Leasing:
    command: Command
    station: StationCaller
    context: CommandContext

    async def set(self, told: Lease) -> Outcome:
        taken = await self._tell(told)
        if taken.status is not CommandStatus.CONFIRMED:
            return taken
        await self._remember(told)
        taken = replace(taken, setpoint_w=told.setpoint_w, highest_w=told.highest_w)
        if told.setpoint_w == self.context.confirmed_setpoint_w:
            return taken  # a renewal: what it says was read back when it began
        composite_w = await self._read_back()
        if composite_w is None:
            return replace(taken, reason=NOT_READ_BACK)
        if follows(told.setpoint_w, composite_w):
            return replace(taken, composite_w=composite_w)
        misread = told.setpoint_w < 0 and composite_w > TOLERANCE_W
        mismatch = replace(
            taken,
            status=CommandStatus.REFUSED,
            reason=DISCHARGE_MISREAD if misread else COMPOSITE_MISMATCH,
            composite_w=composite_w,
        )
        return mismatch if told.setpoint_w >= 0 else await self._withdraw(mismatch, told)

    async def _tell(self, told: Lease) -> Outcome:
        """By an update of the profile that is there, where that is enough, else by a profile."""
        if await dynamic.renewed(self.command, self.station, self.context, told):
            return Outcome(status=CommandStatus.CONFIRMED)
        try:
            return outcome_of(await self._send(told, self.command.priority))
        except CallRefused as refused:
            return Outcome.refused(refused.code)

    async def _withdraw(self, mismatch: Outcome, told: Lease) -> Outcome:
        """Put limit 0 in the place of a discharge that was not understood; whatever becomes of
        that, the mismatch stays the outcome."""
        zeroed = DIALECTS[self.station.version].zeroed(told)
        withdrawn = False
        with suppress(CallRefused, CallTimeout, ConnectionLost):
            answer = await self._send(zeroed, CommandPriority.SAFETY)
            withdrawn = outcome_of(answer).status is CommandStatus.CONFIRMED
        if withdrawn:
            await self._remember(zeroed)
        return replace(mismatch, setpoint_w=0.0 if withdrawn else told.setpoint_w)

    async def _remember(self, told: Lease) -> None:
        profile = msgspec.to_builtins(told.request.charging_profile)
        evse_id = told.request.evse_id
        await remember(self.command.station_id, evse_id, profile, None, self.context)
        await self.context.journal.commit(dynamic.lease_facts(self.command, self.context, told))

    async def _send(self, told: Lease, priority: CommandPriority) -> wire.Wire:
        response: wire.Wire = await self.station.call(
            "SetChargingProfile",
            told.request,
            priority=priority,
            deadline_at=self.command.deadline_at,
        )
        return response

    async def _read_back(self) -> float | None:
        abilities = self.context.abilities
        request = wire.GetCompositeScheduleRequest(
            duration=READ_BACK_S,
            evse_id=self.command.evse_id or 0,
            charging_rate_unit=abilities.rate_unit.value,
        )
        try:
            response = await self.station.call(
                "GetCompositeSchedule",
                request,
                priority=self.command.priority,
                deadline_at=self.command.deadline_at,
            )
        except (CallRefused, CallTimeout, ConnectionLost):
            return None
        dialect = DIALECTS[self.station.version]
        return dialect.composite_w(response, abilities, self.context.now)


def follows(setpoint_w: float, composite_w: float) -> bool:
    """Does the composite schedule say what was set, or less of it (another limit binds)?"""
    tolerance_w = max(TOLERANCE_W, TOLERANCE_RATIO * abs(setpoint_w))
    if setpoint_w >= 0:
        return -tolerance_w <= composite_w <= setpoint_w + tolerance_w
    return setpoint_w - tolerance_w <= composite_w < 0


def _shortened(done: Outcome, asked_w: float) -> str | None:
    """Why less was set than was asked."""
    if done.setpoint_w == asked_w:
        return None
    if done.setpoint_w == 0:
        return SetpointRefusal.DISCHARGE_NOT_SUPPORTED.value
    return SetpointRefusal.DISCHARGE_NOT_PROVEN.value
