"""When a certificate that we signed is renewed, and how its station is asked to (A02, F06).

At a third to a sixth of its life before its end, at a moment of its own: certificates that were
signed on one day are not renewed on one day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.ids import ChargingStationId

TRIGGERS: Final[Mapping[str, str]] = {
    "ChargingStationCertificate": "SignChargingStationCertificate",
    "V2GCertificate": "SignV2GCertificate",
    "V2G20Certificate": "SignV2G20Certificate",
    "Combined": "SignCombinedCertificate",
}
"""What a certificate is for → MessageTriggerEnumType."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCertificate:
    """The newest certificate of its type that a station took from us."""

    certificate_id: UUID
    station_id: ChargingStationId
    certificate_type: str
    since: datetime
    not_after: datetime

    @property
    def due_at(self) -> datetime:
        """When it is to be renewed: the same whoever asks."""
        life = self.not_after - self.since
        jitter_ratio = self.certificate_id.int / (1 << 128)
        return self.not_after - life / 3 + life / 6 * jitter_ratio


def renewal(held: HeldCertificate, now: datetime, left: timedelta) -> Command:
    """Ask its station for a signing request, once, as soon as it is there; `left`: of its life.

    Asked twice, it is one row.
    """
    return Command(
        command_id=uuid5(NAMESPACE_URL, f"v2ghub:renewal:{held.certificate_id}"),
        station_id=held.station_id,
        kind=CommandKind.TRIGGER_MESSAGE,
        payload={"requestedMessage": TRIGGERS[held.certificate_type]},
        priority=CommandPriority.PROVISIONING,
        created_at=now,
        deadline_at=now + left,
        requested_by="csms",
    )
