"""A firmware for many stations, in stages: a few first, more when those are well, none after harm.

Pure: what each station has come to goes in, the next step comes out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Final

from csms.domain.commands import CommandStatus

GIVE_UP_AFTER: Final = timedelta(hours=24)
"""A station that says nothing for so long counts as failed; it must not hold up all others."""
INSTALLED: Final = frozenset({"Installed"})
FAILED: Final = frozenset(
    {
        "Canceled",
        "DownloadFailed",
        "InstallVerificationFailed",
        "InstallationFailed",
        "InvalidCertificate",
        "InvalidSignature",
        "Rejected",
        "RevokedCertificate",
    }
)
NEVER_STARTED: Final = frozenset(
    {CommandStatus.REFUSED, CommandStatus.EXPIRED, CommandStatus.SUPERSEDED}
)


class CampaignStatus(StrEnum):
    """A campaign starts as `RUNNING` and ends in one of the others."""

    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"


class Progress(StrEnum):
    """What a station of a campaign has come to."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Start:
    """Ask the next `count` stations: the stage with number `stage`, from 1."""

    count: int
    stage: int


@dataclass(frozen=True, slots=True)
class End:
    """The campaign is over."""

    status: CampaignStatus
    reason: str


def progress_of(
    asked_at: datetime | None, job_status: str | None, command: CommandStatus | None, now: datetime
) -> Progress:
    """From the station's last word, if it said one, else from what became of the command."""
    if asked_at is None:
        return Progress.WAITING
    if job_status in INSTALLED:
        return Progress.DONE
    if job_status in FAILED or now - asked_at > GIVE_UP_AFTER:
        return Progress.FAILED
    if job_status is None and command in NEVER_STARTED:
        return Progress.FAILED
    return Progress.RUNNING


def next_step(
    stages_pct: Sequence[float], stop_above_failed_pct: float, stations: Sequence[Progress]
) -> Start | End | None:
    """What to do now; None: wait.

    `stages_pct` are shares of all stations, rising; what is left after the last one is one more
    stage. The failures count against the stations that were asked so far.
    """
    asked = len(stations) - stations.count(Progress.WAITING)
    failed = stations.count(Progress.FAILED)
    if asked and 100 * failed > stop_above_failed_pct * asked:
        return End(CampaignStatus.STOPPED, f"{failed} of {asked} failed")
    if Progress.RUNNING in stations:
        return None
    if asked == len(stations):
        return End(CampaignStatus.FINISHED, f"{asked - failed} of {asked} installed")
    for stage, share_pct in enumerate((*stages_pct, 100.0), 1):
        until = min(len(stations), ceil(len(stations) * share_pct / 100))
        if until > asked:
            return Start(until - asked, stage)
    return None
