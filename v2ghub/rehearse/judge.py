"""The judge of a rehearsal: it knows the plant, the vehicles and what the stations were answered,
and asks of the hub only what is in its books.

Safety holds at every step: no breaker carries more than it stands, nobody is discharged below the
floor of his battery, no setpoint takes the place of a newer one, nothing is decided by a plan that
a newer one replaced, and what a station was answered is in the ledger, once. Liveness is asked for
once everything is healed (see `converged`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil, inf
from typing import Any, Final

import orjson

from csms.domain.commands import Command, CommandStatus
from csms.domain.transaction import NOT_COUNTED
from csms.store.statements.kinds import Row
from scheduler.domain.circuits import paths_of
from scheduler.domain.site import Site
from simulator.call import LONG_AGO
from simulator.plant import PlantSample
from simulator.profiles import JsonObject, parse_time
from simulator.station import Registration, Station
from simulator.vehicle import SECONDS_PER_HOUR
from v2ghub.rehearse.breaker import Breaker
from v2ghub.rehearse.tables import ENDED_AT, TRANSACTION_COLUMNS, Tables

FLOOR_TOLERANCE_RATIO: Final = 0.01  # of the battery: a minute at full power, and a gauge
PLAN_BEHIND_S: Final = 5  # a decision or two may have been under way
ROUNDING_WH: Final = 1.0  # of the registers, per transaction
IMPORTED: Final = TRANSACTION_COLUMNS.index("imported_wh")
EXPORTED: Final = TRANSACTION_COLUMNS.index("exported_wh")


@dataclass(frozen=True, slots=True)
class Breach:
    """An invariant that did not hold."""

    at: datetime
    second: int
    rule: str
    detail: str

    def __str__(self) -> str:
        return f"{self.at:%a %H:%M:%S} (second {self.second}) {self.rule}: {self.detail}"


@dataclass(slots=True)
class Judge:
    """`breaches` are what it found, each rule at most once per second and place."""

    site: Site
    tables: Tables
    stations: dict[str, Station]
    hub_id: Callable[[str, str], str | None] = lambda station_id, transaction_id: transaction_id
    """What the hub calls a transaction of a station's."""
    breaches: list[Breach] = field(default_factory=list)
    breakers: dict[str, Breaker] = field(default_factory=dict)
    acknowledged: int = 0
    setpoints: int = 0
    settled_wh: dict[str, tuple[float, float]] = field(default_factory=dict)
    now: datetime = LONG_AGO
    second: int = 0
    _places: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _versions: dict[tuple[str, int], int] = field(default_factory=dict)
    _newest: dict[str, int] = field(default_factory=dict)
    _below: set[str] = field(default_factory=set)
    _decided: int = 0
    _behind_since: int = 0

    def __post_init__(self) -> None:
        connection, paths = self.site.grid_connection, paths_of(self.site.circuits)
        self.breakers = {
            "import": Breaker(connection.import_limit_w),
            "envelope": Breaker(inf),
            "export": Breaker(connection.export_limit_w),
            **{one.circuit_id: Breaker(one.limit_w) for one in self.site.circuits},
        }
        self._places = {evse.station_id: paths[evse.circuit_id] for evse in self.site.evses()}
        self.tables.ordered, self.tables.decided = self.ordered, self.decided

    def step(self, now: datetime, second: int, sample: PlantSample) -> None:
        """A second of the plant."""
        self.now, self.second = now, second
        carried_w = {"import": sample.grid_w, "export": -sample.grid_w, "envelope": sample.grid_w}
        self.breakers["envelope"].limit_w = self._envelope_w()
        for station_id, station in self.stations.items():
            power_w = station.evse.power_w
            if power_w:
                for circuit_id in self._places[station_id]:
                    carried_w[circuit_id] = carried_w.get(circuit_id, 0.0) + power_w
            self._floor(station_id, station)
        for name, breaker in self.breakers.items():
            if not breaker.carry(abs(carried_w.get(name, 0.0)) if name in self._circuits
                                 else carried_w[name], 1.0):  # fmt: skip
                self.breach("breaker", f"{name} at {breaker.worst_ratio:.2f} of its limit")
                breaker.heat_ratio = 0.0

    @property
    def _circuits(self) -> set[str]:
        return {circuit.circuit_id for circuit in self.site.circuits}

    def _envelope_w(self) -> float:
        """What signals leave of the import now; infinite if none narrows it."""
        told_w = [
            one.import_max_w
            for one in self.tables.live_signals(self.now)
            if one.import_max_w is not None and one.starts_at <= self.now < one.ends_at
        ]
        return min(told_w, default=inf)

    def decided(self, plan_version: int | None) -> None:
        """A controller stored what it holds, and by which plan: the newest, or soon that."""
        paused = self.second - self._decided > PLAN_BEHIND_S  # it could not know
        newest = self.tables.plan.head.version if self.tables.plan else 0
        if paused or newest <= (plan_version or 0):
            self._behind_since = self.second
        elif self.second - self._behind_since > PLAN_BEHIND_S:
            self.breach("plan", f"decided by {plan_version} while {newest} is in force")
            self._behind_since = self.second
        self._decided = self.second

    def ordered(self, command: Command) -> None:
        """A controller ordered a setpoint; its end is told in whole seconds, rounded up."""
        until = datetime.fromisoformat(command.payload["until"])
        if command.version is not None:
            self._versions[command.station_id, ceil(until.timestamp())] = command.version

    def told(self, station_id: str, frame: bytes) -> None:
        """A frame that a station hears."""
        if b'"SetChargingProfile"' not in frame:
            return
        payload: Any = orjson.loads(frame)[3]
        profile = payload.get("chargingProfile") or payload["csChargingProfiles"]
        ends = profile.get("validTo")
        until = None if ends is None else parse_time(ends)
        version = (
            None if until is None else self._versions.get((station_id, ceil(until.timestamp())))
        )
        if version is None:
            return
        self.setpoints += 1
        newest = self._newest.get(station_id, 0)
        if version < newest:
            self.breach("fence", f"{station_id} heard {version:x} after {newest:x}")
        self._newest[station_id] = max(newest, version)

    def answered(self, station_id: str, event: JsonObject) -> None:
        """A station's event was acknowledged: then it is stored, once."""
        self.acknowledged += 1
        transaction_id = event["transactionInfo"]["transactionId"]
        hub_id = self.hub_id(station_id, transaction_id)
        there = [
            row for row in self.tables.ledger.get((station_id, hub_id or ""), {}).values()
            if row[3] == event["eventType"] and _is_of(row, event)
        ]  # fmt: skip
        if len(there) != 1 and (there or hub_id == transaction_id or _is_recorded_16(event)):
            name = f"{event['eventType']} {event['seqNo']} of {transaction_id}"
            self.breach("ledger", f"{station_id}: {name} is stored {len(there)} times")

    def close_books(self) -> None:
        """Once nothing is on its way: energies of transactions that are over are the registers'."""
        for station_id, station in self.stations.items():
            if station.evse.transaction is not None or station.queue:
                continue
            over = [key for key in self.tables.transactions if key[0] == station_id]
            if any(self.tables.transactions[key][ENDED_AT] is None for key in over):
                continue
            imported_wh, exported_wh = self.settled_wh.get(station_id, (0.0, 0.0))
            for key in over:
                row = self.tables.transactions[key]
                imported_wh, exported_wh = imported_wh + row[IMPORTED], exported_wh + row[EXPORTED]
            self.settled_wh[station_id] = imported_wh, exported_wh
            unsaid_wh = sum(self._unsaid_16_wh(station, key) for key in over)
            missing_wh = station.evse.export_wh - exported_wh
            off_wh = max(abs(imported_wh - station.evse.import_wh), -missing_wh,
                         missing_wh - unsaid_wh)  # fmt: skip
            if off_wh > ROUNDING_WH * (1 + len(over)):
                books = f"books {imported_wh:.1f} in and {exported_wh:.1f} Wh out"
                registers = f"{station.evse.import_wh:.1f} and {station.evse.export_wh:.1f} Wh"
                self.breach("energy", f"{station_id}: {books}, registers {registers}")
            self.settled_wh[station_id] = station.evse.import_wh, station.evse.export_wh
            for key in over:
                del self.tables.transactions[key]
                self.tables.ledger.pop(key, None)
            self.tables.touch(station_id)

    def _unsaid_16_wh(self, station: Station, key: tuple[str, str]) -> float:
        """What 1.6 has no words for: the export register as a transaction begins and ends, so what
        was given back before its first sample and after its last."""
        if not any(row[2] == NOT_COUNTED for row in self.tables.ledger.get(key, {}).values()):
            return 0.0
        interval_s = self.tables.stations[key[0]].sample_interval_s
        return 2 * interval_s * station.spec.max_discharge_w / SECONDS_PER_HOUR

    def unsettled(self, station_id: str) -> str | None:
        """Why a station and the hub's books do not agree now; None if they do."""
        station, row = self.stations[station_id], self.tables.stations[station_id]
        if not station.online or station.registration is not Registration.ACCEPTED:
            return f"it is {station.registration.value}, online: {station.online}"
        if not row.connected:
            return "the books say that it is away"
        if any(call.durable for call in station.queue):
            return f"{len(station.queue)} calls wait"
        evse = self.tables.evses.get((station_id, 1))
        running = station.evse.transaction
        known = evse.transaction_id if evse else None
        if known != (self.hub_id(station_id, running.transaction_id) if running else None):
            return f"the books say transaction {known}"
        if running is None or evse is None:
            return None
        if evse.setpoint_status != CommandStatus.CONFIRMED:
            return f"its setpoint is {evse.setpoint_status}"
        if evse.setpoint_until is None or evse.setpoint_until <= self.now:
            return f"its lease ended at {evse.setpoint_until}"
        return None

    def crashed(self, context: dict[str, Any]) -> None:
        """A callback of the loop failed."""
        self.breach("crash", f"{context.get('message')}: {context.get('exception')!r}")

    def _floor(self, station_id: str, station: Station) -> None:
        occupant = station.evse.occupant
        if occupant is None or station.evse.power_w >= 0:
            self._below.discard(station_id)
            return
        spec = occupant.vehicle.spec
        floor_ratio = self.site.control.v2g_floor_soc_pct / 100
        short_ratio = floor_ratio - occupant.vehicle.soc_ratio
        if short_ratio > FLOOR_TOLERANCE_RATIO and station_id not in self._below:
            self._below.add(station_id)
            short_wh = short_ratio * spec.capacity_wh
            self.breach("floor", f"{station_id} gives {short_wh:.0f} Wh below its floor")

    def breach(self, rule: str, detail: str) -> None:
        """Something did not hold."""
        self.breaches.append(Breach(self.now, self.second, rule, detail))


def _is_of(row: Row, event: JsonObject) -> bool:
    """A line of the ledger: 1.6 counts no events, their time and cause say which it is."""
    if row[2] != NOT_COUNTED:
        return bool(row[2] == event["seqNo"])
    same = event["eventType"] != "Updated" or row[7] == event["triggerReason"]
    return same and bool(row[4] == parse_time(event["timestamp"]))


def _is_recorded_16(event: JsonObject) -> bool:
    """1.6 has no words for an event without samples, and a status is no event of a transaction."""
    told = event["eventType"] != "Updated" or "meterValue" in event
    return told and event["triggerReason"] != "ChargingStateChanged"
