"""NotifyEVChargingNeeds (OCPP 2.0.1, K15): what the vehicle asks for.

The answer is Processing: what holds at the EVSE is offered at once (K15.FR.08), and the plan that
others make of the needs follows as SetChargingProfile;
or Rejected, where the vehicle wants an energy transfer that it may not use (OCPP 2.1, Q01).
A station whose smart charging is off hears that no schedule will come (K15.FR.04, K19.FR.04).
"""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.events import ChargingNeedsChanged
from csms.domain.facts import ChargingNeedsTold, CommandAsked, Fact, Told
from csms.domain.ids import ChargingStationId
from csms.domain.messages import NeedsStatus, NotifyEVChargingNeeds, NotifyEVChargingNeedsAnswer
from csms.domain.questions import schedule_offer
from csms.handlers.ports import Journal
from csms.handlers.ports_charging import SmartCharging
from csms.handlers.ports_v21 import EnergyTransfers


@dataclass(frozen=True, slots=True)
class NotifyEVChargingNeedsHandler:
    journal: Journal
    energy_transfers: EnergyTransfers
    charging: SmartCharging

    async def handle(
        self, station_id: ChargingStationId, request: NotifyEVChargingNeeds, now: datetime
    ) -> NotifyEVChargingNeedsAnswer:
        if request.evse_id <= 0:
            return NotifyEVChargingNeedsAnswer(NeedsStatus.REJECTED)
        if (wanted := request.requested_energy_transfer) is not None:
            allowed = await self.energy_transfers.of_evse(station_id, request.evse_id)
            if allowed is not None and wanted not in allowed:  # Q01.FR.04
                return NotifyEVChargingNeedsAnswer(NeedsStatus.REJECTED)
        needs = ChargingNeedsTold(
            station_id=station_id,
            evse_id=request.evse_id,
            at=now,
            departure_at=request.departure_at,
            energy_wh=request.energy_wh,
            capacity_wh=request.capacity_wh,
            soc_pct=request.soc_pct,
            max_charge_w=request.max_charge_w,
            max_discharge_w=request.max_discharge_w,
            target_soc_pct=request.target_soc_pct,
            requested_energy_transfer=request.requested_energy_transfer,
            payload=request.payload,
        )
        changed = ChargingNeedsChanged(
            station_id=station_id, evse_id=request.evse_id, departure_at=request.departure_at
        )
        facts: list[Fact] = [needs, Told(event=changed, at=now)]
        status = await self._status(station_id, request)
        if status is NeedsStatus.PROCESSING:
            offer = schedule_offer(station_id, request.evse_id, f"needs:{now.isoformat()}", now)
            facts.append(CommandAsked(command=offer))
        await self.journal.commit(facts)
        return NotifyEVChargingNeedsAnswer(status)

    async def _status(
        self, station_id: ChargingStationId, request: NotifyEVChargingNeeds
    ) -> NeedsStatus:
        state = await self.charging.charging_state(station_id)
        if state.variables.get("Enabled", "true").lower() != "false":
            return NeedsStatus.PROCESSING
        return NeedsStatus.NO_CHARGING_PROFILE if request.edition_20 else NeedsStatus.REJECTED
