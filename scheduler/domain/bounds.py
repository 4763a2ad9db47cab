"""Bounds on a power, and how rival proposals for it merge: one pure function, used by the guard.

Proposals fold in the order of their priority. A lower one narrows what the higher ones left, and
where it would leave nothing it is moved to the nearest power that they allow: it is overridden.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from math import inf
from typing import Final


class Priority(IntEnum):
    """Lower goes first; the order in which wishes give way is the reverse."""

    SAFETY = 0
    CONTRACT = 1
    INSTRUCTION = 2
    PLAN = 3
    COMFORT = 4


@dataclass(frozen=True, slots=True)
class Bounds:
    """Signed powers from `lower_w` to `upper_w`, both included."""

    lower_w: float = -inf
    upper_w: float = inf

    def clamp_w(self, power_w: float) -> float:
        """The power within the bounds that is nearest to `power_w`."""
        return min(max(power_w, self.lower_w), self.upper_w)

    def narrowed(self, other: "Bounds") -> "Bounds":
        """The part of `other` in these bounds, or the edge nearest to it where there is none."""
        return Bounds(self.clamp_w(other.lower_w), self.clamp_w(other.upper_w))


ANY_POWER: Final = Bounds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """`source` names who asks; `preferred_w` is the power it would like best, if any."""

    priority: Priority
    source: str
    bounds: Bounds = Bounds()
    preferred_w: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The power to take. `binding`: the source whose bound moved it, "" if nothing did;
    `moved_w`: by how much; `overridden`: sources whose bounds could not hold."""

    power_w: float
    bounds: Bounds
    binding: str = ""
    moved_w: float = 0.0
    overridden: tuple[str, ...] = ()


def merge(proposals: Iterable[Proposal], default_w: float = 0.0) -> Merged:
    """One power from rival proposals: the bounds of all that can hold, the wish that ranks first.

    Equal priorities keep the order they are given in.
    """
    ranked = sorted(proposals, key=lambda p: p.priority)
    wish_w = next((p.preferred_w for p in ranked if p.preferred_w is not None), default_w)
    bounds, power_w, binding, overridden = Bounds(), wish_w, "", []
    for proposal in ranked:
        ours = proposal.bounds
        if ours.lower_w > bounds.upper_w or ours.upper_w < bounds.lower_w:
            overridden.append(proposal.source)
        bounds = bounds.narrowed(ours)
        if bounds.clamp_w(power_w) != power_w:
            power_w, binding = bounds.clamp_w(power_w), proposal.source
    return Merged(
        power_w=power_w,
        bounds=bounds,
        binding=binding,
        moved_w=power_w - wish_w,
        overridden=tuple(overridden),
    )
