"""When a certificate that we signed is renewed, and how its station is asked to (A02, F06).

At a third to a sixth of its life before its end, at a moment of its own: certificates that were
signed on one day are not renewed on one day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from csms.domain.commands import Command, CommandKind, CommandPriority, CommandStatus
from csms.domain.ids import ChargingStationId

TRIGGERS: Final[Mapping[str, str]] = {
    "ChargingStationCertificate": "SignChargingStationCertificate",
    "V2GCertificate": "SignV2GCertificate",
    "V2G20Certificate": "SignV2G20Certificate",
    "Combined": "SignCombinedCertificate",
}
"""What a certificate is for → MessageTriggerEnumType."""
EARLIEST_PART: Final = 3
"""None is due before the last third of its life."""
REQUESTED_BY: Final = "csms"
FIRST_WAIT: Final = timedelta(hours=1)
LONGEST_WAIT: Final = timedelta(days=1)


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
        return self.not_after - life / EARLIEST_PART + life / 6 * jitter_ratio


@dataclass(frozen=True, slots=True)
class Asked:
    """How often a station was asked to renew a certificate, from 1, and what became of the last
    time; `ended_at` None: it waits for its station."""

    times: int
    status: CommandStatus
    ended_at: datetime | None

    def is_to_be_repeated(self, now: datetime) -> bool:
        """Nothing came of it: ask again, half as often each time, once a day at least, but not a
        station that refused."""
        if self.ended_at is None or self.status is CommandStatus.REFUSED:
            return False
        doublings = min(self.times - 1, 10)
        return now >= self.ended_at + min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def renewal(held: HeldCertificate, now: datetime, left: timedelta, times: int = 0) -> Command:
    """Ask its station for a signing request as soon as it is there; `left`: of its life; `times`
    that it was asked before.

    Asked by two, it is one row.
    """
    repeated = f":{times}" if times else ""
    return Command(
        command_id=uuid5(NAMESPACE_URL, f"v2ghub:renewal:{held.certificate_id}{repeated}"),
        station_id=held.station_id,
        kind=CommandKind.TRIGGER_MESSAGE,
        payload={"requestedMessage": TRIGGERS[held.certificate_type]},
        priority=CommandPriority.PROVISIONING,
        created_at=now,
        deadline_at=now + left,
        requested_by=REQUESTED_BY,
    )
