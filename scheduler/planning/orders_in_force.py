"""Which setpoints may be in force at an EVSE, from the orders that were sent to it: steps in time.

A lease that ends leaves the floor. A station needs a while to follow: until `SETTLES_S` after its
answer (where there was none, after the order) the power before may still flow.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from scheduler.domain.proof import SentOrder

SETTLES_S = 30.0
EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Steps:
    """A power that is constant between instants: `powers_w[i]` from `times[i]` on, the first of
    which is `EVER`; None: not known."""

    times: tuple[datetime, ...]
    powers_w: tuple[float | None, ...]

    def at_w(self, at: datetime) -> float | None:
        """The power at an instant."""
        return self.powers_w[bisect_right(self.times, at) - 1]

    def pieces(
        self, begins_at: datetime, ends_at: datetime
    ) -> Iterator[tuple[float, float | None]]:
        """Seconds and power of each piece of [begins_at, ends_at)."""
        inside = self.times[bisect_right(self.times, begins_at) : bisect_left(self.times, ends_at)]
        for since, until in pairwise((begins_at, *inside, ends_at)):
            yield (until - since).total_seconds(), self.at_w(since)

    def mean_w(self, begins_at: datetime, ends_at: datetime) -> float | None:
        """The mean over what is known of [begins_at, ends_at); None if nothing is."""
        known = [(s, w) for s, w in self.pieces(begins_at, ends_at) if w is not None]
        known_s = sum(s for s, _ in known)
        return sum(s * w for s, w in known) / known_s if known_s > 0 else None


@dataclass(frozen=True, slots=True)
class InForce:
    """What orders come to: `steps` as if followed at once, `low`, `high` while stations follow."""

    steps: Steps
    low: Steps
    high: Steps


def in_force(orders: Sequence[SentOrder], floor_w: float, *, confirmed: bool) -> InForce:
    """Of the orders that were sent, or of those that were `confirmed`, in order of time."""
    told = [order for order in orders if (order.confirmed and order.done_at) or not confirmed]
    leases = [
        (order.done_at if confirmed and order.done_at else order.sent_at, order.until, order.told_w)
        for order in told
    ]
    answered = {order.sent_at: order.done_at for order in told if order.done_at and not confirmed}
    steps = _stepped(leases, floor_w)
    return InForce(steps, *_following(steps, answered))


def allowed_by_composite(orders: Sequence[SentOrder]) -> Steps:
    """What the composite schedule showed by the newest read-back; it holds for renewals too."""
    shown: list[tuple[datetime, datetime, float | None]] = []
    before: SentOrder | None = None
    for order in orders:
        if order.done_at is None:
            continue
        shown_w = order.composite_w
        renews = before is not None and order.confirmed and before.told_w == order.told_w
        if shown_w is None and renews:
            shown_w = shown[-1][2]
        shown.append((order.done_at, order.until, shown_w))
        before = order
    return _stepped(shown, None)


def _stepped(
    leases: Sequence[tuple[datetime, datetime, float | None]], rest_w: float | None
) -> Steps:
    """Each lease from its instant to the next one's, or to its own end, then the rest."""
    ordered = sorted(leases, key=lambda lease: lease[0])
    steps: list[tuple[datetime, float | None]] = [(EVER, rest_w)]
    for number, (since, until, power_w) in enumerate(ordered):
        steps.append((since, power_w))
        followed = number + 1 < len(ordered) and ordered[number + 1][0] <= until
        if not followed:
            steps.append((max(since, until), rest_w))
    return Steps(tuple(at for at, _ in steps), tuple(power_w for _, power_w in steps))


def _following(steps: Steps, answered: dict[datetime, datetime]) -> tuple[Steps, Steps]:
    """The lowest and the highest of what may flow: a change is over only when it has settled."""
    changes = [
        (at, answered.get(at, at) + timedelta(seconds=SETTLES_S), before_w)
        for at, before_w in zip(steps.times[1:], steps.powers_w, strict=False)
    ]
    times = tuple(sorted({*steps.times, *(settled_at for _, settled_at, _ in changes)}))
    low_w, high_w = list[float | None](), list[float | None]()
    coming, under_way = deque(changes), list[tuple[datetime, datetime, float | None]]()
    for at in times:
        while coming and coming[0][0] <= at:
            under_way.append(coming.popleft())
        under_way = [change for change in under_way if at < change[1]]
        before = [w for _, _, w in under_way]
        may_flow = [w for w in (steps.at_w(at), *before) if w is not None]
        low_w.append(min(may_flow, default=None))
        high_w.append(max(may_flow, default=None))
    return Steps(times, tuple(low_w)), Steps(times, tuple(high_w))
