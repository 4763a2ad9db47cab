"""GridSignal: an envelope (hard bounds) or an instruction (power, or a delta to a baseline).

A signal is known by (operator, external_id); a higher revision replaces a lower one. Priority 0 is
the highest, as in OpenADR 3. Site power: + import, - export.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class SignalKind(StrEnum):
    ENVELOPE = "envelope"
    INSTRUCTION = "instruction"


class SignalStatus(StrEnum):
    """`ACCEPTED` before its window, `ACTIVE` in it, `DELIVERED` after, `SETTLED` once billed."""

    ACCEPTED = "accepted"
    ACTIVE = "active"
    DELIVERED = "delivered"
    SETTLED = "settled"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class GridSignal:
    """Exactly one of the three: bounds (envelope), `site_power_w`, or `delta_w` (instruction)."""

    signal_id: UUID
    site_id: str
    operator: str
    external_id: str
    revision: int
    kind: SignalKind
    priority: int
    starts_at: datetime
    ends_at: datetime
    import_max_w: float | None = None
    export_max_w: float | None = None
    site_power_w: float | None = None
    delta_w: float | None = None
    baseline: "Baseline | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Site power per slot of the plan without the instruction, frozen at acknowledgement."""

    starts_at: datetime
    slot_s: int
    grid_w: tuple[float, ...]
    plan_version: int | None
