"""The site clock of a demo, kept over restarts: it goes on from where it stood, never backwards.

The file says up to which site time the clock may have been shown. While the hub runs it is written
ahead of the clock, so that even after a kill the next start is later than anything anyone saw.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from csms.clock import Clock, wall_now
from v2ghub.errors import HubError
from v2ghub.state import write_atomically

WRITE_EVERY_S = 2.0
AHEAD_S = 5.0  # > WRITE_EVERY_S, with room for a slow disk


def stood_at(state_dir: Path) -> datetime | None:
    """The latest site time that a demo on `state_dir` can have shown."""
    try:
        kept = json.loads((state_dir / "clock.json").read_text())
        return datetime.fromisoformat(kept["site_time"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def site_now(state_dir: Path) -> datetime:
    """Site time for a command of one go: a demo's, as its clock stood, else the system's."""
    return stood_at(state_dir) or wall_now()


def resume_at(state_dir: Path, start: datetime | None, first: datetime) -> datetime:
    """Where a demo's clock starts: at `start` if given, else where it stood, else at `first`.

    Raise: `HubError` if `start` lies before where the clock stood.
    """
    stood = stood_at(state_dir)
    if stood is not None and start is not None and start < stood:
        raise HubError(
            f"the site clock of {state_dir} stands at {stood:%Y-%m-%dT%H:%M}Z, not to go back to "
            f"{start:%Y-%m-%dT%H:%M}Z; leave out --start, or set V2GHUB_STATE_DIR to a new folder"
        )
    return start or stood or first


def keep(state_dir: Path, site_time: datetime) -> None:
    """Write down that the clock may have shown `site_time`."""
    text = json.dumps({"site_time": site_time.astimezone(UTC).isoformat()})
    write_atomically(state_dir / "clock.json", text)


@asynccontextmanager
async def kept_ahead(state_dir: Path, clock: Clock) -> AsyncIterator[None]:
    """Meanwhile the file is ahead of `clock`; at the end, when nobody reads the clock any more, it
    says the exact time."""
    ahead = timedelta(seconds=AHEAD_S * clock.speed_ratio)

    async def keep_on() -> None:
        while True:
            with suppress(OSError):
                keep(state_dir, clock.now() + ahead)
            await asyncio.sleep(WRITE_EVERY_S)

    keeping = asyncio.create_task(keep_on())
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.wait([keeping])
        with suppress(OSError):
            keep(state_dir, clock.now())
