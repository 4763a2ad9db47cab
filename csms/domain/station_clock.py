"""A station's clock, measured by what it tells: live messages come within seconds of their time.

A time ahead of ours shows at once, for nobody tells of what has not happened yet. A time behind
ours may also be of a message that waited: only if all that was told for a while came late, the
clock is behind, by the least of it. No time is corrected by it: the ledger keeps what was told.
Pure.
"""

from datetime import datetime, timedelta
from math import inf
from typing import Final, NamedTuple

from msgspec import Struct

from csms.domain import messages as m
from csms.domain.messages_monitoring import NotifyEvent
from csms.domain.transaction import TransactionEvent

TOLERANCE_S: Final = 60.0
LONGEST_TRIP_S: Final = 10.0
"""Of real time: on a site clock that runs fast a message takes longer."""
WATCHED: Final = timedelta(minutes=5)
LEAST_HEARD: Final = 3


class ToldLive(NamedTuple):
    """A time in a message; one that `may_wait` says nothing of a clock when it comes late."""

    at: datetime
    may_wait: bool = False


class StationClock(Struct, frozen=True, gc=False):
    """`off_s`: ahead of ours (+) or behind (-); None: right, or not known yet. The rest is of the
    late messages since the last that was in time."""

    off_s: float | None = None
    late_since: datetime | None = None
    late_count: int = 0
    least_late_s: float = inf

    def heard(
        self, told: ToldLive, now: datetime, tolerance_s: float = TOLERANCE_S
    ) -> "StationClock":
        """The clock with one more time that was told at `now`; what differs by `tolerance_s` at
        most is on its way for as long, or is no news."""
        late_s = (now - told.at).total_seconds()
        if late_s < -tolerance_s:
            return StationClock(off_s=self._settled_s(-late_s, tolerance_s))
        if late_s <= tolerance_s:
            return UNHEARD
        if told.may_wait:
            return self
        since, count = self.late_since or now, self.late_count + 1
        least_s = min(self.least_late_s, late_s)
        if count < LEAST_HEARD or now - since < WATCHED:
            return StationClock(self.off_s, since, count, least_s)
        return StationClock(off_s=self._settled_s(-least_s, tolerance_s))

    def _settled_s(self, off_s: float, tolerance_s: float) -> float:
        """What was measured before, if it is as good: a clock that is off is no news each time."""
        if self.off_s is None or abs(off_s - self.off_s) > tolerance_s:
            return off_s
        return self.off_s


UNHEARD: Final = StationClock()


def told_live(told: object) -> ToldLive | None:
    """The time that a message was probably told at; None if it carries none, or was kept."""
    if isinstance(told, TransactionEvent):  # as nearly all are
        return None if told.offline else ToldLive(told.at)
    match told:
        case m.StartTransaction(event=event):
            return ToldLive(event.at)
        case m.StatusNotification(at=at) if at is not None:  # often of when it last changed
            return ToldLive(at, may_wait=True)
        case m.MeterValues(readings=readings) if readings:
            return ToldLive(max(reading.at for reading in readings))
        case m.NotifyReport(at=at) | NotifyEvent(at=at):
            return ToldLive(at)
    return None
