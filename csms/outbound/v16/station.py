"""A station of OCPP 1.6 as if it spoke 2.0.1: so every command has one executor for all versions.

What goes out is said in the words of 1.6, what comes back in those of 2.0.1. What 1.6 has no words
for is refused by its name (`NotIn16`) before the station hears of it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from csms.domain.commands import CommandPriority
from csms.domain.station import OcppVersion
from csms.outbound.ports import StationCaller
from csms.outbound.v16 import configuration, control, lists, maintenance, profiles
from csms.outbound.v16.voice import NotIn16, Voice

Translation = Callable[[Voice, Any], Awaitable[Any]]

TRANSLATIONS: Final[Mapping[str, Translation]] = {
    # A, M · certificates
    "CertificateSigned": maintenance.certificate_signed,
    "InstallCertificate": maintenance.install_certificate,
    "DeleteCertificate": maintenance.delete_certificate,
    "GetInstalledCertificateIds": maintenance.get_installed_certificate_ids,
    # B · provisioning
    "GetVariables": configuration.get_variables,
    "SetVariables": configuration.set_variables,
    "Reset": control.reset,
    # C, D · authorization and local lists
    "ClearCache": control.clear_cache,
    "SendLocalList": lists.send_local_list,
    "GetLocalListVersion": lists.get_local_list_version,
    # F · remote control
    "RequestStartTransaction": control.request_start_transaction,
    "RequestStopTransaction": control.request_stop_transaction,
    "UnlockConnector": control.unlock_connector,
    "TriggerMessage": control.trigger_message,
    # G · availability
    "ChangeAvailability": control.change_availability,
    # H · reservation
    "ReserveNow": lists.reserve_now,
    "CancelReservation": lists.cancel_reservation,
    # K · smart charging
    "SetChargingProfile": profiles.set_charging_profile,
    "ClearChargingProfile": profiles.clear_charging_profile,
    "GetCompositeSchedule": profiles.get_composite_schedule,
    # L, N · firmware and logs
    "UpdateFirmware": maintenance.update_firmware,
    "GetLog": maintenance.get_log,
    # P · vendors' own
    "DataTransfer": control.data_transfer,
}
"""Action of 2.0.1 → how 1.6 says it."""


@dataclass(frozen=True, slots=True)
class Station16:
    """Implements `outbound.ports.StationCaller`: requests and answers are structs of 2.0.1."""

    station: StationCaller
    now: datetime

    @property
    def version(self) -> OcppVersion:
        """What is spoken to it here, not on its wire."""
        return OcppVersion.V201

    async def call(
        self, action: str, request: Any, *, priority: CommandPriority, deadline_at: datetime
    ) -> Any:
        """Say `request` in 1.6 and wait. Raises CallRefused, CallTimeout or ConnectionLost."""
        translation = TRANSLATIONS.get(action)
        if translation is None:
            raise NotIn16(action)
        return await translation(Voice(self.station, priority, deadline_at, self.now), request)
