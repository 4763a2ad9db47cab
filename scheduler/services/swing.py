"""Swing: how far load and generation move by themselves until a command can answer them.

What is measured now is answered by the next command, and that holds until the one after. Who aims
at a bound exactly is beyond it meanwhile; who aims lower by the swing is not.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scheduler.adapters.plant import Measured
from scheduler.domain.site import Site

KEPT = timedelta(minutes=10)
UNANSWERED_CYCLES = 2
FEW_CYCLES = 10
GROWTH_RATIO = 2.0  # the next move may be larger than all that were seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Swing:
    """Magnitudes, as seen at the connection: `rise_w` towards import, `fall_w` towards export."""

    rise_w: float = 0.0
    fall_w: float = 0.0


@dataclass(slots=True)
class Largest:
    """The largest move of the last `KEPT`: of those that a later one exceeds nothing is kept."""

    _falling: deque[tuple[datetime, float]] = field(default_factory=deque)

    def add(self, at: datetime, move_w: float) -> None:
        """A move, later than all before."""
        while self._falling and self._falling[-1][1] <= move_w:
            self._falling.pop()
        self._falling.append((at, move_w))

    def at(self, now: datetime) -> float:
        """As of `now`, W; 0 without any."""
        while self._falling and now - self._falling[0][0] > KEPT:
            self._falling.popleft()
        return self._falling[0][1] if self._falling else 0.0

    def clear(self) -> None:
        """Forget."""
        self._falling.clear()


@dataclass(slots=True)
class SwingWatch:
    """Remembers the moves of the last `KEPT`; until it knows some, they count as the margin."""

    _moved_at: deque[datetime] = field(default_factory=deque)
    _rise: Largest = field(default_factory=Largest)
    _fall: Largest = field(default_factory=Largest)
    _rests_w: deque[float] = field(default_factory=lambda: deque(maxlen=UNANSWERED_CYCLES))
    _meters: frozenset[str] = frozenset()
    _seen_at: datetime | None = None

    def observe(self, site: Site, measured: Measured) -> Swing:
        """Take this cycle into account: what to expect until it is answered."""
        told_w = _told_w(measured)
        if told_w:
            self._remember(measured.at, told_w)
        seen_at = self._seen_at or measured.at
        rise_w = GROWTH_RATIO * self._rise.at(seen_at)
        fall_w = GROWTH_RATIO * self._fall.at(seen_at)
        least_w = site.grid_connection.margin_w if len(self._moved_at) < FEW_CYCLES else 0.0
        rise_w, fall_w = max(rise_w, least_w), max(fall_w, least_w)
        if "load" in told_w:  # it never exceeds the largest load, and generation no less than none
            rise_w = min(rise_w, max(0.0, site.load.max_w - sum(told_w.values())))
        return Swing(rise_w=rise_w, fall_w=fall_w)

    def _remember(self, at: datetime, told_w: Mapping[str, float]) -> None:
        if self._seen_at is None or at - self._seen_at > KEPT:
            self._moved_at.clear()
            self._rise.clear()
            self._fall.clear()
            self._rests_w.clear()
        if self._meters != told_w.keys():  # another sum of meters is no move
            self._rests_w.clear()
        rest_w = sum(told_w.values())
        if self._rests_w:
            self._moved_at.append(at)
            self._rise.add(at, rest_w - min(self._rests_w))
            self._fall.add(at, max(self._rests_w) - rest_w)
        while self._moved_at and at - self._moved_at[0] > KEPT:
            self._moved_at.popleft()
        self._rests_w.append(rest_w)
        self._meters, self._seen_at = frozenset(told_w), at


def _told_w(measured: Measured) -> dict[str, float]:
    """What load and generation said in this very cycle; without a load meter what the connection
    and the store said, the fleet included."""
    signs = {"load": 1, "solar": -1, "wind": -1}
    if measured.load is None or measured.load.age_s > 0:
        signs = {"grid": 1, "store": -1}
    samples = {name: getattr(measured, name) for name in signs}
    return {
        name: signs[name] * sample.power_w
        for name, sample in samples.items()
        if sample is not None and sample.age_s <= 0
    }
