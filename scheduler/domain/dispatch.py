"""Dispatch: how fast, how many at once and how often a site's hub may change what is charged.

The rules hold for whoever asks: the plan, a grid operator's instruction, an operator at the
console. What lowers power because a limit would break is no such change: it passes at once.
"""

from typing import Annotated, Final

from msgspec import Meta, Struct

SWING_S: Final = 20.0
LEAST_RAMP_W_PER_S: Final = 25_000.0
LONGEST_DELAY_S: Final = 1800.0
LEAST_BY_HAND: Final = 3


class Dispatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[dispatch]` of a site file. Times are site time.

    `ramp_w_per_s`: how fast the orders of fleet and store together may rise, and how fast they may
    fall; None: from full discharge to full charge in 20 s, but 25 kW/s at least.
    `changed_ratio`: the share of the plugged vehicles that plan and surplus may change per 10 s,
    one vehicle at least. An instruction of a grid operator is what they change for: the ramp alone
    holds it.
    `dwell_s`: how long a vehicle charges before it may give, and gives before it may charge; and
    for how long one that a limit lowered stays so.
    `reversals_per_h`: how often its direction may change in an hour.
    `random_delay_s`: how late at most each EVSE follows the plan over a change of price (SI
    2021/1467, reg. 11: 600, to be set from 0 to 1800). Instructions, safety and vehicles that
    would miss their departure do not wait.
    `fresh_s`: a decision older than this is not sent.
    `mass_stations`, `mass_w`: stops and resets of more stations than this, or of several that are
    rated more together, in ten minutes take two administrators.
    """

    ramp_w_per_s: Annotated[float, Meta(gt=0, le=1e10)] | None = None
    changed_ratio: Annotated[float, Meta(gt=0, le=1)] = 0.25
    dwell_s: Annotated[float, Meta(ge=0, le=3600)] = 60.0
    reversals_per_h: Annotated[int, Meta(ge=2, le=60)] = 6
    random_delay_s: Annotated[float, Meta(ge=0, le=LONGEST_DELAY_S)] = 600.0
    fresh_s: Annotated[float, Meta(ge=2, le=120)] = 30.0
    mass_stations: Annotated[int, Meta(ge=1, le=100_000)] = 5
    mass_w: Annotated[float, Meta(gt=0, le=1e10)] = 250_000.0

    def ramp_over_w_per_s(self, swing_w: float) -> float:
        """The ramp in W/s where fleet and store can be swung by `swing_w` from end to end."""
        if self.ramp_w_per_s is not None:
            return self.ramp_w_per_s
        return max(LEAST_RAMP_W_PER_S, swing_w / SWING_S)

    def by_hand(self, stations: int) -> int:
        """How many of so many stations people and programs may change in ten seconds."""
        return max(LEAST_BY_HAND, int(self.changed_ratio * stations))

    def is_mass(self, stations: int, rated_w: float) -> bool:
        """Whether stopping them is too much for one person."""
        return stations > self.mass_stations or (stations > 1 and rated_w > self.mass_w)
