"""What the controller has ordered: which setpoint an EVSE holds, or may hold, as far as we know.

The csms tells what became of an order on the EVSE's row. An order without an answer counts as on
its way until its deadline; one that was refused or lost is not repeated before that.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from csms.domain.commands import Command, CommandStatus
from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from scheduler.planning.profiles import HeldSetpoint
from scheduler.store.live import LiveEvse

Place = tuple[ChargingStationId, EvseId]
SAME_W = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One setpoint, as it was ordered for one transaction; `since` its value holds, however often
    its lease was renewed."""

    held: HeldSetpoint
    transaction_id: TransactionId | None
    version: int
    since: datetime
    ordered_at: datetime
    deadline_at: datetime


class Told(NamedTuple):
    """What an EVSE may hold, W, None for nothing: the highest setpoint and until when, and the
    lowest, for what may flow back. `age_s`: for how long the newest value has been the same, None:
    not known; `ordered_w`: the newest order of a lease that lasts, whatever became of it;
    `followed_w`: the newest that was confirmed, the station does that until it confirms another."""

    highest_w: float | None
    until: datetime | None
    lowest_w: float | None
    age_s: float | None
    ordered_w: float | None
    followed_w: float | None


@dataclass(slots=True)
class Orders:
    """The orders of each EVSE since this process began: the newest, those before it that may still
    be on their way, and what was confirmed last."""

    newest: dict[Place, Order] = field(default_factory=dict)
    earlier: dict[Place, list[Order]] = field(default_factory=dict)
    confirmed_w: dict[Place, float] = field(default_factory=dict)

    def remember(self, commands: Iterable[Command], picture: Iterable[LiveEvse]) -> None:
        """These setpoint commands are stored now."""
        transactions = {
            (live.station_id, live.evse_id): live.transaction.transaction_id
            for live in picture
            if live.transaction
        }
        for command in commands:
            if command.evse_id is None or command.version is None:
                continue
            place = (command.station_id, command.evse_id)
            held = HeldSetpoint(
                station_id=command.station_id,
                evse_id=command.evse_id,
                setpoint_w=command.payload["setpoint_w"],
                until=_until(command),
            )
            before, transaction_id = self.newest.get(place), transactions.get(place)
            same = (
                before is not None
                and before.transaction_id == transaction_id
                and abs(before.held.setpoint_w - held.setpoint_w) < SAME_W
            )
            if before is not None:
                self.earlier.setdefault(place, []).append(before)
            self.newest[place] = Order(
                held=held,
                transaction_id=transaction_id,
                version=command.version,
                since=before.since if before and same else command.created_at,
                ordered_at=command.created_at,
                deadline_at=command.deadline_at,
            )

    def held(self, live: LiveEvse, now: datetime) -> HeldSetpoint | None:
        """The lease that need not be ordered again, None where it must be."""
        order = self._order_for(live)
        if order is None:
            return _held_by_station(live, now)
        done = (live.setpoint_version or 0) >= order.version
        confirmed = done and live.setpoint_status == CommandStatus.CONFIRMED
        return order.held if confirmed or now < order.deadline_at else None

    def of(self, live: LiveEvse, now: datetime) -> Told:
        """What the EVSE was told, as far as that may be in force at `now`."""
        order = self._order_for(live)
        orders = [] if order is None else [*self._waiting(live, now), order]
        leases = [(one.held.setpoint_w, one.held.until) for one in orders]
        leases += [] if live.setpoint_until is None else _told(live, live.setpoint_until)
        leases = [one for one in leases if one[1] > now]
        held = _held_by_station(live, now) if order is None else order.held
        ordered_w = held.setpoint_w if held is not None and held.until > now else None
        since = order.since if order else live.setpoint_at
        highest_w, until = max(leases, default=(None, None))
        return Told(
            highest_w=highest_w,
            until=until,
            lowest_w=min((setpoint_w for setpoint_w, _ in leases), default=None),
            age_s=(now - since).total_seconds() if leases and since is not None else None,
            ordered_w=ordered_w,
            followed_w=self._followed_w(live, ordered_w),
        )

    def _followed_w(self, live: LiveEvse, ordered_w: float | None) -> float | None:
        place = (live.station_id, live.evse_id)
        if ordered_w is None:
            self.confirmed_w.pop(place, None)
            return None
        if live.setpoint_status == CommandStatus.CONFIRMED and live.setpoint_w is not None:
            self.confirmed_w[place] = live.setpoint_w
        return self.confirmed_w.get(place)

    def _waiting(self, live: LiveEvse, now: datetime) -> list[Order]:
        """Those that the station was not yet told to replace: the csms may be carrying out an older
        one while the newest waits."""
        place, last_version = (live.station_id, live.evse_id), live.setpoint_version or 0
        waiting = [
            order
            for order in self.earlier.get(place, ())
            if order.version >= last_version and now < order.deadline_at
        ]
        if place in self.earlier:
            self.earlier[place] = waiting
        return waiting

    def _order_for(self, live: LiveEvse) -> Order | None:
        """The order that still concerns the EVSE: same transaction, station not rebooted since."""
        order = self.newest.get((live.station_id, live.evse_id))
        running = live.transaction.transaction_id if live.transaction else None
        if order is None or order.transaction_id != running:
            return None
        rebooted = live.booted_at is not None and live.booted_at > order.ordered_at
        return None if rebooted else order


def _told(live: LiveEvse, until: datetime) -> list[tuple[float, datetime]]:
    """What the station was told last; and what it said that it does instead, until it confirms: one
    that does not take a lower power goes on at the higher."""
    told_w, shown_w = live.setpoint_w, live.composite_w
    if told_w is None:
        return []
    if live.setpoint_status == CommandStatus.CONFIRMED or shown_w is None:
        return [(told_w, until)]
    return [(told_w, until), *([(shown_w, until)] if shown_w > told_w + SAME_W else [])]


def _held_by_station(live: LiveEvse, now: datetime) -> HeldSetpoint | None:
    """What the csms recorded, of use to a controller that has just started."""
    if live.setpoint_w is None or live.setpoint_until is None or live.setpoint_at is None:
        return None
    since = [live.booted_at, live.transaction.started_at if live.transaction else None]
    in_force = (
        live.setpoint_status == CommandStatus.CONFIRMED
        and live.setpoint_until > now
        and all(live.setpoint_at > at for at in since if at is not None)
    )
    if not in_force:
        return None
    return HeldSetpoint(
        station_id=live.station_id,
        evse_id=live.evse_id,
        setpoint_w=live.setpoint_w,
        until=live.setpoint_until,
    )


def _until(command: Command) -> datetime:
    return datetime.fromisoformat(command.payload["until"])
