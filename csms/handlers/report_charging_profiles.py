"""ReportChargingProfiles (OCPP 2.0.1, K09): the profiles that a station really holds.

With the last part of a report that we asked for, what came is compared with what was set.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from csms.domain.charging_state import ChargingState
from csms.domain.facts import Fact
from csms.domain.facts_charging import ChargingProfileHeld, ProfileSide
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged
from csms.domain.messages_charging import ReportChargingProfiles
from csms.handlers.ports import Journal
from csms.handlers.ports_charging import SmartCharging
from csms.ocppj.profile_reports import report_completed


@dataclass(frozen=True, slots=True)
class ReportChargingProfilesHandler:
    journal: Journal
    charging: SmartCharging

    async def handle(
        self, station_id: ChargingStationId, request: ReportChargingProfiles, now: datetime
    ) -> Acknowledged:
        held = [
            ChargingProfileHeld(
                station_id=station_id,
                side=ProfileSide.REPORTED,
                evse_id=request.evse_id,
                profile_id=profile["id"],
                at=now,
                purpose=profile["chargingProfilePurpose"],
                stack_level=profile["stackLevel"],
                source=request.source,
                request_id=request.request_id,
                payload=profile,
            )
            for profile in request.profiles
        ]
        facts: list[Fact] = [*held]
        if not request.more_follows:
            state = await self.charging.charging_state(station_id)
            asked = [one for one in state.reports if one.request_id == request.request_id]
            for report in asked:
                facts += report_completed(report, _with(state, held), now)
        await self.journal.commit(facts)
        return Acknowledged()


def _with(state: ChargingState, held: list[ChargingProfileHeld]) -> ChargingState:
    """`state` after this part."""
    new = {(one.side, one.evse_id, one.profile_id): one for one in held}
    kept = [one for one in state.profiles if (one.side, one.evse_id, one.profile_id) not in new]
    return replace(state, profiles=(*kept, *new.values()))
