"""EnergyRegister: what one direction of one meter counted, from samples in any order.

A register only rises. Where its samples do not (rollover, reset, meter swap) or rise faster than
any hardware could, a new segment opens: energy is summed within segments, never across them, so it
is never negative and never invented. Samples off the line that no other confirms are dropped when
a later one is back on it. Where both ends of a short step tell their power, a rise far beyond it
is no energy either, whatever samples without power lie between. The samples are a sorted set and
the energy is a fold over it, so neither order nor repetition matters.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from functools import reduce
from itertools import accumulate
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from csms.domain.meter import ReadingContext
from csms.domain.sorted_run import SortedRun

HARDWARE_LIMIT_W: Final = 400_000.0
TOLERANCE_RATIO: Final = 1.05
CLOCK_RESOLUTION_S: Final = 1.0
SHORT_STEP_S: Final = 60.0
"""In so short a step the power at its ends says what can have flowed."""
OUTRUN_RATIO: Final = 3.0
SLOWEST_RAMP_W: Final = 50_000.0
"""A fast charger may rise that far and fall again between two samples."""
UNKNOWN_W: Final = -1.0
NOISE_WH: Final = 10.0
MARKED_EVERY: Final = 128
FEW: Final = 16
"""Samples that are put in their places one by one; more are sorted all at once."""
RESOLUTION_WH: Final = 1.0
"""Some messages tell whole watt-hours: a fall of less than one is rounding, and no reset."""

_RANK: Final = {ReadingContext.TRANSACTION_BEGIN: 0, ReadingContext.TRANSACTION_END: 2}


class RegisterFlag(StrEnum):
    """What was odd about a register; the prefix (import, export) is added by its owner."""

    RESET = "register_reset"
    JUMP = "register_jump"
    NO_POWER = "register_without_power"


JUMP: Final = RegisterFlag.JUMP


class RegisterSample(NamedTuple):
    """Sorts by context (begin, during, end), then time, then value. `power_w` is what flowed this
    register's way at that moment, `UNKNOWN_W` if it was not told."""

    rank: int
    at: datetime
    value_wh: float
    power_w: float = UNKNOWN_W

    @classmethod
    def of(
        cls, at: datetime, context: ReadingContext, value_wh: float, power_w: float = UNKNOWN_W
    ) -> "RegisterSample":
        """A sample as it was told."""
        return cls(_RANK.get(context, 1), at, value_wh, power_w)


NOTHING_READ: Final = SortedRun[RegisterSample]()


