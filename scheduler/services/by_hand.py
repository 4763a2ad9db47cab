"""What a person or a program orders past the controller, judged by the site's rules before it is
written: ramp, dwell and reversals as for every order, and what the driver lets be taken."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from math import inf
from typing import Any, Final

from csms.domain.commands import CommandKind
from csms.domain.power_commands import Flow, aims_at, may_give, reach_w
from scheduler.domain.site import Site
from scheduler.planning.by_hand import Change, Moved, held_back
from scheduler.planning.guard_types import GateRule
from scheduler.services.cycle import SAMPLES_UNTIL_STALE, gate_rules
from scheduler.services.demand_rules import (
    demand_of,
    driver_allows,
    max_discharge_w,
    spare_of,
    unheard_w,
)
from scheduler.services.turns import HOUR, Turns
from scheduler.store.live import LiveEvse
from scheduler.store.turns import Ordered

RAMP_WINDOW: Final = timedelta(seconds=10)
BY_HAND: Final = "by_hand"
FOR_A_LIMIT: Final = ("import_bound", "export_bound", "stale", "worst_case", "circuit:")


class DriverRule(StrEnum):
    """Why nothing may be taken from a vehicle."""

    OPT_OUT = "driver_opt_out"
    V2G_FLOOR = "v2g_floor"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """One command past the controller, asked or sent at a time."""

    station_id: str
    kind: CommandKind
    payload: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The rule that a command breaks; `wait_s`: when it may be asked again, None: waiting does not
    help."""

    rule: str
    wait_s: float | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """Who judges commands of one site at one time. `picture`: the site's EVSEs; `past`: what the
    controller and people ordered until then."""

    site: Site
    picture: Sequence[LiveEvse]
    past: "_Past"

    def refusal(self, asked: ByHand, *, ramped: bool = True) -> Refusal | None:
        """Why it does not pass, None: it does; not `ramped`: two people agreed to how fast."""
        if (driver := _driver_rule(self.site, self.picture, asked)) is not None:
            return Refusal(rule=driver.value)
        past, now = self.past, asked.at
        rules = gate_rules(self.site, self.picture, now, RAMP_WINDOW.total_seconds())
        changes = [past.change(live, asked) for live in self.picture if _aims_at(asked, live)]
        if not ramped:
            rules = replace(rules, ramp_w=inf)
        rule = held_back(changes, rules, past.moved(), now)
        if rule is None:
            return None
        return Refusal(rule=rule.value, wait_s=past.free_in_s(rule, changes, self.site))


def judge_of(
    site: Site,
    picture: Sequence[LiveEvse],
    orders: Iterable[Ordered],
    sent: Iterable[ByHand],
    now: datetime,
) -> Judge:
    """The judge at `now`; `orders` and `sent` are of the last hour, in any order."""
    past = _Past(now)
    past.tell(picture, orders, sent)
    return Judge(site, picture, past)


def _aims_at(command: ByHand, live: LiveEvse) -> bool:
    running = live.transaction.transaction_id if live.transaction else None
    here = live.station_id == command.station_id
    return here and aims_at(command.payload, live.evse_id, running)


def _driver_rule(site: Site, picture: Iterable[LiveEvse], asked: ByHand) -> DriverRule | None:
    """Whether it may have a vehicle give that must not: its driver does not allow it, or it holds
    no more than its V2G floor, as far as anybody knows."""
    if not may_give(asked.kind, asked.payload):
        return None
    for live in picture:
        demand = demand_of(live, site.control, asked.at) if _aims_at(asked, live) else None
        if demand is None:
            continue
        if not driver_allows(live, asked.at):
            return DriverRule.OPT_OUT
        if live.max_discharge_w > 0 and spare_of(live, demand, asked.at) <= 0:
            return DriverRule.V2G_FLOOR
    return None


