"""Will the vehicle be ready when it leaves? Pure: from what it holds, needs and is to get."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

TOLERANCE_RATIO: Final = 0.01
TOLERANCE_WH: Final = 100.0


class Ready(StrEnum):
    """`READY`: it could leave now; `ON_TRACK`: the plan gets it there in time."""

    READY = "ready"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEnergy:
    """Energy in the vehicle at each slot's end, and what it lacks at departure."""

    starts_at: datetime
    slot_s: int
    energy_wh: Sequence[float]
    shortfall_wh: float


@dataclass(frozen=True, slots=True)
class Readiness:
    """`ready_at`: when it reaches its target by plan; None when it has, or does not."""

    state: Ready | None
    ready_at: datetime | None
    shortfall_wh: float | None


UNKNOWN: Final = Readiness(None, None, None)


def readiness(
    energy_wh: float, target_wh: float, departure_at: datetime, planned: PlannedEnergy | None
) -> Readiness:
    """Energies as in `Demand`; without a plan that knows the vehicle only `READY` can be said."""
    spare_wh = max(TOLERANCE_WH, TOLERANCE_RATIO * target_wh)
    enough_wh = target_wh - spare_wh
    if energy_wh >= enough_wh:
        return Readiness(Ready.READY, None, 0.0)
    if planned is None:
        return UNKNOWN
    slot = _slot_of(planned, enough_wh)
    if slot is None:
        return Readiness(Ready.AT_RISK, None, planned.shortfall_wh)
    starts_at = planned.starts_at + timedelta(seconds=slot * planned.slot_s)
    ends_at = starts_at + timedelta(seconds=planned.slot_s)
    if starts_at >= departure_at or planned.shortfall_wh > spare_wh:
        return Readiness(Ready.AT_RISK, ends_at, planned.shortfall_wh)
    return Readiness(Ready.ON_TRACK, min(ends_at, departure_at), 0.0)


def _slot_of(planned: PlannedEnergy, enough_wh: float) -> int | None:
    """The slot in which the target is reached; a departure in it ends it early."""
    reached = (n for n, energy_wh in enumerate(planned.energy_wh) if energy_wh >= enough_wh)
    return next(reached, None)