class EnergyRegister(Struct, frozen=True):
    """`energy_wh` is the sum over the confirmed segments."""

    samples: SortedRun[RegisterSample] = NOTHING_READ
    energy_wh: float = 0.0
    flags: frozenset[RegisterFlag] = frozenset()
    _last: RegisterSample | None = None
    _before: RegisterSample | None = None
    """End of the segment that `_last` broke with; None once another sample confirmed the break."""
    steepest_w: float = 0.0
    """The greatest mean power between two samples that belong together."""
    _powered: tuple[RegisterSample, float] | None = None
    """The last sample of the segment that told its power, and `energy_wh` there."""
    _mark: "EnergyRegister | None" = None
    """This register as it was some samples ago, so that a late one counts anew only from there."""

    def read(self, told: Sequence[RegisterSample]) -> "EnergyRegister":
        """Return the register with these samples, or this very object if all are known.

        However many come out of order at once, what follows them is counted anew once.
        """
        if not told:
            return self
        known = self.samples
        if len(told) == 1 and (not known or known[-1] < told[0]):  # as nearly all come
            return self._marked(len(known))._step(told[0], known.with_item(told[0]))
        new = sorted({sample for sample in told if sample not in known})
        if not new:
            return self
        samples = (
            reduce(SortedRun[RegisterSample].with_item, new, known)
            if len(new) < FEW or not known or known[-1] < new[0]
            else SortedRun((*known, *new))
        )
        since = self
        while since._last is not None and new[0] < since._last:
            since = since._mark or NO_SAMPLES
        return _fold(since, samples)

    def course(self) -> Iterator[tuple[datetime, float]]:
        """The energy after each sample, in Wh, up to `energy_wh`: what a later sample took back was
        never counted, so it does not fall."""
        counted, course = NO_SAMPLES, list[float]()
        for sample in self.samples:
            counted = counted._step(sample, NOTHING_READ)
            course.append(counted.energy_wh)
        lowest_wh = accumulate(reversed(course), min)
        yield from zip((one.at for one in self.samples), reversed([*lowest_wh]), strict=True)

    def _marked(self, counted: int) -> "EnergyRegister":
        """This register, `counted` samples of it; each so many it is kept as it is now."""
        if not counted or counted % MARKED_EVERY:
            return self
        return replace(self, _mark=replace(self, samples=NOTHING_READ))

    def _step(self, sample: RegisterSample, samples: SortedRun[RegisterSample]) -> "EnergyRegister":
        """After one more `sample`, the last of them all."""
        last, before, counted_wh = self._last, self._before, self.energy_wh
        if last is None:
            powered = (sample, counted_wh) if sample.power_w >= 0 else None
            return EnergyRegister(samples, counted_wh, self.flags, sample, _powered=powered)
        if before is not None and _breach(before, sample) is None:
            last = before  # all since were off the line
        breach, steepest_w, powered = _breach(last, sample), self.steepest_w, self._powered
        unbroken = powered if breach is None and before is None else None
        if unbroken is not None and _is_outrun(unbroken[0], last, sample):
            (last, counted_wh), breach = unbroken, JUMP  # what lay between proves nothing
        if breach is not None:
            kept = last if before is None else before  # only what was confirmed is a line
            flags = self.flags | {breach}
            return EnergyRegister(
                samples, counted_wh, flags, sample, kept, steepest_w, powered, self._mark
            )
        rise_wh, flags = sample.value_wh - last.value_wh, self.flags
        if rise_wh > NOISE_WH and _knows_power(last, sample) and not last.power_w + sample.power_w:
            flags |= {RegisterFlag.NO_POWER}
        if rise_wh > 0:
            steepest_w = max(steepest_w, rise_wh * 3600 / _elapsed_s(last, sample))
        energy_wh = max(counted_wh + rise_wh, 0.0)
        if sample.power_w >= 0:
            powered = (sample, energy_wh)
        elif before is not None:
            powered = None  # it was of the segment before
        return EnergyRegister(
            samples, energy_wh, flags, sample, None, steepest_w, powered, self._mark
        )


NO_SAMPLES: Final = EnergyRegister()


def _fold(register: EnergyRegister, samples: SortedRun[RegisterSample]) -> EnergyRegister:
    """`register`, which has counted the first of `samples`, once it has counted them all."""
    counted = 0 if register._last is None else samples.place_of(register._last) + 1
    for number, sample in enumerate(samples.since(counted), counted):
        register = register._marked(number)._step(sample, samples)
    return register


def _breach(earlier: RegisterSample, later: RegisterSample) -> RegisterFlag | None:
    rise_wh = later.value_wh - earlier.value_wh
    if rise_wh <= -RESOLUTION_WH:
        return RegisterFlag.RESET
    most_w = HARDWARE_LIMIT_W * TOLERANCE_RATIO
    if _knows_power(earlier, later):
        told_w = OUTRUN_RATIO * max(earlier.power_w, later.power_w)
        most_w = min(max(told_w, SLOWEST_RAMP_W), most_w)
    if rise_wh > most_w * _elapsed_s(earlier, later) / 3600:
        return RegisterFlag.JUMP
    return None


def _is_outrun(powered: RegisterSample, last: RegisterSample, sample: RegisterSample) -> bool:
    """Whether it jumped since a sample before `last` that told its power."""
    if powered is last or not _knows_power(powered, sample):
        return False
    return _breach(powered, sample) is JUMP


def _knows_power(earlier: RegisterSample, later: RegisterSample) -> bool:
    """Whether both ends of a short step tell it."""
    told = earlier.power_w >= 0 and later.power_w >= 0
    return told and (later.at - earlier.at).total_seconds() <= SHORT_STEP_S


def _elapsed_s(earlier: RegisterSample, later: RegisterSample) -> float:
    return max((later.at - earlier.at).total_seconds(), 0.0) + CLOCK_RESOLUTION_S
