"""The hub's side of a simulated site: the product's planner, guard and dispatch, without a network.

It knows what a real hub would: meters, what stations and drivers told, and the signals.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from csms.domain.commands import Command
from csms.domain.ids import ChargingStationId, EvseId
from scheduler.domain.plan import Plan
from scheduler.domain.reading import Sample
from scheduler.domain.signal import GridSignal
from scheduler.domain.site import Site
from scheduler.domain.stay import PastStay
from scheduler.planning.capability import acknowledge, freeze_baseline
from scheduler.planning.guard import guard
from scheduler.planning.guard_types import GuardInput, StoreState
from scheduler.planning.limits import limits_during
from scheduler.planning.make import make_plan
from scheduler.planning.problem import PlanningInput
from scheduler.planning.profiles import HeldSetpoint, dispatch
from scheduler.services.arrivals import expected_of
from scheduler.services.cycle import gate_rules
from scheduler.services.habits import REMEMBERED, habits_of, untold_of
from scheduler.services.planning_input import given_of, habit_of, horizon_of
from scheduler.services.turns import Turns
from simulator.plant import PlantSample, Store
from v2ghub.simulate.bay import Bay
from v2ghub.simulate.course import Course, Wanted, course_of
from v2ghub.simulate.foresight import Foresight
from v2ghub.simulate.meters import Meters
from v2ghub.simulate.rules import Order, Present, by_rule

GUARD_S = 5
SETTLE_S = 60


@dataclass(slots=True)
class Hub:
    """`cycle` decides and answers with commands: by plan, by a `rule` instead, or by `foresight`.

    `bays` by station id; `paths`: the circuits above a circuit, itself included. `past`: visits
    that are over, of which those `known_since` then were told.
    """

    site: Site
    bays: Mapping[str, Bay]
    paths: Mapping[str, tuple[str, ...]]
    store: Store | None
    meters: Meters
    interval_s: int
    rule: Order | None = None
    foresight: Foresight | None = None
    course: Course | None = None
    plan: Plan | None = None
    planned_s: int = 0
    news: bool = True
    signals: list[GridSignal] = field(default_factory=list)
    turns: Turns = field(default_factory=Turns)
    version: int = 1
    plans: int = 0
    fallbacks: list[str] = field(default_factory=list)
    past: list[PastStay] = field(default_factory=list)
    known_since: datetime | None = None

    def cycle(self, now: datetime, second: int, sample: PlantSample) -> tuple[Command, ...]:
        """What stations are to be told at `second`, by what the site's meters show."""
        wanted = self._wanted(now, second, sample)
        result = guard(self._guard_input(now, second, sample, wanted))
        if self.store is not None and result.store_setpoint_w is not None:
            self.store.command(result.store_setpoint_w, max(30.0, self.interval_s))
        commands = dispatch(
            [bay.held for bay in self.bays.values() if bay.heard is not None and bay.held],
            result.evses,
            now,
            self.site.control.lease_s,
            self.version,
        )
        self.turns.remember(commands)
        self.version += len(commands)
        for command in commands:
            _hold(self.bays[command.station_id], command, now, second)
        return commands

    def accept(self, signal: GridSignal, now: datetime) -> GridSignal:
        """Acknowledge an instruction against the plan in force, and plan for it."""
        assert self.plan is not None
        signal = replace(signal, baseline=freeze_baseline(self.plan, signal, None))
        answer = acknowledge(self.planning_input(now), self.plan, signal)
        assert answer.feasible, answer.text
        self.signals.append(signal)
        self.news = True
        return signal

    def planning_input(self, now: datetime) -> PlanningInput:
        """What the hub would plan from now."""
        site = self.site
        there = [bay for bay in self.bays.values() if bay.heard is not None]
        picture = [bay.live(now) for bay in there]
        since = now - REMEMBERED
        self.past = [stay for stay in self.past if stay.began_at >= since]
        guesses = habits_of(self.past, untold_of(picture), now, site.time_zone)
        for bay, live in zip(there, picture, strict=True):
            bay.habit = habit_of(live, guesses)
            bay.reckon(site, now)
        heard = [(live, bay.proven(now)) for bay, live in zip(there, picture, strict=True)]
        given = given_of(
            site,
            now,
            self.signals,
            tuple(demand for _, demand in heard if demand is not None),
            self.meters.forecast(now),
            self.store.energy_wh if self.store else None,
        )
        _, ends_at = horizon_of(site, now)
        known_since = self.known_since or now
        return replace(
            given,
            prices=self.plan.prices if self.plan else None,
            expected=expected_of(self.past, known_since, heard, now, ends_at, site.time_zone),
        )

    def replan(self, now: datetime, second: int) -> Course:
        """Make the plan that the guard follows from now on."""
        given = self.planning_input(now)
        self.planned_s, self.news, self.plans = second, False, self.plans + 1
        if self.foresight is not None:
            return self.foresight.course(given)
        self.plan = make_plan(given)
        self.fallbacks += [n["reason"] for n in self.plan.notes if n["code"] == "fallback"]
        return course_of(self.plan)

    def _wanted(self, now: datetime, second: int, sample: PlantSample) -> Wanted:
        if self.rule is not None:
            return self._by_rule(self.rule, now, sample)
        age_s = second - self.planned_s
        every_s = self.site.control.replan_s if self.foresight is None else self.site.control.slot_s
        due = age_s >= every_s
        news = self.news and age_s >= SETTLE_S and self.foresight is None
        if self.course is None or due or news:
            self.course = self.replan(now, second)
        return self.course.at(now)

    def _by_rule(self, order: Order, now: datetime, sample: PlantSample) -> Wanted:
        room_w = {circuit.circuit_id: circuit.limit_w for circuit in self.site.circuits}
        present = []
        for bay in self.bays.values():
            path = self.paths[bay.evse.circuit_id]
            if bay.heard is not None and bay.session is not None:
                present.append(Present(demand=bay.heard, since=bay.session.arrival_at, path=path))
            else:
                for circuit_id in path:
                    room_w[circuit_id] -= bay.floor_w
        limits = limits_during(self.site.grid_connection, self.signals, now, 1.0)
        metered = self.site.grid_connection.meter is not None
        seen_w = sample.load_w - sample.solar_w - sample.wind_w
        rest_w = seen_w if metered else self.site.load.max_w
        return by_rule(
            order, present, room_w, rest_w, limits.import_max_w, now,
            float(self.interval_s),
        )  # fmt: skip

    def _guard_input(
        self, now: datetime, second: int, sample: PlantSample, wanted: Wanted
    ) -> GuardInput:
        site = self.site
        limits = limits_during(site.grid_connection, self.signals, now, 1.0)
        metered = site.grid_connection.meter is not None
        return GuardInput(
            now=now,
            import_bound_w=limits.import_max_w,
            export_bound_w=limits.export_max_w,
            circuits=site.circuits,
            evses=tuple(
                bay.state(
                    wanted.evse_w.get(bay.heard.transaction_id),
                    now,
                    second,
                    self.turns.past((bay.free.station_id, bay.free.evse_id), now),
                )
                if bay.heard
                else bay.free
                for bay in self.bays.values()
            ),
            store=self._store_state(wanted.store_w, sample),
            target_grid_w=limits.target_grid_w,
            planned_grid_w=wanted.grid_w,
            rebound=limits.rebound,
            grid=Sample(sample.grid_w, 1.0) if metered else None,
            metered=metered,
            load_max_w=site.load.max_w,
            generation_max_w=sum(f.capacity_w for f in site.solar)
            + sum(f.capacity_w for f in site.wind),
            gate=gate_rules(site, (bay.evse for bay in self.bays.values()), now, self.interval_s),
            interval_s=float(self.interval_s),
        )

    def _store_state(self, planned_w: float, sample: PlantSample) -> StoreState | None:
        spec, store = self.site.store, self.store
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


def _hold(bay: Bay, command: Command, now: datetime, second: int) -> None:
    setpoint_w, until = command.payload["setpoint_w"], command.payload["until"]
    if bay.held is None or abs(bay.held.setpoint_w - setpoint_w) > 1:
        bay.changed_s = second
    bay.held = HeldSetpoint(
        station_id=ChargingStationId(command.station_id),
        evse_id=EvseId(1),
        setpoint_w=setpoint_w,
        until=datetime.fromisoformat(until),
    )
    bay.books.sent(now, bay.held)
