"""NotifyEVChargingSchedule (OCPP 2.0.1, K15–K17): what the vehicle means to do.

Within what its profiles allow it is accepted and kept as evidence. A schedule that leaves them is
rejected, and what holds is offered again: a renegotiation, once for each such schedule. Of a lease
only the time until its end is judged; it will be renewed before. A setpoint
that is on its way counts, too: the vehicle may follow it already.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

import msgspec

from csms.domain.charging_state import ChargingState
from csms.domain.composite import (
    TOLERANCE_RATIO,
    TOLERANCE_W,
    CompositeStep,
    DeviationKind,
    Situation,
    composite,
    deviations,
)
from csms.domain.facts import CommandAsked, Fact
from csms.domain.ids import ChargingStationId
from csms.domain.messages_charging import NotifyEVChargingSchedule, NotifyEVChargingScheduleAnswer
from csms.domain.questions import schedule_offer
from csms.domain.station import StationAbilities
from csms.handlers.notice import Severity, noticed
from csms.handlers.ports import Journal
from csms.handlers.ports_charging import SmartCharging
from csms.ocppj.profiles import known_profiles, steps_from

KIND: Final = "NotifyEVChargingSchedule"
JUDGED_AHEAD: Final = timedelta(days=1)
"""What a vehicle means to do later than that it will have told anew."""
_encode: Final = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True, slots=True)
class NotifyEVChargingScheduleHandler:
    journal: Journal
    charging: SmartCharging

    async def handle(
        self, station_id: ChargingStationId, request: NotifyEVChargingSchedule, now: datetime
    ) -> NotifyEVChargingScheduleAnswer:
        told_w = await self.charging.being_told_w(station_id, request.evse_id)  # before the books
        state = await self.charging.charging_state(station_id)
        situation = Situation(
            evse_ids=state.evse_ids, transactions=state.transactions, phases=state.phases
        )
        abilities = StationAbilities(phases=situation.phases_at(request.evse_id))
        wanted = steps_from(request.schedule, request.time_base, abilities)
        within = _is_within(wanted, told_w)
        accepted = within or not _exceeds(request, wanted, state, situation, abilities, now)
        severity = Severity.INFO if accepted else Severity.WARNING
        facts: list[Fact] = [noticed(station_id, KIND, request.payload, now, severity)]
        if not accepted:  # K15.FR.12, K15.FR.13
            reason = blake2b(_encode(request.payload), digest_size=16).hexdigest()
            offer = schedule_offer(station_id, request.evse_id, reason, now)
            facts.append(CommandAsked(command=offer))
        await self.journal.commit(facts)
        return NotifyEVChargingScheduleAnswer(accepted)


def _is_within(wanted: Sequence[CompositeStep], told_w: float | None) -> bool:
    """Whether the whole schedule keeps to a setpoint that is on its way."""
    if told_w is None:
        return False
    most_w = told_w + TOLERANCE_W + TOLERANCE_RATIO * abs(told_w)
    return all(step.limit_w is not None and step.limit_w <= most_w for step in wanted)


def _exceeds(
    request: NotifyEVChargingSchedule,
    wanted: Sequence[CompositeStep],
    state: ChargingState,
    situation: Situation,
    abilities: StationAbilities,
    now: datetime,
) -> bool:
    start_at = max(request.time_base, now)
    duration_s = request.schedule.get("duration")
    ends = [start_at + JUDGED_AHEAD]
    if duration_s is not None:
        ends.append(request.time_base + timedelta(seconds=duration_s))
    lease = state.leases.get(request.evse_id)
    if lease is not None and lease.until > now:
        ends.append(lease.until)
    if min(ends) <= start_at:
        return False
    known = known_profiles(state, abilities)
    expected = composite(known, request.evse_id, start_at, min(ends), situation)
    found = deviations(expected, wanted, min(ends))
    return any(one.kind is DeviationKind.ALLOWS_MORE for one in found)
