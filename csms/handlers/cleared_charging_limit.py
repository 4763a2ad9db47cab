"""ClearedChargingLimit (OCPP 2.0.1, K13): … and is gone again; everywhere, if no EVSE is named."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts_charging import ChargingLimitTold
from csms.domain.ids import ChargingStationId, EvseId
from csms.domain.messages import Acknowledged
from csms.domain.messages_charging import ClearedChargingLimit
from csms.handlers.notice import noticed
from csms.handlers.ports import Journal
from csms.handlers.ports_charging import SmartCharging


@dataclass(frozen=True, slots=True)
class ClearedChargingLimitHandler:
    journal: Journal
    charging: SmartCharging

    async def handle(
        self, station_id: ChargingStationId, request: ClearedChargingLimit, now: datetime
    ) -> Acknowledged:
        state = await self.charging.charging_state(station_id)
        places = {one.evse_id for one in state.limits if one.source == request.source}
        if request.evse_id is not None:
            places &= {request.evse_id}
        cleared = [
            ChargingLimitTold(
                station_id=station_id,
                evse_id=EvseId(place),
                source=request.source,
                at=now,
                in_force=False,
            )
            for place in sorted(places)
        ]
        notice = noticed(station_id, "ClearedChargingLimit", request.payload, now)
        await self.journal.commit([*cleared, notice])
        return Acknowledged()
