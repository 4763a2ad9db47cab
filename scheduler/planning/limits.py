"""What holds at the grid connection: its limits less the margin, envelopes, the instruction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scheduler.domain.bounds import ANY_POWER, Bounds
from scheduler.domain.plan import Watts
from scheduler.domain.signal import Baseline, GridSignal, SignalKind
from scheduler.domain.site import GridConnection
from scheduler.planning.problem import Reserve


@dataclass(frozen=True, slots=True, kw_only=True)
class GridLimits:
    """Bounds as magnitudes; `target_grid_w` None where no instruction is in force.

    `instruction`: the signal behind the target; `rebound`: where site power has to stay beside
    instructions that allow no rebound. `asked_by`, `import_by`: the external id of the instruction
    behind either, and of the envelope that narrows the import; "" where there is none.
    """

    import_max_w: float
    export_max_w: float
    target_grid_w: float | None
    instruction: GridSignal | None
    rebound: Bounds = ANY_POWER
    asked_by: str = ""
    import_by: str = ""


class SlotLimits(NamedTuple):
    """The same per slot, as a PlanningInput has it: NaN where there is no target, an infinite
    bound where there is none."""

    import_max_w: Watts
    export_max_w: Watts
    grid_target_w: Watts
    rebound_max_w: Watts
    rebound_min_w: Watts
    asked_by: tuple[str, ...]
    import_by: tuple[str, ...]
    reserve_down: Reserve | None
    reserve_up: Reserve | None


def limits_during(
    connection: GridConnection, signals: Iterable[GridSignal], begins_at: datetime, length_s: float
) -> GridLimits:
    """What holds in an interval. `signals` are those accepted or active; their windows decide.

    Every envelope that touches it holds, the narrowest decides. An instruction acts if it covers
    the middle, so that a command for the whole interval is neither early nor late on average; of
    several the one with the lowest priority number, then the one that started last. Beside its
    window one that allows no rebound acts likewise, but where another asks for a power.
    """
    ends_at, middle = (begins_at + timedelta(seconds=s) for s in (length_s, length_s / 2))
    known = [s for s in signals if s.starts_at < ends_at and begins_at < s.ends_at]
    import_max_w, export_max_w, import_by = _bounds(connection, known)
    instruction = _foremost([s for s in known if s.starts_at <= middle < s.ends_at])
    rebound, rebound_by = (ANY_POWER, "") if instruction else _rebound(signals, middle)
    return GridLimits(
        import_max_w=import_max_w,
        export_max_w=export_max_w,
        target_grid_w=target_w(instruction, middle) if instruction else None,
        instruction=instruction,
        rebound=rebound,
        asked_by=instruction.external_id if instruction else rebound_by,
        import_by=import_by,
    )


def limits_per_slot(
    connection: GridConnection,
    signals: Iterable[GridSignal],
    starts_at: datetime,
    slot_s: int,
    slots: int,
) -> SlotLimits:
    """What holds in each slot."""
    known, length = tuple(signals), timedelta(seconds=slot_s)
    each = [
        limits_during(connection, known, starts_at + slot * length, slot_s) for slot in range(slots)
    ]
    targets_w = (one.target_grid_w for one in each)
    free = np.array([one.instruction is None for one in each], dtype=bool)
    reserves = [s for s in known if s.kind is SignalKind.RESERVE]
    return SlotLimits(
        import_max_w=np.array([one.import_max_w for one in each]),
        export_max_w=np.array([one.export_max_w for one in each]),
        grid_target_w=np.array([np.nan if w is None else w for w in targets_w]),
        rebound_max_w=np.array([one.rebound.upper_w for one in each]),
        rebound_min_w=np.array([one.rebound.lower_w for one in each]),
        asked_by=tuple(one.asked_by for one in each),
        import_by=tuple(one.import_by for one in each),
        reserve_down=_reserve([(s, s.reserve_down_w) for s in reserves], starts_at, slot_s, free),
        reserve_up=_reserve([(s, s.reserve_up_w) for s in reserves], starts_at, slot_s, free),
    )


def _reserve(
    told: Iterable[tuple[GridSignal, float | None]],
    starts_at: datetime,
    slot_s: int,
    free: npt.NDArray[np.bool_],
) -> Reserve | None:
    """What all reserves together are to hold in each slot that they touch, but where an instruction
    is in force: that is how they are called. None if that is nothing."""
    power_w, energy_wh = np.zeros(len(free)), np.zeros(len(free))
    length = timedelta(seconds=slot_s)
    for signal, held_w in told:
        first = max((signal.starts_at - starts_at) // length, 0)
        last = max(-((starts_at - signal.ends_at) // length), 0)
        power_w[first:last] += held_w or 0.0
        energy_wh[first:last] += (held_w or 0.0) * signal.reserve_s / 3600.0
    if not (power_w * free).any():
        return None
    return Reserve(power_w=power_w * free, energy_wh=energy_wh * free)


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


def _bounds(connection: GridConnection, held: Iterable[GridSignal]) -> tuple[float, float, str]:
    """The narrowest of import and export, and who narrows the import."""
    envelopes = [s for s in held if s.kind is SignalKind.ENVELOPE]
    imports = [(s.import_max_w, s.external_id) for s in envelopes if s.import_max_w is not None]
    exports = [s.export_max_w for s in envelopes if s.export_max_w is not None]
    import_w, import_by = min([(connection.import_limit_w, ""), *imports])
    return (
        max(0.0, import_w - connection.margin_w),
        max(0.0, min([connection.export_limit_w, *exports]) - connection.margin_w),
        import_by,
    )


def _foremost(held: Iterable[GridSignal]) -> GridSignal | None:
    return min((s for s in held if s.kind is SignalKind.INSTRUCTION), key=_rank, default=None)


def _rank(signal: GridSignal) -> tuple[int, float, str]:
    return signal.priority, -signal.starts_at.timestamp(), str(signal.signal_id)


def _rebound(signals: Iterable[GridSignal], at: datetime) -> tuple[Bounds, str]:
    """On which side of their baselines the site stays, and by the foremost of whom; what cannot
    hold yields to that."""
    bounds, by = ANY_POWER, ""
    for signal in sorted((s for s in signals if s.binds_from <= at < s.binds_until), key=_rank):
        base_w, change_w = baseline_w(signal.baseline, at), _change_w(signal)
        if base_w is not None and change_w:
            side = Bounds(upper_w=base_w) if change_w < 0 else Bounds(lower_w=base_w)
            bounds, by = bounds.narrowed(side), by or signal.external_id
    return bounds, by


def _change_w(instruction: GridSignal) -> float:
    """What it asks for beside its baseline, summed over the slots of its window."""
    baseline = instruction.baseline
    if instruction.delta_w is not None or instruction.site_power_w is None or baseline is None:
        return instruction.delta_w or 0.0
    length = timedelta(seconds=baseline.slot_s)
    changes_w = [
        instruction.site_power_w - power_w
        for k, power_w in enumerate(baseline.grid_w)
        if instruction.starts_at - length < baseline.starts_at + k * length < instruction.ends_at
    ]
    return sum(changes_w)
