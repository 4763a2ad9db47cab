"""What holds at the grid connection: its limits less the margin, envelopes, the instruction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from scheduler.domain.plan import Watts
from scheduler.domain.signal import GridSignal
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


def limits_at(
    connection: GridConnection, signals: Iterable[GridSignal], now: datetime
) -> GridLimits:
    """What holds now. `signals` are those accepted or active; the window decides."""
    raise NotImplementedError


def limits_per_slot(
    connection: GridConnection,
    signals: Iterable[GridSignal],
    starts_at: datetime,
    slot_s: int,
    slots: int,
) -> tuple[Watts, Watts, Watts]:
    """`import_max_w, export_max_w, grid_target_w` (NaN: none) of each slot for a PlanningInput."""
    raise NotImplementedError
