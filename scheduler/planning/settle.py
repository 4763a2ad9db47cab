"""Delivery of an instruction from stored readings alone, so that anyone can compute it again."""

from collections.abc import Sequence

from scheduler.domain.reading import GridReading
from scheduler.domain.settlement import SettlementRow
from scheduler.domain.signal import GridSignal


def settle(
    signal: GridSignal, readings: Sequence[GridReading]
) -> tuple[tuple[SettlementRow, ...], tuple[SettlementRow, ...]]:
    """Minute rows and half-hour rows of the signal's window; `signal.baseline` must be there."""
    raise NotImplementedError
