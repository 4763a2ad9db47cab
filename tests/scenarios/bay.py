"""One EVSE of a site day: what stands there, and what the hub has heard of it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from csms.domain.ids import ChargingStationId, EvseId, IdToken, TransactionId
from scheduler.domain.demand import Demand
from scheduler.domain.reading import Sample
from scheduler.domain.site import Site
from scheduler.planning.guard_types import EvseState
from scheduler.planning.profiles import HeldSetpoint
from scheduler.services.demand_rules import demand_of
from scheduler.store.live import LiveEvse, Needs, OpenTransaction
from scheduler.store.vehicles import Vehicle as KnownVehicle
from simulator.models import model_named
from simulator.sessions import Session, Tells
from simulator.site import StationSpec
from simulator.vehicle import Vehicle

SAMPLE_S = 60


@dataclass(slots=True)
class Bay:
    """One EVSE: what stands there, and what the hub has heard of it."""

    spec: StationSpec
    circuit_id: str
    session: Session | None = None
    vehicle: Vehicle | None = None
    limit_w: float = 0.0
    limit_until_s: int = -1
    floor_w: float = 0.0
    import_wh: float = 0.0
    export_wh: float = 0.0
    heard: Demand | None = None
    heard_w: float = 0.0
    heard_s: int = 0
    held: HeldSetpoint | None = None
    changed_s: int = 0
    free: EvseState = field(init=False)

    def __post_init__(self) -> None:
        self.free = EvseState(
            station_id=ChargingStationId(self.spec.station_id),
            evse_id=EvseId(1),
            circuit_id=self.circuit_id,
            connected=True,
            plugged=False,
            max_charge_w=self.spec.max_charge_w,
            floor_w=self.floor_w,
        )

    def step(self, second: int) -> float:
        """One second of the vehicle under its setpoint, or its floor without one; the power."""
        if self.vehicle is None:
            return 0.0
        limit_w = self.limit_w if second < self.limit_until_s else self.floor_w
        power_w = self.vehicle.step(limit_w, 1.0)
        if power_w >= 0:
            self.import_wh += power_w / 3600
        else:
            self.export_wh -= power_w / 3600
        return power_w

    def hear(self, site: Site, now: datetime, second: int) -> None:
        """A meter value of the station, and with it all that the hub knows of the vehicle."""
        assert self.vehicle is not None
        self.heard_w, self.heard_s = self.vehicle.power_w, second
        live = self.live(now)
        demand = demand_of(live, site.control, now)
        assert demand is not None
        told = (live.vehicle and live.vehicle.departure_at) or (
            live.needs and live.needs.departure_at
        )
        self.heard = replace(demand, departure_known=told is not None)

    def live(self, now: datetime) -> LiveEvse:
        """What the store would hold of this EVSE."""
        session, vehicle, spec = self.session, self.vehicle, self.spec
        assert session is not None
        assert vehicle is not None
        two_way = spec.max_discharge_w > 0
        tells_soc = model_named(spec.model).tells_soc
        charging = vehicle.power_w != 0 or vehicle.soc_ratio < 1
        started_at = session.arrival_at.astimezone(UTC)
        return LiveEvse(
            station_id=ChargingStationId(spec.station_id),
            evse_id=EvseId(1),
            circuit_id=self.circuit_id,
            max_charge_w=spec.max_charge_w,
            max_discharge_w=spec.max_discharge_w,
            min_charge_w=spec.min_charge_w,
            connected=True,
            last_seen_at=now,
            booted_at=None,
            discharge_dialect="negative_limit" if two_way else "none",
            discharge_fault=None,
            floor_w=self.floor_w,
            sample_interval_s=SAMPLE_S,
            power_w=self.heard_w,
            power_at=now,
            soc_pct=round(100 * vehicle.soc_ratio, 1) if tells_soc else None,
            soc_at=now,
            setpoint_w=self.limit_w,
            setpoint_until=None,
            setpoint_version=None,
            setpoint_status=None,
            setpoint_at=None,
            composite_w=None,
            transaction=OpenTransaction(
                transaction_id=TransactionId(f"{spec.station_id}-{started_at:%H%M}"),
                id_token=IdToken(session.vehicle.id_token),
                started_at=started_at,
                last_event_at=now,
                imported_wh=self.import_wh,
                exported_wh=self.export_wh,
                charging_state="Charging" if charging else "SuspendedEV",
            ),
            needs=_needs(session, tells_soc),
            vehicle=_known(session),
        )

    def state(self, planned_w: float | None, now: datetime, second: int) -> EvseState:
        """This EVSE as the guard sees it."""
        demand = self.heard
        if demand is None:
            return self.free
        missing_h = max(0.0, demand.target_wh - demand.energy_wh) / (
            demand.max_charge_w * demand.charge_efficiency_ratio
        )
        return EvseState(
            station_id=demand.station_id,
            evse_id=demand.evse_id,
            circuit_id=demand.circuit_id,
            connected=True,
            plugged=True,
            max_charge_w=demand.max_charge_w,
            max_discharge_w=demand.max_discharge_w,
            min_charge_w=demand.min_charge_w,
            floor_w=self.floor_w,
            power=Sample(self.heard_w, float(second - self.heard_s)),
            setpoint_w=self.held.setpoint_w if self.held else None,
            setpoint_until=self.held.until if self.held else None,
            setpoint_age_s=float(second - self.changed_s),
            planned_w=planned_w,
            laxity_s=(demand.departure_at - now).total_seconds() - 3600 * missing_h,
            room_wh=demand.capacity_wh - demand.energy_wh,
            spare_wh=max(0.0, demand.energy_wh - demand.v2g_floor_wh),
        )


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay as it was: energies of the battery, and what the EVSE's registers counted."""

    session: Session
    circuit_id: str
    energy_wh: float
    import_wh: float
    export_wh: float

    @property
    def short_wh(self) -> float:
        """What was missing at departure."""
        target_wh = self.session.target_soc_ratio * self.session.vehicle.capacity_wh
        return max(0.0, target_wh - self.energy_wh)


def _needs(session: Session, tells_soc: bool) -> Needs | None:
    tells = session.tells is Tells.STATION
    if not tells_soc and not tells:
        return None
    vehicle = session.vehicle
    return Needs(
        at=session.arrival_at.astimezone(UTC),
        departure_at=session.told_departure_at.astimezone(UTC) if tells else None,
        energy_wh=session.requested_wh if tells else None,
        capacity_wh=vehicle.capacity_wh if tells_soc else None,
        soc_pct=round(100 * session.arrival_soc_ratio) if tells_soc else None,
        max_charge_w=vehicle.max_charge_w,
    )


def _known(session: Session) -> KnownVehicle:
    """What the driver tells over the API, if he does."""
    vehicle = session.vehicle
    known = KnownVehicle(
        vehicle_id=vehicle.vehicle_id, site_id="", id_token=IdToken(vehicle.id_token)
    )
    if session.tells is not Tells.DRIVER:
        return known
    two_way = vehicle.max_discharge_w > 0
    return replace(
        known,
        capacity_wh=vehicle.capacity_wh,
        max_charge_w=vehicle.max_charge_w,
        max_discharge_w=vehicle.max_discharge_w,
        v2g_allowed=two_way,
        departure_at=session.told_departure_at.astimezone(UTC),
        target_soc_pct=round(100 * session.target_soc_ratio, 1) if two_way else None,
        requested_wh=None if two_way else session.requested_wh,
    )
