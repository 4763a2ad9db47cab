"""One EVSE of a simulated site: what stands there, and what the hub has heard of it.

The hub hears what a real station and driver would tell; only who knows all is told the truth.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from csms.domain.ids import ChargingStationId, EvseId, IdToken, TransactionId
from scheduler.domain.demand import Demand
from scheduler.domain.reading import Sample
from scheduler.domain.site import EvseSpec, Site
from scheduler.forecasting.habits import Habit
from scheduler.planning.guard_types import NO_PAST, EvseState, Past
from scheduler.planning.profiles import HeldSetpoint
from scheduler.services.demand_rules import demand_of
from scheduler.store.live import LiveEvse, Needs, OpenTransaction
from scheduler.store.vehicles import Vehicle as KnownVehicle
from simulator.models import model_named
from simulator.sessions import Session, Tells
from simulator.site import StationSpec
from simulator.vehicle import Vehicle
from v2ghub.simulate.proven import SAMPLE_S, Books


@dataclass(slots=True)
class Bay:
    """One EVSE: what stands there, and what the hub has heard of it."""

    spec: StationSpec
    evse: EvseSpec
    session: Session | None = None
    vehicle: Vehicle | None = None
    limit_w: float = 0.0
    limit_until_s: int = -1
    floor_w: float = 0.0
    import_wh: float = 0.0
    export_wh: float = 0.0
    heard: Demand | None = None
    habit: Habit | None = None
    heard_w: float = 0.0
    heard_s: int = 0
    held: HeldSetpoint | None = None
    known: KnownVehicle | None = None  # as its driver told it last
    books: Books = field(default_factory=Books)
    changed_s: int = 0
    knows_all: bool = False
    free: EvseState = field(init=False)

    def __post_init__(self) -> None:
        self.free = EvseState(
            station_id=ChargingStationId(self.spec.station_id),
            evse_id=EvseId(1),
            circuit_id=self.evse.circuit_id,
            connected=True,
            plugged=False,
            max_charge_w=self.spec.max_charge_w,
            floor_w=self.floor_w,
            line_ratios=self.evse.line_ratios,
        )

    def plug_in(self, session: Session) -> None:
        """A vehicle comes; it is at the floor until it is told."""
        energy_wh = session.arrival_soc_ratio * session.vehicle.capacity_wh
        self.session, self.vehicle = session, Vehicle(session.vehicle, energy_wh)
        self.import_wh = self.export_wh = 0.0
        self.held, self.limit_until_s, self.books = None, -1, Books()
        self.known = known_after(session, self.known)

    def unplug(self) -> "Stay":
        """It leaves; what its stay came to."""
        stay = self.stay()
        self.session = self.vehicle = self.heard = self.held = self.habit = None
        return stay

    def stay(self) -> "Stay":
        """The stay as it is so far."""
        session, vehicle = self.session, self.vehicle
        assert session is not None
        assert vehicle is not None
        return Stay(
            session, self.evse.circuit_id, vehicle.energy_wh, self.import_wh, self.export_wh
        )

    def step(self, second: int, step_s: int) -> float:
        """The vehicle under its setpoint, or its floor without one; its average power."""
        if self.vehicle is None:
            return 0.0
        limit_w = self.limit_w if second < self.limit_until_s else self.floor_w
        power_w = self.vehicle.step(limit_w, float(step_s))
        if power_w >= 0:
            self.import_wh += power_w * step_s / 3600
        else:
            self.export_wh -= power_w * step_s / 3600
        return power_w

    def followed(self) -> bool:
        """Within a long step the meter tells of a vehicle that was lowered; whether it was."""
        lower = self.heard_w > self.limit_w
        self.heard_w = min(self.heard_w, self.limit_w)
        return lower

    def hear(self, site: Site, now: datetime, second: int) -> None:
        """A meter value of the station, and with it all that the hub knows of the vehicle."""
        assert self.vehicle is not None
        self.heard_w, self.heard_s = self.vehicle.power_w, second
        self.reckon(site, now)
        self.books.metered(now, self.import_wh, self.export_wh, self.heard_w, self._soc_pct)

    def reckon(self, site: Site, now: datetime) -> None:
        """The demand, by what was told and, where nothing was, by habit."""
        assert self.vehicle is not None
        if self.knows_all:
            assert self.session is not None
            true = true_demand(self.session, self.evse, site, self.vehicle.energy_wh)
            self.heard = replace(true, charging=self.limit_w > self.floor_w)
        else:
            self.heard = demand_of(self.live(now), site.control, now, self.habit)

    def live(self, now: datetime) -> LiveEvse:
        """What the store would hold of this EVSE."""
        session, vehicle, spec = self.session, self.vehicle, self.spec
        assert session is not None
        assert vehicle is not None
        two_way = spec.max_discharge_w > 0
        tells_soc = self._soc_pct is not None
        charging = vehicle.power_w != 0 or vehicle.soc_ratio < 1
        return LiveEvse(
            station_id=ChargingStationId(spec.station_id),
            evse_id=EvseId(1),
            circuit_id=self.evse.circuit_id,
            phases=self.evse.phases,
            lines=self.evse.lines,
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
            soc_pct=self._soc_pct,
            soc_at=now,
            setpoint_w=self.limit_w,
            setpoint_until=None,
            setpoint_version=None,
            setpoint_status=None,
            setpoint_at=None,
            composite_w=None,
            transaction=OpenTransaction(
                transaction_id=transaction_id(session),
                id_token=IdToken(session.vehicle.id_token),
                started_at=session.arrival_at.astimezone(UTC),
                last_event_at=now,
                imported_wh=self.import_wh,
                exported_wh=self.export_wh,
                charging_state="Charging" if charging else "SuspendedEV",
            ),
            needs=_needs(session, tells_soc),
            vehicle=self.known,
        )

    @property
    def _soc_pct(self) -> float | None:
        """What the station tells of the state of charge."""
        if self.vehicle is None or not model_named(self.spec.model).tells_soc:
            return None
        return round(100 * self.vehicle.soc_ratio, 1)

    def proven(self, now: datetime) -> Demand | None:
        """The demand, with what the meter proved of the last orders."""
        if self.heard is None or self.knows_all:
            return self.heard
        return self.books.proven(self.heard, self.spec, self.floor_w, now)

    def state(
        self, planned_w: float | None, now: datetime, second: int, past: Past = NO_PAST
    ) -> EvseState:
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
            line_ratios=demand.line_ratios,
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
            departure_known=demand.departure_known,
            room_wh=demand.capacity_wh - demand.energy_wh,
            spare_wh=max(0.0, demand.energy_wh - demand.v2g_floor_wh),
            past=past,
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
    def target_wh(self) -> float:
        """What the battery should hold at departure."""
        return self.session.target_soc_ratio * self.session.vehicle.capacity_wh

    @property
    def short_wh(self) -> float:
        """What was missing at departure."""
        return max(0.0, self.target_wh - self.energy_wh)

    @property
    def beyond_wh(self) -> float:
        """What it held beyond what was asked for."""
        return max(0.0, self.energy_wh - self.target_wh)

    @property
    def asked_wh(self) -> float:
        """What the battery lacked at arrival."""
        return self.target_wh - self.session.arrival_soc_ratio * self.session.vehicle.capacity_wh

    def reachable(self, default_wh: float) -> bool:
        """Whether the hub could know: it was told, or the wish is no more than it assumes."""
        return self.session.tells is not Tells.NOTHING or self.session.requested_wh <= default_wh


def transaction_id(session: Session) -> TransactionId:
    """The same for a session whenever it is asked."""
    return TransactionId(f"{session.station_id}-{session.arrival_at:%y%m%d-%H%M%S}")


def true_demand(session: Session, evse: EvseSpec, site: Site, energy_wh: float) -> Demand:
    """What the vehicle of a session really needs, whatever is told of it."""
    spec = session.vehicle
    return Demand(
        station_id=ChargingStationId(session.station_id),
        evse_id=EvseId(1),
        circuit_id=evse.circuit_id,
        line_ratios=evse.line_ratios,
        vehicle_id=spec.vehicle_id,
        transaction_id=transaction_id(session),
        departure_at=session.departure_at.astimezone(UTC),
        energy_wh=energy_wh,
        target_wh=session.target_soc_ratio * spec.capacity_wh,
        capacity_wh=spec.capacity_wh,
        v2g_floor_wh=spec.capacity_wh * site.control.v2g_floor_soc_pct / 100,
        max_charge_w=spec.max_charge_w,
        max_discharge_w=spec.max_discharge_w,
        min_charge_w=spec.min_charge_w,
        charge_efficiency_ratio=spec.charge_efficiency_ratio,
        discharge_efficiency_ratio=spec.discharge_efficiency_ratio,
        taper_soc_ratio=spec.taper_soc_ratio,
        soc_known=True,
    )


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


def known_after(session: Session, known: KnownVehicle | None) -> KnownVehicle:
    """The vehicle as the site knows it from a plug-in on: what its driver tells over the API, else
    what he told before."""
    vehicle = session.vehicle
    known = known or KnownVehicle(
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
