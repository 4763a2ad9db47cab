"""Fleet: vehicles come and go by the sessions of each day, and are judged when they leave. Pure.

At the start those who came earlier that day stand there already, with the energy they would
plausibly have by then; what remains of their request is what they want from the hub.
"""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from typing import Final

from simulator.evse import Occupant
from simulator.profiles import JsonObject, format_time
from simulator.sessions import FEASIBLE_RATIO, Session, day_sessions
from simulator.site import SiteSpec
from simulator.station import Station
from simulator.vehicle import Vehicle, possible_energy_wh

EARLIER_SHARE_W: Final = 3_000.0
"""What a vehicle that stood there before the start had on average."""
READY_TOLERANCE_RATIO: Final = 0.005


class _Due(IntEnum):
    """What happens, in this order if at one instant. `PROMISE`: the departure that was told."""

    PROMISE = 0
    DEPARTURE = 1
    ARRIVAL = 2


@dataclass(slots=True)
class StayRecord:
    """A stay as it was. `ready`: it had what was wanted when it was told to leave; `wanted_wh` and
    `possible_wh` are at the meter, from plug-in (or start) to the told departure."""

    station_id: str
    session: Session
    plugged_in_at: datetime
    wanted_wh: float
    possible_wh: float
    target_wh: float
    first_import_wh: float
    first_export_wh: float
    imported_wh: float = 0.0
    exported_wh: float = 0.0
    ready: bool = False
    departed_at: datetime | None = None
    soc_pct: float = 0.0

    def row(self) -> JsonObject:
        """One line of sessions.jsonl."""
        session = self.session
        return {
            "station_id": self.station_id,
            "vehicle_id": session.vehicle.vehicle_id,
            "tells": session.tells.value,
            "arrival_at": format_time(self.plugged_in_at),
            "departure_at": format_time(self.departed_at or session.departure_at),
            "told_departure_at": format_time(session.told_departure_at),
            "wanted_wh": round(self.wanted_wh, 1),
            "delivered_wh": round(self.imported_wh - self.exported_wh, 1),
            "imported_wh": round(self.imported_wh, 1),
            "exported_wh": round(self.exported_wh, 1),
            "possible_wh": round(self.possible_wh, 1),
            "capacity_wh": session.vehicle.capacity_wh,
            "target_soc_pct": round(100 * self.target_wh / session.vehicle.capacity_wh, 2),
            "soc_pct": round(self.soc_pct, 2),
            "ready": self.ready,
        }


def _nobody(*_: object) -> None:
    """What a fleet without drivers or records does."""


@dataclass(slots=True)
class Fleet:
    """The vehicles of a site. `tell` is called at arrival with what a driver tells the hub,
    `record` when a stay ends."""

    site: SiteSpec
    seed: int
    stations: Mapping[str, Station]
    tell: Callable[[Occupant], None] = _nobody
    record: Callable[[StayRecord], None] = _nobody
    stays: dict[str, StayRecord] = field(default_factory=dict)
    _due: list[tuple[datetime, int, str, int, Session]] = field(default_factory=list)
    _pushed: int = 0  # who is due at the same moment at the same station comes in this order
    _planned_until: date = date.min

    def start(self, now: datetime) -> None:
        """Park those who came before `now`, and expect the others of the day."""
        today = now.astimezone(self.site.zone).date()
        for day in (today - timedelta(days=1), today):
            for session in day_sessions(self.site, day, self.seed):
                if session.arrival_at > now:
                    self.expect(session)
                elif session.departure_at > now:
                    self._arrive(session, now, self._had_before(session, now))
        self._planned_until = today

    def step(self, now: datetime) -> None:
        """Let everybody come and go who is due by `now`."""
        if now.astimezone(self.site.zone).date() > self._planned_until:
            self._planned_until += timedelta(days=1)
            for session in day_sessions(self.site, self._planned_until, self.seed):
                self.expect(session)
        while self._due and self._due[0][0] <= now:
            _, due, _, _, session = heapq.heappop(self._due)
            match _Due(due):
                case _Due.ARRIVAL:
                    self._arrive(session, now)
                case _Due.PROMISE:
                    self._judge(session)
                case _Due.DEPARTURE:
                    self._depart(session, now)

    def expect(self, session: Session) -> None:
        """It comes when its arrival is due, if the place is free by then."""
        self._push(session.arrival_at, _Due.ARRIVAL, session)

    def _push(self, at: datetime, due: _Due, session: Session) -> None:
        self._pushed += 1
        entry = (at.astimezone(UTC), due, session.station_id, self._pushed, session)
        heapq.heappush(self._due, entry)

    def _arrive(self, session: Session, now: datetime, had_wh: float = 0.0) -> None:
        station = self.stations[session.station_id]
        if station.evse.occupant is not None:
            return
        spec = session.vehicle
        energy_wh = session.arrival_soc_ratio * spec.capacity_wh
        energy_wh += had_wh * spec.charge_efficiency_ratio
        occupant = Occupant(Vehicle(spec, energy_wh), session, session.requested_wh - had_wh)
        stay_s = max(0.0, (session.told_departure_at - now).total_seconds())
        self.stays[session.station_id] = StayRecord(
            station_id=session.station_id,
            session=session,
            plugged_in_at=now,
            wanted_wh=occupant.remaining_wh,
            possible_wh=possible_energy_wh(spec, energy_wh, station.spec.max_charge_w, stay_s),
            target_wh=session.target_soc_ratio * spec.capacity_wh,
            first_import_wh=station.evse.import_wh,
            first_export_wh=station.evse.export_wh,
        )
        self._push(max(now, session.told_departure_at), _Due.PROMISE, session)
        self._push(session.departure_at, _Due.DEPARTURE, session)
        station.plug_in(occupant, now)
        self.tell(occupant)

    def _had_before(self, session: Session, now: datetime) -> float:
        """Wh at the meter by `now`: a plain share of the stay, and no less than what is needed for
        the rest to be feasible."""
        stood_s = (now - session.arrival_at).total_seconds()
        had_wh = min(session.requested_wh, EARLIER_SHARE_W * stood_s / 3600.0)
        left_s = max(0.0, (session.told_departure_at - now).total_seconds())
        spec = session.vehicle
        most_w = self.stations[session.station_id].spec.max_charge_w
        energy_wh = session.arrival_soc_ratio * spec.capacity_wh
        energy_wh += had_wh * spec.charge_efficiency_ratio
        left_wh = FEASIBLE_RATIO * possible_energy_wh(spec, energy_wh, most_w, left_s)
        return max(had_wh, session.requested_wh - left_wh)

    def _judge(self, session: Session) -> None:
        occupant = self.stations[session.station_id].evse.occupant
        if occupant is not None and occupant.session is session:
            stay = self.stays[session.station_id]
            tolerance_wh = READY_TOLERANCE_RATIO * session.vehicle.capacity_wh
            stay.ready = occupant.vehicle.energy_wh >= stay.target_wh - tolerance_wh

    def _depart(self, session: Session, now: datetime) -> None:
        station = self.stations[session.station_id]
        occupant = station.evse.occupant
        if occupant is None or occupant.session is not session:
            return
        station.unplug(now)
        stay = self.stays.pop(session.station_id)
        stay.imported_wh = station.evse.import_wh - stay.first_import_wh
        stay.exported_wh = station.evse.export_wh - stay.first_export_wh
        stay.soc_pct = 100.0 * occupant.vehicle.soc_ratio
        stay.departed_at = now
        self.record(stay)
