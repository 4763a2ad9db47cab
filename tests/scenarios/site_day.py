"""A whole day of a site without network: the simulator's vehicles and plant on one side, the hub's
planner and guard on the other, and between them only what a real site would tell.

Vehicles and plant run at 1 s. EVSE meters tell their power once a minute, setpoints arrive two
seconds after they were ordered and end with their lease, and the hub is told a departure only by
those who tell. What is judged is what the plant and the vehicles did.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from pathlib import Path

import numpy as np
import numpy.typing as npt

from csms.domain.commands import Command
from csms.domain.ids import ChargingStationId, EvseId
from scheduler.domain.plan import Plan
from scheduler.domain.reading import GridReading, Sample
from scheduler.domain.signal import GridSignal
from scheduler.domain.site import Site
from scheduler.domain.site_rules import load_site
from scheduler.domain.slots import prices, slot_start
from scheduler.planning.capability import acknowledge, freeze_baseline
from scheduler.planning.guard import guard
from scheduler.planning.guard_types import GuardInput, StoreState
from scheduler.planning.limits import limits_during, limits_per_slot
from scheduler.planning.make import make_plan
from scheduler.planning.problem import PlanningInput
from scheduler.planning.profiles import HeldSetpoint, dispatch
from scheduler.services.forecast import RECENT_S, STEP_S, forecast_of
from scheduler.store.readings import ReadingWindow
from simulator.noise import DEFAULT_SEED
from simulator.plant import Plant, PlantSample
from simulator.sessions import day_sessions
from simulator.site import SiteSpec
from simulator.site import load_site as load_spec
from simulator.vehicle import Vehicle
from tests.scenarios.bay import SAMPLE_S, Bay, Stay

SITES = Path(__file__).parents[2] / "sites"
GUARD_S = 5
REPLAN_S = 900
SETTLE_S = 60
LATENCY_S = 2
DAY_S = 86_400
Watts = npt.NDArray[np.float64]


@dataclass(slots=True)
class Record:
    """What the plant's own meter and the vehicles say, per second of the day. `kept_w`: per circuit
    the floors of the EVSEs without a vehicle."""

    grid_w: Watts = field(default_factory=lambda: np.zeros(DAY_S))
    surplus_w: Watts = field(default_factory=lambda: np.zeros(DAY_S))
    store_w: Watts = field(default_factory=lambda: np.zeros(DAY_S))
    fleet_w: Watts = field(default_factory=lambda: np.zeros(DAY_S))
    given_w: Watts = field(default_factory=lambda: np.zeros(DAY_S))
    circuit_w: dict[str, Watts] = field(default_factory=dict)
    kept_w: dict[str, Watts] = field(default_factory=dict)
    stays: list[Stay] = field(default_factory=list)
    plans: int = 0
    fallbacks: list[str] = field(default_factory=list)
    commands: int = 0


class SiteDay:
    """Runs one day; `run` may be called in parts, up to a second of the day."""

    def __init__(self, name: str, day: date, seed: int = DEFAULT_SEED) -> None:
        self.site: Site = load_site((SITES / f"{name}.toml").read_text())
        self.spec: SiteSpec = load_spec(SITES / f"{name}.toml")
        self.midnight = datetime.combine(day, time(), UTC)
        self.plant = Plant(self.spec, seed)
        evses = {evse.station_id: evse for evse in self.site.evses()}
        self.bays = {
            spec.station_id: Bay(
                spec, evses[spec.station_id].circuit_id, floor_w=self.site.control.floor_w
            )
            for spec in self.spec.station_specs()
        }
        self.sessions = sorted(
            day_sessions(self.spec, day, seed), key=lambda session: session.arrival_at, reverse=True
        )
        self.record = Record(
            circuit_w={c.circuit_id: np.zeros(DAY_S) for c in self.site.circuits},
            kept_w={c.circuit_id: np.zeros(DAY_S) for c in self.site.circuits},
        )
        parents = {c.circuit_id: c.parent_id for c in self.site.circuits}
        self.paths: dict[str, list[str]] = {}
        for circuit_id in parents:
            node: str | None = circuit_id
            while node is not None:
                self.paths.setdefault(circuit_id, []).append(node)
                node = parents[node]
        self.second = 0
        self.plan: Plan | None = None
        self.planned_s = -REPLAN_S
        self.news_s: int | None = 0
        self.signals: list[GridSignal] = []
        self.sample: PlantSample | None = None
        self.windows: list[ReadingWindow] = []
        self.window: list[PlantSample] = []
        self.on_the_way: list[tuple[int, Command]] = []
        self.version = 1

    @property
    def now(self) -> datetime:
        return self.midnight + timedelta(seconds=self.second)

    def run(self, until_s: int, *, hub: bool = True) -> Record:
        """Run up to a second of the day, with the hub or, from now on, without."""
        while self.second < until_s:
            self._come_and_go()
            if hub and self.sample is not None and self.second % GUARD_S == 0:
                if self._plan_is_due():
                    self.replan()
                self._guard()
            self._deliver()
            self._step()
            self.second += 1
        return self.record

    def _come_and_go(self) -> None:
        now = self.now
        while self.sessions and self.sessions[-1].arrival_at <= now:
            session = self.sessions.pop()
            bay = self.bays[session.station_id]
            energy_wh = session.arrival_soc_ratio * session.vehicle.capacity_wh
            bay.session, bay.vehicle = session, Vehicle(session.vehicle, energy_wh)
            bay.import_wh = bay.export_wh = 0.0
            bay.held, bay.limit_until_s = None, -1
            bay.hear(self.site, self.now, self.second)
            self.news_s = self.second
        if self.second % 10 == 0:
            for bay in self.bays.values():
                if bay.session is not None and bay.session.departure_at <= now:
                    self._leave(bay)

    def _leave(self, bay: Bay) -> None:
        assert bay.session is not None
        assert bay.vehicle is not None
        self.record.stays.append(
            Stay(bay.session, bay.circuit_id, bay.vehicle.energy_wh, bay.import_wh, bay.export_wh)
        )
        bay.session = bay.vehicle = bay.heard = bay.held = None

    def _step(self) -> None:
        second, fleet_w, given_w = self.second, 0.0, 0.0
        loads, kept = self.record.circuit_w, self.record.kept_w
        for bay in self.bays.values():
            if bay.vehicle is None:
                for circuit_id in self.paths[bay.circuit_id]:
                    kept[circuit_id][second] += bay.floor_w
                continue
            power_w = bay.step(second)
            fleet_w += power_w
            given_w -= min(power_w, 0.0)
            for circuit_id in self.paths[bay.circuit_id]:
                loads[circuit_id][second] += power_w
            if (second + bay.spec.index) % SAMPLE_S == 0:
                bay.hear(self.site, self.now, self.second)
        sample = self.plant.step(self.now, 1.0, fleet_w)
        self.record.grid_w[second] = sample.grid_w
        self.record.surplus_w[second] = sample.solar_w + sample.wind_w - sample.load_w
        self.record.store_w[second] = sample.store_w
        self.record.fleet_w[second] = fleet_w
        self.record.given_w[second] = given_w
        self.sample = sample
        self.window.append(sample)
        if len(self.window) == STEP_S:
            self._close_window()

    def _close_window(self) -> None:
        names = ("grid_w", "load_w", "solar_w", "wind_w", "store_w")
        means = {n: float(np.mean([getattr(s, n) for s in self.window])) for n in names}
        self.windows.append(
            ReadingWindow(
                at=self.window[0].at, reading_count=len(self.window), store_soc_pct=None,
                fleet_charge_w=None, fleet_discharge_w=None, **means,
            )
        )  # fmt: skip
        self.windows, self.window = self.windows[-RECENT_S // STEP_S :], []

    def _plan_is_due(self) -> bool:
        news = self.news_s is not None and self.second - self.planned_s >= SETTLE_S
        return news or self.second % REPLAN_S == 0

    def planning_input(self) -> PlanningInput:
        """What the hub would plan from now."""
        site, now = self.site, self.now
        grid = (slot_start(now, site.control.slot_s), site.control.slot_s,
                site.control.horizon_slots)  # fmt: skip
        import_gbp, export_gbp = prices(site, *grid)
        import_max_w, export_max_w, target_w = limits_per_slot(
            site.grid_connection, self.signals, *grid
        )
        store = self.plant.store
        return PlanningInput(
            now=now,
            starts_at=grid[0],
            slot_s=grid[1],
            slots=grid[2],
            site=site,
            demands=tuple(bay.heard for bay in self.bays.values() if bay.heard is not None),
            forecast=forecast_of(site, self.windows, now, grid[0]),
            store_energy_wh=store.energy_wh if store else None,
            import_gbp_per_kwh=import_gbp,
            export_gbp_per_kwh=export_gbp,
            import_max_w=import_max_w,
            export_max_w=export_max_w,
            grid_target_w=target_w,
        )

    def replan(self) -> None:
        """Make the plan that the guard follows from now on."""
        self.plan = make_plan(self.planning_input())
        self.planned_s, self.news_s = self.second, None
        self.record.plans += 1
        self.record.fallbacks += [n["reason"] for n in self.plan.notes if n["code"] == "fallback"]

    def accept(self, signal: GridSignal) -> GridSignal:
        """Acknowledge an instruction against the plan in force, and plan for it."""
        assert self.plan is not None
        signal = replace(signal, baseline=freeze_baseline(self.plan, signal, None))
        answer = acknowledge(self.planning_input(), self.plan, signal)
        assert answer.feasible, answer.text
        self.signals.append(signal)
        self.news_s = self.second
        return signal

    def _guard(self) -> None:
        sample, plan, now = self.sample, self.plan, self.now
        assert sample is not None
        assert plan is not None
        slot = plan.slot_at(now)
        assert slot is not None
        limits = limits_during(self.site.grid_connection, self.signals, now, 1.0)
        planned_w = {evse.station_id: float(evse.setpoint_w[slot]) for evse in plan.evses}
        present = [bay for bay in self.bays.values() if bay.heard is not None]
        metered = self.site.grid_connection.meter is not None
        result = guard(
            GuardInput(
                now=now,
                import_bound_w=limits.import_max_w,
                export_bound_w=limits.export_max_w,
                circuits=self.site.circuits,
                evses=tuple(
                    bay.state(planned_w.get(ChargingStationId(station_id)), now, self.second)
                    for station_id, bay in self.bays.items()
                ),
                store=self._store_state(float(plan.store_w[slot]), sample),
                target_grid_w=limits.target_grid_w,
                planned_grid_w=float(plan.grid_w[slot]),
                grid=Sample(sample.grid_w, 1.0) if metered else None,
                metered=metered,
                load_max_w=self.site.load.max_w,
                generation_max_w=sum(
                    farm.capacity_w for farm in (*self.site.solar, *self.site.wind)
                ),
                interval_s=float(GUARD_S),
            )
        )
        if self.plant.store is not None and result.store_setpoint_w is not None:
            self.plant.store.command(result.store_setpoint_w, 30.0)
        commands = dispatch(
            [bay.held for bay in present if bay.held is not None],
            result.evses,
            now,
            self.site.control.lease_s,
            self.version,
        )
        self.version += len(commands)
        self.record.commands += len(commands)
        self.on_the_way += [(self.second + LATENCY_S, command) for command in commands]
        for command in commands:
            self._hold(self.bays[command.station_id], command)

    def _hold(self, bay: Bay, command: Command) -> None:
        setpoint_w = command.payload["setpoint_w"]
        if bay.held is None or abs(bay.held.setpoint_w - setpoint_w) > 1:
            bay.changed_s = self.second
        bay.held = HeldSetpoint(
            station_id=command.station_id,
            evse_id=EvseId(1),
            setpoint_w=setpoint_w,
            until=datetime.fromisoformat(command.payload["until"]),
        )

    def _store_state(self, planned_w: float, sample: PlantSample) -> StoreState | None:
        spec, store = self.site.store, self.plant.store
        if spec is None or store is None:
            return None
        return StoreState(
            max_charge_w=spec.max_charge_w,
            max_discharge_w=spec.max_discharge_w,
            min_energy_wh=spec.capacity_wh * spec.min_soc_pct / 100,
            max_energy_wh=spec.capacity_wh * spec.max_soc_pct / 100,
            energy_wh=store.energy_wh,
            power=Sample(sample.store_w, 1.0),
            planned_w=planned_w,
        )

    def _deliver(self) -> None:
        """Setpoints that have reached their station."""
        while self.on_the_way and self.on_the_way[0][0] <= self.second:
            _, command = self.on_the_way.pop(0)
            bay = self.bays[command.station_id]
            if bay.vehicle is not None:
                bay.limit_w = command.payload["setpoint_w"]
                until = datetime.fromisoformat(command.payload["until"])
                bay.limit_until_s = ceil((until - self.midnight).total_seconds())


def readings_of(day: SiteDay, starts_at: datetime, ends_at: datetime) -> list[GridReading]:
    """The plant meter's seconds of a window, both ends included."""
    first = int((starts_at - day.midnight).total_seconds())
    last = int((ends_at - day.midnight).total_seconds())
    return [
        GridReading(at=day.midnight + timedelta(seconds=s), grid_w=float(day.record.grid_w[s]))
        for s in range(first, last + 1)
    ]
