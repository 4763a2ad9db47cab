"""A site in simulated time without network: the simulator's vehicles and plant on one side, the
hub's planner and guard on the other, and between them only what a real site would tell.

At a step of 1 s EVSE meters tell their power once a minute and setpoints arrive two seconds after
they were ordered; they end with their lease, and the hub is told a departure only by those who
tell. In longer steps, for weeks to years, powers are averages, energies are exact, and the
controller, whose own cycle is much shorter, answers load and generation within the step. What is
judged is what the plant and the vehicles did.
"""

from datetime import UTC, date, datetime, time, timedelta
from math import ceil

from csms.domain.commands import Command
from scheduler.domain.circuits import paths_of
from scheduler.domain.signal import GridSignal
from scheduler.domain.site import Site
from scheduler.forecasting.learning import nothing_learned
from simulator.forecaster import WeatherService
from simulator.noise import DEFAULT_SEED
from simulator.plant import Plant, PlantSample
from simulator.sessions import Session, day_sessions
from simulator.site import SiteSpec
from v2ghub.simulate.bay import Bay, known_after
from v2ghub.simulate.foresight import Foresight
from v2ghub.simulate.hub import GUARD_S, Hub
from v2ghub.simulate.meters import Meters
from v2ghub.simulate.past import past_lessons, past_sessions, past_stay, past_stays
from v2ghub.simulate.proven import SAMPLE_S
from v2ghub.simulate.record import Record, empty_record
from v2ghub.simulate.rules import ORDERS
from v2ghub.simulate.scenario import Scenario

LATENCY_S = 2
LEAVING_S = 10
CYCLES = 3  # of the controller in a long step: down, up, and what that leaves
DAY_S = 86_400


