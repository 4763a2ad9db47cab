"""From domain objects to arrays: what is to be planned, with no solver names."""

from dataclasses import dataclass
from datetime import datetime

from scheduler.domain.demand import Demand
from scheduler.domain.forecast import Forecast
from scheduler.domain.plan import GbpPerKwh, Watts
from scheduler.domain.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningInput:
    """All that a plan depends on. Arrays have `slots` entries, the forecast's too (same grid); the
    first slot holds `now`.

    `import_max_w`, `export_max_w`: magnitudes, the connection less its margin and every envelope.
    `grid_target_w`: signed site power an instruction asks for, NaN where none does.
    `store_energy_wh`: None where there is no store or it cannot be reached: it stays at 0 W.
    """

    now: datetime
    starts_at: datetime
    slot_s: int
    slots: int
    site: Site
    demands: tuple[Demand, ...]
    forecast: Forecast
    store_energy_wh: float | None
    import_gbp_per_kwh: GbpPerKwh
    export_gbp_per_kwh: GbpPerKwh
    import_max_w: Watts
    export_max_w: Watts
    grid_target_w: Watts