@dataclass(slots=True)
class _Past:
    """What was ordered until now: the turns of each EVSE, and how far all together have risen and
    fallen within the ramp's time, W."""

    now: datetime
    turns: Turns = field(default_factory=Turns)
    rise_w: float = 0.0
    fall_w: float = 0.0
    by_hand: bool = False

    def tell(
        self, picture: Iterable[LiveEvse], orders: Iterable[Ordered], sent: Iterable[ByHand]
    ) -> None:
        """All of it, oldest first."""
        of_station: dict[str, list[LiveEvse]] = {}
        for live in picture:
            of_station.setdefault(live.station_id, []).append(live)
        told_all: list[Ordered | ByHand] = [*orders, *sent]
        for told in sorted(told_all, key=lambda one: one.at):
            if isinstance(told, Ordered):
                self._order(told)
                continue
            for live in of_station.get(told.station_id, ()):
                if live.transaction is None or _aims_at(told, live):
                    self._by_hand(told, self.change(live, told))

    def _order(self, order: Ordered) -> None:
        trail = self.turns.trails.get((order.station_id, order.evse_id))
        if trail is not None and not order.reason.startswith(FOR_A_LIMIT):
            change_w = order.setpoint_w - trail.setpoint_w
            self._count(order.at, max(0.0, change_w), max(0.0, -change_w))
        self.turns.add(order)

    def _by_hand(self, command: ByHand, change: Change) -> None:
        self._count(command.at, change.rise_w, change.fall_w)
        moves = change.rise_w > 0 or change.fall_w > 0
        self.by_hand |= moves and self._lately(command.at)
        to_w = change.high_w if change.rise_w > change.fall_w else change.low_w
        self.turns.add(
            Ordered(
                station_id=change.station_id,
                evse_id=change.evse_id,
                at=command.at,
                setpoint_w=to_w,
                reason=BY_HAND,
            )
        )

    def change(self, live: LiveEvse, command: ByHand) -> Change:
        """What a command may do to an EVSE, as of when it was given."""
        place, now = (live.station_id, live.evse_id), command.at
        trail, flow = self.turns.trails.get(place), _flow(live, now)
        if trail is not None and now < self.now:  # what ran then may have ended by it
            starts = command.kind is CommandKind.REQUEST_START_TRANSACTION
            flow = replace(flow, runs=not starts, held_w=trail.setpoint_w)
        low_w, high_w = reach_w(command.kind, command.payload, flow)
        return Change(
            station_id=live.station_id,
            evse_id=live.evse_id,
            held_w=flow.held_w,
            low_w=low_w,
            high_w=high_w,
            past=self.turns.past(place, now),
        )

    def _count(self, at: datetime, rise_w: float, fall_w: float) -> None:
        if self._lately(at):
            self.rise_w, self.fall_w = self.rise_w + rise_w, self.fall_w + fall_w

    def _lately(self, at: datetime) -> bool:
        return self.now - at < RAMP_WINDOW

    def moved(self) -> Moved:
        """For the gate."""
        return Moved(rise_w=self.rise_w, fall_w=self.fall_w, by_hand=self.by_hand)

    def free_in_s(self, rule: GateRule, changes: Iterable[Change], site: Site) -> float:
        """When the rule lets it pass, if nothing else is ordered meanwhile."""
        if rule is GateRule.DWELL:
            age_s = min(change.past.direction_age_s for change in changes)
            return max(1.0, site.dispatch.dwell_s - age_s)
        if rule is GateRule.REVERSALS:
            trails = (self.turns.trails.get((one.station_id, one.evse_id)) for one in changes)
            oldest = min(at for trail in trails if trail for at in trail.reversed_at)
            return (oldest + HOUR - self.now).total_seconds()
        return RAMP_WINDOW.total_seconds()


def _flow(live: LiveEvse, now: datetime) -> Flow:
    """What is in force at an EVSE. Without a lease it is what its meter said while that is news,
    else what it may take without another word."""
    runs, until, held_w = live.transaction is not None, live.setpoint_until, live.setpoint_w
    leased = until is not None and until > now and held_w is not None
    if not leased or held_w is None:
        fresh = live.power_at is not None and now - live.power_at <= timedelta(
            seconds=SAMPLES_UNTIL_STALE * live.sample_interval_s
        )
        held_w = live.power_w if fresh and live.power_w is not None else unheard_w(live)
    held_w = held_w if runs else 0.0
    return Flow(
        runs=runs,
        held_w=held_w,
        lowest_w=min(held_w, -max_discharge_w(live, now)),
        highest_w=max(held_w, live.max_charge_w),
        floor_w=max(live.floor_w, 0.0),
        leased=leased,
    )
