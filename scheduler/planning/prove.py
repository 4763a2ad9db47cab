"""What an EVSE really did in an interval, against what it was sent and what it confirmed. Pure.

A deviation is named only where the registers prove it: energy between two readings is counted for
neither side unless it must have flowed there. What may have flowed at most is told beside it.
Setpoints to charge are upper limits; what a vehicle takes less has a reason of its own.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from scheduler.domain.proof import INTERVAL_S, Deviation, Evidence, Metered, ProofRow
from scheduler.planning.orders_in_force import (
    EVER,
    InForce,
    Steps,
    allowed_by_composite,
    in_force,
)

TOLERANCE_WH = 10.0
"""What kWh with two decimals round away."""
TOLERANCE_W = 100.0
TOLERANCE_RATIO = 0.05
HARDWARE_RATIO = 1.1
SAMPLES_MISSED = 3
COMPLETE_RATIO = 0.8
TAPER_SOC_PCT = 80.0
FALLS_RATIO = 0.9
FALLING_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Energy:
    """What went one way in an interval: by the straight line, and at least and at most."""

    by_line_wh: float
    least_wh: float
    most_wh: float


def prove(evidence: Evidence, begins_at: datetime, ends_at: datetime) -> Iterator[ProofRow]:
    """A row for each interval of [begins_at, ends_at) (whole intervals) in which the transaction
    ran."""
    sent = in_force(evidence.orders, evidence.floor_w, confirmed=False)
    confirmed = in_force(evidence.orders, evidence.floor_w, confirmed=True)
    composite = allowed_by_composite(evidence.orders)
    planned = Steps(
        (EVER, *(step.at for step in evidence.planned)),
        (None, *(step.setpoint_w for step in evidence.planned)),
    )
    told = _told(evidence.metered)
    while begins_at < ends_at:
        until = begins_at + timedelta(seconds=INTERVAL_S)
        since = max(begins_at, evidence.begins_at)
        to = until if evidence.ends_at is None else min(until, evidence.ends_at)
        if since < to:
            case = _Case(evidence, told, since, to, sent, confirmed, composite)
            yield case.row(begins_at, planned)
        begins_at = until


@dataclass(frozen=True, slots=True)
class _Told:
    """The readings of a transaction, found by their times, and the course of each register."""

    readings: tuple[Metered, ...]
    times: list[datetime]
    into: list[tuple[datetime, float]]
    out: list[tuple[datetime, float]]


def _told(metered: tuple[Metered, ...]) -> _Told:
    return _Told(
        readings=metered,
        times=[one.at for one in metered],
        into=[(one.at, one.imported_wh) for one in metered if one.imported_wh is not None],
        out=[(one.at, one.exported_wh) for one in metered if one.exported_wh is not None],
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """One interval of one transaction."""

    evidence: Evidence
    told: _Told
    begins_at: datetime
    ends_at: datetime
    sent: InForce
    confirmed: InForce
    composite: Steps

    @property
    def _span(self) -> tuple[datetime, datetime]:
        return self.begins_at, self.ends_at

    @property
    def duration_s(self) -> float:
        """How long it lasted."""
        return (self.ends_at - self.begins_at).total_seconds()

    def row(self, starts_at: datetime, planned: Steps) -> ProofRow:
        """The interval, judged."""
        into, out = self.flowed()
        evidence = self.evidence
        return ProofRow(
            station_id=evidence.station_id,
            evse_id=evidence.evse_id,
            transaction_id=evidence.transaction_id,
            starts_at=starts_at,
            duration_s=self.duration_s,
            planned_w=planned.mean_w(*self._span),
            sent_w=self.sent.steps.mean_w(*self._span) or 0.0,
            confirmed_w=self.confirmed.steps.mean_w(*self._span) or 0.0,
            composite_w=self.composite.mean_w(*self._span),
            import_wh=into.by_line_wh,
            export_wh=out.by_line_wh,
            import_max_wh=into.most_wh,
            export_max_wh=out.most_wh,
            reading_count=len(self.readings()),
            deviation=self.deviation(into, out),
        )

    def flowed(self) -> tuple[Energy, Energy]:
        """Into the vehicle and out of it."""
        given, told = self.evidence, self.told
        return (
            _energy(told.into, *self._span, given.max_charge_w * HARDWARE_RATIO),
            _energy(told.out, *self._span, given.max_discharge_w * HARDWARE_RATIO),
        )

    def readings(self) -> Sequence[Metered]:
        """The readings in the interval."""
        first, last = (bisect_left(self.told.times, at) for at in self._span)
        return self.told.readings[first:last]

    def deviation(self, into: Energy, out: Energy) -> Deviation:
        """What the figures prove."""
        if self._goes_beyond(into, out):
            return Deviation.LIAR if self._all_confirmed() else Deviation.IGNORED
        if self._falls_short(self.sent, into, out):
            if not self._falls_short(self.confirmed, into, out):
                return Deviation.IGNORED
            return self._why_less()
        return Deviation.FOLLOWED if self._is_metered() else Deviation.METER_GAP

    def _goes_beyond(self, into: Energy, out: Energy) -> bool:
        """More flowed than any setpoint that it was sent allows, one way or the other."""
        most_in_wh = self._wh(self.sent.high, 1)
        most_out_wh = self._wh(self.sent.low, -1)
        return into.least_wh > most_in_wh + self._tolerance_wh(
            most_in_wh
        ) or out.least_wh > most_out_wh + self._tolerance_wh(most_out_wh)

    def _falls_short(self, orders: InForce, into: Energy, out: Energy) -> bool:
        """Less flowed than the setpoints asked for. Below its least power a vehicle may wait."""
        least_w = self.evidence.min_charge_w
        asked_in_wh = self._wh(orders.low, 1, least_w)
        asked_out_wh = self._wh(orders.high, -1)
        return into.most_wh < asked_in_wh - self._tolerance_wh(
            asked_in_wh
        ) or out.most_wh < asked_out_wh - self._tolerance_wh(asked_out_wh)

    def _wh(self, steps: Steps, sign: int, least_w: float = 0.0) -> float:
        """Energy of the powers of one sign, as a magnitude."""
        powers = ((s, sign * (w or 0.0)) for s, w in steps.pieces(*self._span))
        return sum(s * w for s, w in powers if w > 0 and w >= least_w) / 3600.0

    def _tolerance_wh(self, energy_wh: float) -> float:
        by_power_wh = TOLERANCE_W * self.duration_s / 3600.0
        return TOLERANCE_WH + by_power_wh + TOLERANCE_RATIO * energy_wh

    def _all_confirmed(self) -> bool:
        """Whether the station took every order that was to hold in the interval."""
        orders = self.evidence.orders
        replaced_at = (*(order.sent_at for order in orders[1:]), self.ends_at)
        return all(
            order.confirmed
            for order, until in zip(orders, replaced_at, strict=False)
            if order.sent_at < self.ends_at and min(order.until, until) > self.begins_at
        )

    def _why_less(self) -> Deviation:
        asked_wh = self._wh(self.sent.low, 1) + self._wh(self.sent.high, -1)
        shown_wh = self._wh(self.composite, 1) + self._wh(self.composite, -1)
        is_shown = self.composite.mean_w(*self._span) is not None
        limited_at = self.evidence.limited_at
        if limited_at is not None and limited_at < self.ends_at:
            return Deviation.LIMITED_ELSEWHERE
        if is_shown and shown_wh < asked_wh - self._tolerance_wh(asked_wh):
            return Deviation.LIMITED_ELSEWHERE
        return Deviation.TAPER if self._tapers() else Deviation.LIMITED_BY_EV

    def _tapers(self) -> bool:
        """A nearly full battery takes less and less: by its state of charge, else by its power."""
        told = self.readings()
        if self._wh(self.sent.low, 1) <= 0:
            return False
        socs = [one.soc_pct for one in told if one.soc_pct is not None]
        if socs:
            return socs[-1] >= TAPER_SOC_PCT
        powers_w = [one.power_w for one in told if one.power_w is not None]
        falls = all(later <= earlier for earlier, later in pairwise(powers_w))
        much = len(powers_w) >= FALLING_SAMPLES and powers_w[-1] < FALLS_RATIO * powers_w[0]
        return falls and much and powers_w[-1] > 0

    def _is_metered(self) -> bool:
        """Whether readings of the register cover nearly all of it."""
        longest_s = SAMPLES_MISSED * self.evidence.sample_interval_s
        course, covered_s = self.told.into, 0.0
        first = bisect_right(course, self.begins_at, key=lambda one: one[0]) - 1
        last = bisect_left(course, self.ends_at, key=lambda one: one[0])
        near = course[max(first, 0) : last + 1]
        for (before, _), (after, _) in pairwise(near):
            if (after - before).total_seconds() <= longest_s:
                inside = min(after, self.ends_at) - max(before, self.begins_at)
                covered_s += max(0.0, inside.total_seconds())
        return covered_s >= COMPLETE_RATIO * self.duration_s


def _energy(
    course: Sequence[tuple[datetime, float]], begins_at: datetime, ends_at: datetime, most_w: float
) -> Energy:
    """What a register that never falls counted in [begins_at, ends_at)."""
    bound_wh = most_w * (ends_at - begins_at).total_seconds() / 3600.0
    if not course:
        return Energy(0.0, 0.0, bound_wh)
    first, last = (_reached(course, at, most_w) for at in (begins_at, ends_at))
    by_line_wh = last.by_line_wh - first.by_line_wh
    most_wh = max(by_line_wh, min(last.most_wh - first.least_wh, bound_wh))
    return Energy(by_line_wh, max(0.0, last.least_wh - first.most_wh), most_wh)


def _reached(course: Sequence[tuple[datetime, float]], at: datetime, most_w: float) -> Energy:
    """What the register had counted by an instant."""
    index = bisect_right(course, at, key=lambda one: one[0])
    before = course[index - 1] if index else None
    after = course[index] if index < len(course) else None
    if before is None:
        assert after is not None
        ahead_wh = most_w * (after[0] - at).total_seconds() / 3600.0
        return Energy(after[1], after[1] - ahead_wh, after[1])
    since_s = (at - before[0]).total_seconds()
    if after is None:
        return Energy(before[1], before[1], before[1] + most_w * since_s / 3600.0)
    rise_wh, step_s = after[1] - before[1], (after[0] - before[0]).total_seconds()
    by_line_wh = before[1] + rise_wh * since_s / step_s
    least_wh = max(before[1], after[1] - most_w * (step_s - since_s) / 3600.0)
    most_wh = min(after[1], before[1] + most_w * since_s / 3600.0)
    return Energy(by_line_wh, min(least_wh, by_line_wh), max(most_wh, by_line_wh))
