"""GridSignal: an envelope (hard bounds), an instruction (power, or a delta to a baseline), or a
reserve (power to be had on call).

A signal is known by (operator, external_id); a higher revision replaces a lower one. Priority 0 is
the highest, as in OpenADR 3. Site power: + import, - export.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class SignalKind(StrEnum):
    ENVELOPE = "envelope"
    INSTRUCTION = "instruction"
    RESERVE = "reserve"


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
    """Exactly one of the four: bounds (envelope), `site_power_w` or `delta_w` (instruction), or a
    reserve: `reserve_down_w`, `reserve_up_w`, by which site power can fall below the plan and rise
    above it within the window, for `reserve_s` at a time. Markets that look at generation call the
    first upward, and the second downward. An instruction is how it is called.

    `no_rebound_before_s`, `no_rebound_after_s`: for so long beside the window of an instruction the
    site stays on its side of the frozen baseline: not above it beside a reduction, not below it
    beside an increase.
    """

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
    no_rebound_before_s: int = 0
    no_rebound_after_s: int = 0
    reserve_down_w: float | None = None
    reserve_up_w: float | None = None
    reserve_s: int = 0
    baseline: "Baseline | None" = None

    @property
    def binds_from(self) -> datetime:
        """When it begins to ask something of the site."""
        return self.starts_at - timedelta(seconds=self.no_rebound_before_s)

    @property
    def binds_until(self) -> datetime:
        """When it has nothing to ask any more."""
        return self.ends_at + timedelta(seconds=self.no_rebound_after_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Site power per slot of the plan without the instruction, frozen at acknowledgement; from
    `binds_from` to `binds_until`, but for slots that were over by then."""

    starts_at: datetime
    slot_s: int
    grid_w: tuple[float, ...]
    plan_version: int | None
