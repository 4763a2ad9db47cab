"""What holds at the grid connection: its limits less the margin, envelopes, the instruction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from scheduler.domain.plan import Watts
from scheduler.domain.signal import Baseline, GridSignal, SignalKind
from scheduler.domain.site import GridConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class GridLimits:
    """Bounds as magnitudes; `target_grid_w` None where no instruction is in force.

    `instruction`: the signal behind the target.
    """

    import_max_w: float
    export_max_w: float
    target_grid_w: float | None
    instruction: GridSignal | None


def limits_during(
    connection: GridConnection, signals: Iterable[GridSignal], begins_at: datetime, length_s: float
) -> GridLimits:
    """What holds in an interval. `signals` are those accepted or active; their windows decide.

    Every envelope that touches it holds, the narrowest decides. An instruction acts if it covers
    the middle, so that a command for the whole interval is neither early nor late on average; of
    several the one with the lowest priority number, then the one that started last.
    """
    ends_at, middle = (begins_at + timedelta(seconds=s) for s in (length_s, length_s / 2))
    known = [s for s in signals if s.starts_at < ends_at and begins_at < s.ends_at]
    import_max_w, export_max_w = _bounds(connection, known)
    instruction = _foremost([s for s in known if s.starts_at <= middle < s.ends_at])
    return GridLimits(
        import_max_w=import_max_w,
        export_max_w=export_max_w,
        target_grid_w=target_w(instruction, middle) if instruction else None,
        instruction=instruction,
    )


def limits_per_slot(
    connection: GridConnection,
    signals: Iterable[GridSignal],
    starts_at: datetime,
    slot_s: int,
    slots: int,
) -> tuple[Watts, Watts, Watts]:
    """`import_max_w, export_max_w, grid_target_w` (NaN: none) of each slot for a PlanningInput."""
    known, length = tuple(signals), timedelta(seconds=slot_s)
    rows = np.full((3, slots), np.nan)
    for slot in range(slots):
        limits = limits_during(connection, known, starts_at + slot * length, slot_s)
        rows[0, slot], rows[1, slot] = limits.import_max_w, limits.export_max_w
        if limits.target_grid_w is not None:
            rows[2, slot] = limits.target_grid_w
    return rows[0], rows[1], rows[2]


def target_w(instruction: GridSignal, at: datetime) -> float | None:
    """Site power that an instruction asks for at an instant; None if it cannot be known."""
    if instruction.site_power_w is not None:
        return instruction.site_power_w
    base_w = baseline_w(instruction.baseline, at)
    if base_w is None or instruction.delta_w is None:
        return None
    return base_w + instruction.delta_w


def baseline_w(baseline: Baseline | None, at: datetime) -> float | None:
    """The frozen baseline's site power at an instant, None outside of it."""
    if baseline is None:
        return None
    slot = (at - baseline.starts_at) // timedelta(seconds=baseline.slot_s)
    return baseline.grid_w[slot] if 0 <= slot < len(baseline.grid_w) else None


def _bounds(connection: GridConnection, held: Iterable[GridSignal]) -> tuple[float, float]:
    envelopes = [s for s in held if s.kind is SignalKind.ENVELOPE]
    imports = [s.import_max_w for s in envelopes if s.import_max_w is not None]
    exports = [s.export_max_w for s in envelopes if s.export_max_w is not None]
    return (
        max(0.0, min([connection.import_limit_w, *imports]) - connection.margin_w),
        max(0.0, min([connection.export_limit_w, *exports]) - connection.margin_w),
    )


def _foremost(held: Iterable[GridSignal]) -> GridSignal | None:
    instructions = [s for s in held if s.kind is SignalKind.INSTRUCTION]
    return min(
        instructions,
        key=lambda s: (s.priority, -s.starts_at.timestamp(), str(s.signal_id)),
        default=None,
    )
