"""A meter that stands still while the site moves: it answers, but its value is old.

The meters of a site balance: site power = load - solar - wind + store + fleet. One that repeats
itself to the watt is right as long as the balance stays what it was when that began (the sun at
night, an idle store); once the balance has left it, the value has been old since then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from scheduler.adapters.plant import Measured
from scheduler.domain.reading import Sample
from scheduler.domain.site import Site
from scheduler.store.live import LiveEvse

SIGNS = {"grid": 1, "load": -1, "solar": 1, "wind": 1, "store": -1}
TOLERANCE_RATIO = 0.001  # of the import limit: accuracy of the meters, and what they miss
LEAST_TOLERANCE_W = 500.0
EVSES_TELL_WITHIN_S = 10.0  # after their sample's time
SETTLES_IN_CYCLES = 2  # meters are not read at the same instant


@dataclass(slots=True)
class _Still:
    """A meter since its value last changed: the balance without the fleet, and the fleet, when
    that was; since when the balance denies it."""

    balance_w: float
    fleet_w: float
    denied_at: datetime | None = None
    cycles: int = 0


@dataclass(slots=True)
class FrozenWatch:
    """Compares each meter that stands still with the rest of the site, cycle by cycle."""

    _still: dict[str, _Still] = field(default_factory=dict)
    _parts: tuple[object, ...] = ()
    _balance_w: float = 0.0
    _fleet_w: float = 0.0

    def judge(self, site: Site, evses: Sequence[LiveEvse], measured: Measured) -> Measured:
        """The same, but the frozen meter's sample is as old as the first contradiction.

        One meter is named at a time: the site's own if it can be, else the one that has stood
        still longest; one at 0 W last.
        """
        answered = {
            name: sample
            for name in SIGNS
            if (sample := getattr(measured, name)) is not None and sample.age_s <= 0
        }
        self._weigh(answered, evses)
        for name, sample in answered.items():
            still = self._still.get(name)
            if still is None or sample.still_s <= 0:
                self._still[name] = _Still(self._balance_w, self._fleet_w)
                continue
            still.cycles += 1
            if still.cycles < SETTLES_IN_CYCLES:
                still.balance_w, still.fleet_w = self._balance_w, self._fleet_w
            denied = self._denies(site, name, sample, answered)
            still.denied_at = (still.denied_at or measured.at) if denied else None
        return self._with_verdict(measured)

    def _weigh(self, answered: dict[str, Sample], evses: Sequence[LiveEvse]) -> None:
        """The balance now. What joins it or leaves it is no movement."""
        told = {
            (live.station_id, live.evse_id): live.power_w
            for live in evses
            if live.transaction is not None and live.power_w is not None
        }
        parts = (*answered, *told)
        balance_w = sum(SIGNS[name] * sample.power_w for name, sample in answered.items())
        fleet_w = sum(told.values())
        if parts != self._parts:
            for still in self._still.values():
                still.balance_w += balance_w - self._balance_w
                still.fleet_w += fleet_w - self._fleet_w
        self._parts, self._balance_w, self._fleet_w = parts, balance_w, fleet_w

    def _denies(self, site: Site, name: str, sample: Sample, answered: dict[str, Sample]) -> bool:
        """Whether the rest of the site moved since the meter last did."""
        still = self._still[name]
        limit_w = site.grid_connection.import_limit_w
        tolerance_w = max(TOLERANCE_RATIO * limit_w, LEAST_TOLERANCE_W)
        moved_w = self._balance_w - still.balance_w
        if name == "grid":
            # An EVSE may tell only now of a change that this meter has long shown.
            if sample.still_s <= site.control.sample_interval_s + EVSES_TELL_WITHIN_S:
                still.fleet_w = self._fleet_w
            return abs(moved_w - (self._fleet_w - still.fleet_w)) > tolerance_w
        if "grid" not in answered or "load" not in answered:
            return False
        return abs(moved_w) > tolerance_w + _fleet_swing_w(site)

    def _with_verdict(self, measured: Measured) -> Measured:
        denied = {
            name: sample
            for name, still in self._still.items()
            if still.denied_at is not None and (sample := getattr(measured, name)) is not None
        }
        if not denied:
            return measured
        name = min(denied, key=lambda n: (n != "grid", not denied[n].power_w, -denied[n].still_s))
        since = self._still[name].denied_at or measured.at
        age_s = max(denied[name].age_s, (measured.at - since).total_seconds())
        return replace(measured, **{name: replace(denied[name], age_s=age_s, frozen=True)})


def _fleet_swing_w(site: Site) -> float:
    """How far the fleet's power can move unseen, from all charging to all discharging."""
    roots = [c for c in site.circuits if c.parent_id is None]
    return 2 * sum(circuit.limit_w for circuit in roots)
