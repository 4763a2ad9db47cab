"""BootNotification (OCPP 2.0.1, B01–B03): no station is served before its floor profile is set.

A new boot is Pending and leaves a Provision command; once that is done (StationProvisioned) the
next boot is Accepted. An accepted station that boots anew starts again, one that was merely asked
for the message (reason Triggered) does not. By its boot policy a station may instead be accepted
at once, if it is the device that was provisioned, or be rejected.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.discharge import DischargeModels
from csms.domain.events import StationChanged
from csms.domain.facts import CommandAsked, Fact, StationBooted, Told
from csms.domain.ids import ChargingStationId
from csms.domain.messages import BootNotification, BootNotificationAnswer, RegistrationStatus
from csms.domain.station import BootPolicy, Device
from csms.handlers.ports import Journal, Stations, StationState

HEARTBEAT_INTERVAL_S: Final = 300
PENDING_INTERVAL_S: Final = 30
REJECTED_INTERVAL_S: Final = 300
PROVISION_DEADLINE: Final = timedelta(minutes=10)
PROVISION_RETRY_S: Final = 120
INTERVALS_S: Final = {
    RegistrationStatus.ACCEPTED: HEARTBEAT_INTERVAL_S,
    RegistrationStatus.PENDING: PENDING_INTERVAL_S,
    RegistrationStatus.REJECTED: REJECTED_INTERVAL_S,
}


@dataclass(frozen=True, slots=True)
class BootNotificationHandler:
    journal: Journal
    stations: Stations
    discharge_models: DischargeModels

    async def handle(
        self, station_id: ChargingStationId, request: BootNotification, now: datetime
    ) -> BootNotificationAnswer:
        state = await self.stations.state(station_id)
        status = _status(state, request)
        accepted = status is RegistrationStatus.ACCEPTED
        listed = self.discharge_models.of(request.vendor, request.model)
        message = self.discharge_models.message(request.vendor, request.model)
        booted = StationBooted(
            station_id=station_id,
            at=now,
            vendor=request.vendor,
            model=request.model,
            firmware_version=request.firmware_version,
            serial_number=request.serial_number,
            registration_status=status.value,
            provisioned=accepted,
            discharge_dialect=next((one.dialect.value for one in listed), None),
            setpoint_holds_s=None if message is None else message.holds_s,
        )
        changed = Told(event=StationChanged(station_id=station_id, connected=True), at=now)
        facts: list[Fact] = [booted, changed]
        if status is RegistrationStatus.PENDING or _trusted(state, request):
            facts.append(CommandAsked(command=_provision(station_id, state, status, now)))
        await self.journal.commit(facts)
        return BootNotificationAnswer(now=now, interval_s=INTERVALS_S[status], status=status)


def _status(state: StationState, request: BootNotification) -> RegistrationStatus:
    if state.boot_policy is BootPolicy.REJECT:
        return RegistrationStatus.REJECTED
    if not state.provisioned:
        return RegistrationStatus.PENDING
    if state.registration_status == RegistrationStatus.PENDING or request.reason == "Triggered":
        return RegistrationStatus.ACCEPTED
    return RegistrationStatus.ACCEPTED if _trusted(state, request) else RegistrationStatus.PENDING


def _trusted(state: StationState, request: BootNotification) -> bool:
    """The device that we have provisioned boots anew, and may be served meanwhile."""
    device = Device(
        vendor=request.vendor, model=request.model, firmware_version=request.firmware_version
    )
    return (
        state.boot_policy is BootPolicy.ACCEPT
        and state.provisioned
        and state.registration_status == RegistrationStatus.ACCEPTED
        and state.device == device
        and request.reason != "Triggered"
    )


def _provision(
    station_id: ChargingStationId, state: StationState, status: RegistrationStatus, now: datetime
) -> Command:
    """One command per boot; a station that boots again and again gets one per
    `PROVISION_RETRY_S`."""
    accepted = status is RegistrationStatus.ACCEPTED
    waiting = accepted or state.registration_status == RegistrationStatus.PENDING
    return Command(
        command_id=_command_id(station_id, now, waiting=waiting),
        station_id=station_id,
        kind=CommandKind.PROVISION,
        payload={"accepted": True} if accepted else {},
        priority=CommandPriority.PROVISIONING,
        created_at=now,
        deadline_at=now + PROVISION_DEADLINE,
    )


def _command_id(station_id: ChargingStationId, now: datetime, *, waiting: bool) -> UUID:
    moment = now.timestamp() // PROVISION_RETRY_S if waiting else now.isoformat()
    return uuid5(NAMESPACE_URL, f"v2ghub:provision:{station_id}:{moment}")
