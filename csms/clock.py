"""The only reader of the clock. Everything else takes `now` as an argument.

Site time is what the hub plans and controls in. It can run faster than real time
(`v2ghub demo --speed 60`); then all processes of one machine derive it from the same monotonic
clock, so they agree and never step. Users' sessions, logs and network time-outs live in real time.
"""

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SPEED = "V2GHUB_CLOCK_SPEED"
SITE_EPOCH = "V2GHUB_CLOCK_SITE_EPOCH_S"
MONOTONIC_EPOCH = "V2GHUB_CLOCK_MONOTONIC_EPOCH_S"


@dataclass(frozen=True, slots=True)
class Clock:
    """Site time: UNIX `site_epoch_s` at machine-wide monotonic `monotonic_epoch_s`, running
    `speed_ratio` times as fast; without epochs, the system's UTC.
    """

    speed_ratio: float = 1.0
    site_epoch_s: float | None = None
    monotonic_epoch_s: float = 0.0

    def now(self) -> datetime:
        """Site time, aware UTC."""
        if self.site_epoch_s is None:
            return wall_now()
        elapsed_s = (time.monotonic() - self.monotonic_epoch_s) * self.speed_ratio
        return datetime.fromtimestamp(self.site_epoch_s, UTC) + timedelta(seconds=elapsed_s)

    def real_s(self, site_s: float) -> float:
        """How long a duration of site time takes in real seconds."""
        return site_s / self.speed_ratio

    async def sleep(self, site_s: float) -> None:
        """Sleep `site_s` seconds of site time."""
        await asyncio.sleep(self.real_s(site_s))

    def environment(self) -> dict[str, str]:
        """The variables that give a child process this same clock."""
        if self.site_epoch_s is None:
            return {}
        return {
            SPEED: repr(self.speed_ratio),
            SITE_EPOCH: repr(self.site_epoch_s),
            MONOTONIC_EPOCH: repr(self.monotonic_epoch_s),
        }


def clock_from(environment: Mapping[str, str] = os.environ) -> Clock:
    """The clock this process was given; the system's UTC if it was given none."""
    if SITE_EPOCH not in environment:
        return Clock()
    return Clock(
        speed_ratio=float(environment[SPEED]),
        site_epoch_s=float(environment[SITE_EPOCH]),
        monotonic_epoch_s=float(environment[MONOTONIC_EPOCH]),
    )


def fast_clock(speed_ratio: float, site_start: datetime) -> Clock:
    """A clock that shows `site_start` now and runs `speed_ratio` times faster from here."""
    return Clock(speed_ratio, site_start.timestamp(), time.monotonic())


def wall_now() -> datetime:
    """Real time, for users' sessions, tokens and logs."""
    return datetime.now(UTC)


def monotonic_s() -> float:
    """Real seconds that never step, for time-outs."""
    return time.monotonic()
