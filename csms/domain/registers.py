"""EnergyRegister: what one direction of one meter counted, from samples in any order.

A register only rises. Where its samples do not (rollover, reset, meter swap) or rise faster than
any hardware could, a new segment opens: energy is summed within segments, never across them, so it
is never negative and never invented. Samples off the line that no other confirms are dropped when
a later one is back on it. Where both ends of a short step tell their power, a rise far beyond it
is no energy either. The samples are a sorted set and the energy is a fold over it, so neither order
nor repetition matters.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from functools import reduce
from typing import Final, NamedTuple

from msgspec import Struct

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
RESOLUTION_WH: Final = 1.0
"""Some messages tell whole watt-hours: a fall of less than one is rounding, and no reset."""

_RANK: Final = {ReadingContext.TRANSACTION_BEGIN: 0, ReadingContext.TRANSACTION_END: 2}


class RegisterFlag(StrEnum):
    """What was odd about a register; the prefix (import, export) is added by its owner."""

    RESET = "register_reset"
    JUMP = "register_jump"
    NO_POWER = "register_without_power"


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

    def read(self, told: Sequence[RegisterSample]) -> "EnergyRegister":
        """Return the register with these samples, or this very object if all are known.

        However many come out of order at once, the whole is counted anew once.
        """
        known = self.samples
        if len(told) == 1 and (not known or known[-1] < told[0]):  # as nearly all come
            return self._step(told[0], known.with_item(told[0]))
        new = sorted({sample for sample in told if sample not in known})
        if not new:
            return self
        if known and new[0] < known[-1]:
            return _fold(NO_SAMPLES, SortedRun((*known, *new)))
        return _fold(self, reduce(SortedRun[RegisterSample].with_item, new, known))

    def course(self) -> Iterator[tuple[datetime, float]]:
        """The energy after each sample, in Wh, up to `energy_wh`; it falls by rounding only."""
        counted = NO_SAMPLES
        for sample in self.samples:
            counted = counted._step(sample, NOTHING_READ)
            yield sample.at, counted.energy_wh

    def _step(self, sample: RegisterSample, samples: SortedRun[RegisterSample]) -> "EnergyRegister":
        """After one more `sample`, the last of them all."""
        last, before = self._last, self._before
        if last is None:
            return EnergyRegister(samples, self.energy_wh, self.flags, sample)
        if before is not None and _breach(before, sample) is None:
            last = before  # all since were off the line
        breach, steepest_w = _breach(last, sample), self.steepest_w
        if breach is not None:
            kept = last if before is None else before  # only what was confirmed is a line
            return EnergyRegister(
                samples, self.energy_wh, self.flags | {breach}, sample, kept, steepest_w
            )
        rise_wh, flags = sample.value_wh - last.value_wh, self.flags
        if rise_wh > NOISE_WH and _knows_power(last, sample) and not last.power_w + sample.power_w:
            flags |= {RegisterFlag.NO_POWER}
        if rise_wh > 0:
            steepest_w = max(steepest_w, rise_wh * 3600 / _elapsed_s(last, sample))
        energy_wh = max(self.energy_wh + rise_wh, 0.0)
        return EnergyRegister(samples, energy_wh, flags, sample, None, steepest_w)


NO_SAMPLES: Final = EnergyRegister()


def _fold(register: EnergyRegister, samples: SortedRun[RegisterSample]) -> EnergyRegister:
    """`register`, which has counted the first of `samples`, once it has counted them all."""
    for sample in samples.since(len(register.samples)):
        register = register._step(sample, samples)
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


def _knows_power(earlier: RegisterSample, later: RegisterSample) -> bool:
    """Whether both ends of a short step tell it."""
    told = earlier.power_w >= 0 and later.power_w >= 0
    return told and (later.at - earlier.at).total_seconds() <= SHORT_STEP_S


def _elapsed_s(earlier: RegisterSample, later: RegisterSample) -> float:
    return max((later.at - earlier.at).total_seconds(), 0.0) + CLOCK_RESOLUTION_S
