"""Decisions: what bounds and gate moved away from what was wanted, told when it begins and ends.

A rule that acts again within a minute is still the same decision: no row a second.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from scheduler.planning.guard_types import Acted
from scheduler.store.decisions import Decision

QUIET = timedelta(minutes=1)
WANTED = frozenset({"surplus", "instruction"})  # what moves the site is no refusal


@dataclass(slots=True)
class DecisionWatch:
    """Remembers what goes on, and when each last acted."""

    going_on: dict[tuple[str, str], tuple[Decision, datetime]] = field(default_factory=dict)

    def observe(self, now: datetime, acted: Iterable[Acted]) -> tuple[Decision, ...]:
        """The decisions that began or ended with this cycle."""
        told = []
        for one in acted:
            if one.bound in WANTED:
                continue
            place = (one.bound, one.actuator)
            known = self.going_on.get(place)
            if known is None:
                begun = Decision(
                    began_at=now, rule=one.bound, actuator=one.actuator, most_w=one.by_w,
                    evses=one.evses,
                )  # fmt: skip
                told.append(begun)
                self.going_on[place] = (begun, now)
            else:
                self.going_on[place] = (_with(known[0], one), now)
        for place, (decision, last_at) in list(self.going_on.items()):
            if now - last_at > QUIET:
                told.append(replace(decision, ended_at=last_at))
                del self.going_on[place]
        return tuple(told)


def _with(decision: Decision, acted: Acted) -> Decision:
    most_w = max(decision.most_w, acted.by_w, key=abs)
    return replace(decision, most_w=most_w, evses=max(decision.evses, acted.evses))