class SiteRun:
    """Runs whole UTC days; `run` may be called in parts, up to a second since the first midnight.

    `step_s` divides a slot. `past_days`: for how long the hub has known the site already, and has
    had weather foretold; 0: it is new to both. What drivers told then stays with their vehicles.
    Same site, days, scenario, seed, step and past: same record. Only the plan asks what else was.
    """

    def __init__(
        self,
        site: Site,
        spec: SiteSpec,
        first_day: date,
        days: int = 1,
        *,
        scenario: Scenario = Scenario.PLAN,
        seed: int = DEFAULT_SEED,
        step_s: int = 1,
        past_days: int = 0,
    ) -> None:
        self.site, self.spec, self.seed, self.step_s = site, spec, seed, step_s
        self.midnight = datetime.combine(first_day, time(), UTC)
        self.plant = Plant(spec, seed)
        all_known = scenario is Scenario.CLAIRVOYANT
        self.paths = paths_of(site.circuits)
        evses = {evse.station_id: evse for evse in site.evses()}
        self.bays = {
            one.station_id: Bay(
                one,
                evses[one.station_id],
                floor_w=site.control.floor_w,
                knows_all=all_known,
            )
            for one in spec.station_specs()
        }
        self.hub = Hub(
            site,
            self.bays,
            self.paths,
            self.plant.store,
            self._meters(past_days if scenario is Scenario.PLAN else 0),
            max(GUARD_S, step_s),
            rule=ORDERS.get(scenario),
            foresight=Foresight(site, spec, seed) if all_known else None,
        )
        if past_days:
            self.hub.past += past_stays(site, spec, seed, self.midnight, past_days)
            for session in past_sessions(spec, seed, self.midnight, past_days):
                bay = self.bays[session.station_id]
                bay.known = known_after(session, bay.known)
        self.hub.known_since = self.midnight - timedelta(days=past_days)
        self.sessions: list[Session] = []
        self.record: Record = empty_record(
            self.midnight, step_s, days * DAY_S // step_s, [c.circuit_id for c in site.circuits]
        )
        self.second = 0
        self.sample: PlantSample | None = None
        self.on_the_way: list[tuple[int, Command]] = []

    def _meters(self, past_days: int) -> Meters:
        if past_days == 0:
            return Meters(self.site, nothing_learned(self.midnight))
        learned = past_lessons(self.site, self.spec, self.seed, self.midnight, past_days)
        return Meters(self.site, learned, WeatherService(self.spec, self.seed))

    @property
    def now(self) -> datetime:
        """Where the run stands."""
        return self.midnight + timedelta(seconds=self.second)

    def run(self, until_s: int, *, hub: bool = True) -> Record:
        """Run up to a second, with the hub or, from now on, without."""
        while self.second < until_s:
            self._come_and_go()
            seen = self._seen()
            if hub and seen is not None and self.second % GUARD_S == 0:
                self._control(seen)
            else:
                self._deliver()
            self._step()
            self.second += self.step_s
        self.record.there = [bay.stay() for bay in self.bays.values() if bay.session is not None]
        return self.record

    def accept(self, signal: GridSignal) -> GridSignal:
        """An instruction of a grid operator."""
        return self.hub.accept(signal, self.now)

    def _come_and_go(self) -> None:
        now = self.now
        if self.second % DAY_S == 0:
            self._expect(now)
        while self.sessions and self.sessions[-1].arrival_at <= now:
            session = self.sessions.pop()
            bay = self.bays[session.station_id]
            if bay.session is not None:  # in a long step
                self._leave(bay)
            bay.plug_in(session)
            bay.hear(self.site, now, self.second)
            self.hub.news = True
        if self.second % LEAVING_S == 0:
            for bay in self.bays.values():
                if bay.session is not None and bay.session.departure_at <= now:
                    self._leave(bay)

    def _leave(self, bay: Bay) -> None:
        stay = bay.unplug()
        self.record.stays.append(stay)
        self.hub.past.append(past_stay(stay, bay.evse))

    def _expect(self, now: datetime) -> None:
        """The sessions of another local day, a day ahead: east of Greenwich it begins early."""
        days = [now.date() + timedelta(days=k) for k in ((0, 1) if self.second == 0 else (1,))]
        coming = [s for day in days for s in day_sessions(self.spec, day, self.seed)]
        later = [s for s in (*self.sessions, *coming) if s.arrival_at >= now]
        self.sessions = sorted(later, key=lambda s: s.arrival_at, reverse=True)

    def _seen(self) -> PlantSample | None:
        """What the controller measures: the last second, or in a long step what it answers to."""
        last = self.sample
        if last is None or self.step_s <= GUARD_S:
            return last
        load_w, generation_w = self.plant.nature(self.now, self.step_s)
        solar_w = sum(generation_w[farm.farm_id] for farm in self.spec.solar)
        wind_w = sum(generation_w[farm.farm_id] for farm in self.spec.wind)
        return PlantSample(
            at=self.now,
            grid_w=load_w - solar_w - wind_w + last.store_w + last.fleet_w,
            load_w=load_w,
            solar_w=solar_w,
            wind_w=wind_w,
            store_w=last.store_w,
            fleet_w=last.fleet_w,
        )

    def _control(self, seen: PlantSample) -> None:
        """A cycle of the controller; in a long step more, for those that others made room for."""
        long = self.step_s > GUARD_S
        for _ in range(CYCLES if long else 1):
            commands = self.hub.cycle(self.now, self.second, seen)
            self.record.commands += len(commands)
            latency_s = LATENCY_S if self.step_s <= LATENCY_S else 0
            self.on_the_way += [(self.second + latency_s, command) for command in commands]
            self._deliver()
            if not (long and any([self.bays[c.station_id].followed() for c in commands])):
                break
        self.record.plans, self.record.fallbacks = self.hub.plans, self.hub.fallbacks

    def _deliver(self) -> None:
        """Setpoints that have reached their station."""
        while self.on_the_way and self.on_the_way[0][0] <= self.second:
            _, command = self.on_the_way.pop(0)
            bay = self.bays[command.station_id]
            if bay.vehicle is not None:
                bay.limit_w = command.payload["setpoint_w"]
                until = datetime.fromisoformat(command.payload["until"])
                bay.limit_until_s = ceil((until - self.midnight).total_seconds())

    def _step(self) -> None:
        second, step_s, record = self.second, self.step_s, self.record
        fleet_w, given_w, ends_at = 0.0, 0.0, self.now + timedelta(seconds=step_s)
        for bay in self.bays.values():
            path = self.paths[bay.evse.circuit_id]
            if bay.vehicle is None:
                for circuit_id in path:
                    record.kept_w[circuit_id][record.done] += bay.floor_w
                continue
            power_w = bay.step(second, step_s)
            fleet_w += power_w
            given_w -= min(power_w, 0.0)
            for circuit_id in path:
                record.circuit_w[circuit_id][record.done] += power_w
            if (second + bay.spec.index) % SAMPLE_S < step_s:
                bay.hear(self.site, ends_at, second + step_s - 1)
        sample = self.plant.step(self.now, float(step_s), fleet_w)
        store = self.plant.store
        record.site(sample, given_w, store.energy_wh if store else 0.0)
        self.sample = sample
        self.hub.meters.read(sample, step_s)
