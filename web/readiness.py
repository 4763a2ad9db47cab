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
    enough_wh = target_wh - max(TOLERANCE_WH, TOLERANCE_RATIO * target_wh)
    if energy_wh >= enough_wh:
        return Readiness(Ready.READY, None, 0.0)
    if planned is None:
        return UNKNOWN
    ready_at = _reached_at(planned, enough_wh)
    on_track = ready_at is not None and ready_at <= departure_at
    state = Ready.ON_TRACK if on_track else Ready.AT_RISK
    return Readiness(state, ready_at, 0.0 if on_track else planned.shortfall_wh)


def _reached_at(planned: PlannedEnergy, enough_wh: float) -> datetime | None:
    for number, energy_wh in enumerate(planned.energy_wh, start=1):
        if energy_wh >= enough_wh:
            return planned.starts_at + timedelta(seconds=number * planned.slot_s)
    return None
