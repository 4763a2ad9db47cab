"""Drift: the site has been elsewhere than planned for long enough that a new plan is worth it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.domain.site import Site
from scheduler.planning.guard_types import GuardInput
from scheduler.services.cycle import Picture, fleet_of

LASTS = timedelta(minutes=2)
APART = timedelta(minutes=5)
FLEET_W = 10_000.0
FLEET_RATIO = 0.15
SURROUNDINGS_RATIO = 0.02


@dataclass(slots=True)
class DriftWatch:
    """Remembers since when something drifts and when it last said so."""

    since: datetime | None = None
    told_at: datetime | None = None

    def observe(self, site: Site, picture: Picture, given: GuardInput) -> str | None:
        """What has drifted for `LASTS`, at most every `APART`; None otherwise."""
        what = drifted(site, picture, given)
        if what is None:
            self.since = None
            return None
        self.since = self.since or given.now
        recently = self.told_at is not None and given.now - self.told_at < APART
        if given.now - self.since < LASTS or recently:
            return None
        self.told_at = given.now
        return what


def drifted(site: Site, picture: Picture, given: GuardInput) -> str | None:
    """What departs from the plan in this cycle: the fleet, or load less generation around it.

    While an instruction is held the fleet follows that and not the plan.
    """
    plan = picture.plan.plan if picture.plan else None
    slot = plan.slot_at(given.now) if plan else None
    if plan is None or slot is None:
        return None
    fleet_w = fleet_of(given.evses, given.evse_fresh_s).net_w
    planned_w = float(plan.fleet_w[slot])
    allowed_w = max(FLEET_W, FLEET_RATIO * abs(planned_w))
    if given.target_grid_w is None and abs(fleet_w - planned_w) > allowed_w:
        return f"fleet at {fleet_w / 1000:.0f} kW, planned {planned_w / 1000:.0f} kW"
    if given.load is None or given.solar is None or given.wind is None:
        return None
    around_w = given.load.power_w - given.solar.power_w - given.wind.power_w
    foreseen_w = float(plan.load_w[slot] - plan.solar_w[slot] - plan.wind_w[slot])
    if abs(around_w - foreseen_w) > SURROUNDINGS_RATIO * site.grid_connection.import_limit_w:
        return f"load less generation {around_w / 1e3:.0f} kW, foreseen {foreseen_w / 1e3:.0f} kW"
    return None
