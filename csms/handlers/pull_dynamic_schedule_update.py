"""PullDynamicScheduleUpdate (OCPP 2.1, K28): what a Dynamic profile shall say now."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.dynamic import update
from csms.domain.ids import ChargingStationId
from csms.domain.messages_v21 import PullDynamicScheduleUpdate, PullDynamicScheduleUpdateAnswer
from csms.handlers.ports_v21 import DynamicProfiles


@dataclass(frozen=True, slots=True)
class PullDynamicScheduleUpdateHandler:
    dynamic_profiles: DynamicProfiles

    async def handle(
        self, station_id: ChargingStationId, request: PullDynamicScheduleUpdate, now: datetime
    ) -> PullDynamicScheduleUpdateAnswer:
        profile = await self.dynamic_profiles.profile(station_id, request.profile_id)
        return update(profile, now)
