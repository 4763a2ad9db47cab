"""Case: a plan beside what it was made from, as arrays worked out afresh for the check.

Rows are demands, columns slots. What is not a finite number counts as nothing: no power, no limit
to draw from, no efficiency to speak of.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from scheduler.domain.plan import Plan, WattHours, Watts
from scheduler.planning.problem import PlanningInput

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]

TOLERANCE_W = 5.0
TOLERANCE_WH = 10.0
LEAST_EFFICIENCY_RATIO = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """`rule` names what is broken, `where` the thing that breaks it first in `slot` (None: as a
    whole), `text` says by how much."""

    rule: str
    where: str
    slot: int | None
    text: str


@dataclass(frozen=True)
class Case:
    """What a plan's shape has been checked for; the rest is worked out when first asked for."""

    given: PlanningInput
    plan: Plan

    def each(self, name: str) -> Numbers:
        """A field of all demands as a column (n, 1): 0 where negative or not finite."""
        values = np.array([getattr(d, name) for d in self.given.demands], dtype=float)[:, None]
        column: Numbers = np.where(np.isfinite(values) & (values > 0), values, 0.0)
        return column

    @cached_property
    def names(self) -> list[str]:
        """`station/evse` of each demand."""
        return [f"{d.station_id}/{d.evse_id}" for d in self.given.demands]

    @cached_property
    def ahead_h(self) -> Numbers:
        """How much of each slot is still to come."""
        begins_s = np.arange(self.given.slots) * float(self.given.slot_s)
        left_s = begins_s + self.given.slot_s - self._now_s
        ahead_h: Numbers = np.clip(left_s, 0.0, self.given.slot_s) / 3600.0
        return ahead_h

    @cached_property
    def overdue(self) -> Mask:
        """(n, 1): who should have left."""
        late = [d.departure_at <= self.given.now for d in self.given.demands]
        return np.array(late, dtype=bool)[:, None]

    @cached_property
    def here_h(self) -> Numbers:
        """How long of each slot, from now, the vehicle is there; one overdue is given a slot."""
        epoch_s = self.given.starts_at.timestamp()
        told_s = [d.departure_at.timestamp() - epoch_s for d in self.given.demands]
        late_s = self._now_s + self.given.slot_s
        leaves_s = np.where(self.overdue, late_s, np.array(told_s, dtype=float)[:, None])
        begins_s = np.arange(self.given.slots) * float(self.given.slot_s)
        there_s = np.minimum(begins_s + self.given.slot_s, leaves_s)
        there_s -= np.maximum(begins_s, self._now_s)
        here_h: Numbers = np.maximum(there_s, 0.0) / 3600.0
        return here_h

    @cached_property
    def battery_known(self) -> Mask:
        """(n, 1): whose energies are numbers."""
        told = [(d.energy_wh, d.capacity_wh, d.target_wh) for d in self.given.demands]
        known: Mask = np.isfinite(np.array(told, dtype=float).reshape(-1, 3)).all(axis=1)
        return known[:, None]

    @cached_property
    def setpoint_w(self) -> Watts:
        """(n, slots), + into the vehicle."""
        return self._rows([evse.setpoint_w for evse in self.plan.evses])

    @cached_property
    def told_wh(self) -> WattHours:
        """(n, slots): what the plan says is in each battery at a slot's end."""
        return self._rows([evse.energy_wh for evse in self.plan.evses])

    @cached_property
    def capacity_wh(self) -> WattHours:
        """(n, 1): a battery holds at least what is in it."""
        return np.maximum(self.each("capacity_wh"), self.each("energy_wh"))

    @cached_property
    def energy_wh(self) -> WattHours:
        """(n, slots): what the setpoints leave in each battery at a slot's end."""
        into, out_of = (
            np.clip(self.each(name), LEAST_EFFICIENCY_RATIO, 1.0)
            for name in ("charge_efficiency_ratio", "discharge_efficiency_ratio")
        )
        gained_w = np.where(self.setpoint_w > 0, self.setpoint_w * into, self.setpoint_w / out_of)
        return self.each("energy_wh") + np.cumsum(gained_w * self.here_h, axis=1)

    @cached_property
    def before_wh(self) -> WattHours:
        """(n, slots): what is in each battery when a slot begins."""
        return np.hstack([self.each("energy_wh"), self.energy_wh[:, :-1]])

    @cached_property
    def unasked_w(self) -> Watts:
        """(n, slots): the part of each setpoint that the vehicle takes whatever it is told."""
        return np.minimum(np.maximum(self.setpoint_w, 0.0), self.each("floor_w"))

    @cached_property
    def site_w(self) -> Watts:
        """(slots,): power at the connection, + import, added up from its parts."""
        plan = self.plan
        base_w = plan.load_w - plan.solar_w - plan.wind_w + plan.curtailed_w
        ours_w = self.setpoint_w.sum(axis=0) + self.load_w.sum(axis=0)
        site_w: Watts = base_w + plan.store_w + ours_w
        return site_w

    @cached_property
    def load_w(self) -> Watts:
        """(loads, slots): the flexible loads of the site, as scheduled."""
        return self._rows([load.power_w for load in self.plan.loads])

    @property
    def _now_s(self) -> float:
        return (self.given.now - self.given.starts_at).total_seconds()

    def _rows(self, rows: list[Numbers]) -> Numbers:
        return np.array(rows, dtype=float).reshape(len(rows), self.given.slots)


def worst_case_w(limit_w: Watts) -> Watts:
    """Limits per slot, 0 where they are unknown or negative."""
    known: Watts = np.maximum(np.where(np.isnan(limit_w), 0.0, limit_w), 0.0)
    return known


def found(
    rule: str, broken: Mask, size: Numbers, unit: str, names: list[str]
) -> Iterator[Violation]:
    """One violation per row of `broken` (rows, slots) that has any, at its first slot."""
    for row in np.nonzero(broken.any(axis=1))[0].tolist():
        slot = int(broken[row].argmax())
        amount = np.broadcast_to(size, broken.shape)[row, slot]
        slots = int(broken[row].sum())
        more = "" if slots == 1 else f" and in {slots - 1} slots more"
        yield Violation(rule=rule, where=names[row], slot=slot, text=f"{amount:.0f} {unit}{more}")
