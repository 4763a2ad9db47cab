"""A vehicle in requests and answers, and how an answer is made from what is stored."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from scheduler.domain.site import Site
from scheduler.domain.slots import end_of_day
from scheduler.services.demand_rules import demand_of
from scheduler.store.live import LiveEvse
from scheduler.store.vehicles import DemandSource
from web.api.models import Answer, Fix, Instant
from web.readiness import UNKNOWN, PlannedEnergy, Readiness, Ready, readiness

Energy = Annotated[float, Field(gt=0, le=10_000_000, allow_inf_nan=False)]
Power = Annotated[float, Field(ge=0, le=10_000_000, allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Token = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00]+$")]
Name = Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$")]


class VehiclePut(BaseModel):
    """A vehicle as its owner tells it. `requested_wh` counts from plug-in and is used where the
    state of charge is not known; `target_soc_pct` where it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [
        {
            "site_id": "ev36zero", "id_token": "VAN-07", "name": "Van 7", "capacity_wh": 60000,
            "departure_at": "2026-06-01T17:00:00Z", "target_soc_pct": 80,
        }
    ]})  # fmt: skip

    site_id: str
    id_token: Token
    name: Name | None = None
    capacity_wh: Energy | None = None
    max_charge_w: Power | None = None
    max_discharge_w: Power | None = None
    v2g_allowed: bool = True
    v2g_floor_soc_pct: Percent | None = None
    v2g_paused_until: Instant | None = None
    departure_at: Instant | None = None
    target_soc_pct: Percent | None = None
    requested_wh: Energy | None = None
    demand_source: DemandSource | None = None


class VehicleChange(BaseModel):
    """The fields to change; a field that is not sent stays, null forgets it.

    `boost` true: charge at once at full power, as far as limits allow, until the target is reached
    (or `boost_until`); it is of this visit. `v2g_paused` true: nothing is taken from it until the
    site's local day is over (or `v2g_paused_until`). False takes it back.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [
        {"departure_at": "2026-06-01T15:30:00Z", "target_soc_pct": 90}
    ]})  # fmt: skip

    site_id: str = ""
    id_token: Token = ""
    name: Name | None = None
    capacity_wh: Energy | None = None
    max_charge_w: Power | None = None
    max_discharge_w: Power | None = None
    v2g_allowed: bool = True
    v2g_floor_soc_pct: Percent | None = None
    v2g_paused: bool = False
    v2g_paused_until: Instant | None = None
    boost: bool = False
    boost_until: Instant | None = None
    departure_at: Instant | None = None
    target_soc_pct: Percent | None = None
    requested_wh: Energy | None = None

    def fields(self, now: datetime, time_zone: str) -> dict[str, Any]:
        """What to change of the stored vehicle."""
        changed = self.model_dump(exclude_unset=True, exclude={"boost", "v2g_paused"})
        if "v2g_paused" in self.model_fields_set:
            ends_at = self.v2g_paused_until or end_of_day(now, time_zone)
            changed["v2g_paused_until"] = ends_at if self.v2g_paused else None
        if {"boost", "boost_until"} & self.model_fields_set:
            told = "boost" in self.model_fields_set
            boosts = self.boost if told else self.boost_until is not None
            changed["boost_at"] = now if boosts else None
            changed["boost_until"] = self.boost_until if boosts else None
        return changed


class PluggedIn(Answer):
    """Where the vehicle is, and since when."""

    station_id: str
    evse_id: int
    transaction_id: str
    since: datetime


class VehicleAnswer(Answer):
    """A vehicle. While it is plugged in `departure_at` is the one that is planned for."""

    vehicle_id: str
    site_id: str
    name: str | None
    id_token: str
    capacity_wh: float | None
    max_charge_w: float | None
    max_discharge_w: float | None
    v2g_allowed: bool
    v2g_floor_soc_pct: float | None
    v2g_paused_until: datetime | None = Field(description="nothing is taken from it before")
    boost: bool = Field(description="it charges at full power now, as its driver asked")
    boost_until: datetime | None
    soc_pct: float | None
    departure_at: datetime | None
    target_soc_pct: float | None
    requested_wh: float | None
    demand_source: str | None
    plugged_in: PluggedIn | None
    ready: Ready | None
    ready_at: datetime | None = Field(description="when it reaches its target by plan")
    shortfall_wh: float | None
    fix: Fix | None = Field(description="the cheapest change that would have it ready")
    version: int


def vehicle_of(
    row: Mapping[str, Any],
    evse: LiveEvse | None,
    planned: Mapping[tuple[str, str], Mapping[str, Any]],
    site: Site | None,
    now: datetime,
) -> VehicleAnswer:
    """A stored vehicle, the EVSE it is plugged in at, and the newest plan by its station and
    transaction."""
    plugged_in, soc_pct, departure_at, outlook = None, None, row["departure_at"], UNKNOWN
    fix = None
    running = evse and evse.transaction
    demand = evse and site and demand_of(evse, site.control, now)
    if evse and running and demand:
        plugged_in = PluggedIn(
            station_id=evse.station_id,
            evse_id=evse.evse_id,
            transaction_id=running.transaction_id,
            since=running.started_at,
        )
        part = planned.get((evse.station_id, running.transaction_id))
        guessed = part is not None and not demand.departure_known
        departure_at = part["departure_at"] if part and guessed else demand.departure_at
        if demand.soc_known:
            soc_pct = round(100 * demand.energy_wh / demand.capacity_wh, 1)
        planned_wh = planned_energy(part)
        target_wh = demand.target_wh
        if guessed and planned_wh is not None:  # nobody told: what the plan reckons with counts
            target_wh = min(target_wh, planned_wh.energy_wh[-1] + planned_wh.shortfall_wh)
        outlook = readiness(demand.energy_wh, target_wh, departure_at, planned_wh)
        if part and part["fix"] and outlook.shortfall_wh:
            fix = Fix.model_validate({**part["fix"], "where": part["fix"].get("where") or None})
    return VehicleAnswer.model_validate(
        {
            **row,
            "boost": bool(demand and demand.boost),
            "plugged_in": plugged_in,
            "soc_pct": soc_pct,
            "departure_at": departure_at,
            **_outlook(outlook),
            "fix": fix,
        }
    )


def planned_energy(part: Mapping[str, Any] | None) -> PlannedEnergy | None:
    """The plan's energies of one transaction, if it knows it."""
    if part is None:
        return None
    return PlannedEnergy(
        starts_at=part["starts_at"],
        slot_s=part["slot_s"],
        energy_wh=part["energy_wh"],
        shortfall_wh=part["shortfall_wh"] or 0.0,
    )


def _outlook(outlook: Readiness) -> dict[str, Any]:
    return {
        "ready": outlook.state,
        "ready_at": outlook.ready_at,
        "shortfall_wh": outlook.shortfall_wh,
    }
