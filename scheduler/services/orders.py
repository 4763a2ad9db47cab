"""What the controller has ordered: which setpoint an EVSE holds, or may hold, as far as we know.

The csms tells what became of an order on the EVSE's row. An order without an answer counts as on
its way until its deadline; one that was refused or lost is not repeated before that.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

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

    def highest_w(self, live: LiveEvse, now: datetime) -> tuple[float, datetime] | None:
        """The highest setpoint that may be in force, and until when."""
        return max(self._in_force(live, now), default=None)

    def lowest_w(self, live: LiveEvse, now: datetime) -> float | None:
        """The lowest setpoint that may be in force: for what may flow back."""
        return min((setpoint_w for setpoint_w, _ in self._in_force(live, now)), default=None)

    def ordered_w(self, live: LiveEvse, now: datetime) -> float | None:
        """The newest order of a lease that lasts, whatever became of it."""
        order = self._order_for(live)
        if order is not None:
            return order.held.setpoint_w if order.held.until > now else None
        held = _held_by_station(live, now)
        return None if held is None else held.setpoint_w

    def followed_w(self, live: LiveEvse, now: datetime) -> float | None:
        """The newest order of a lease that lasts which was confirmed: the station does that, until
        it confirms another."""
        place = (live.station_id, live.evse_id)
        if self.ordered_w(live, now) is None:
            self.confirmed_w.pop(place, None)
            return None
        if live.setpoint_status == CommandStatus.CONFIRMED and live.setpoint_w is not None:
            self.confirmed_w[place] = live.setpoint_w
        return self.confirmed_w.get(place)

    def _in_force(self, live: LiveEvse, now: datetime) -> list[tuple[float, datetime]]:
        ordered = [(order.held.setpoint_w, order.held.until) for order in self._open(live, now)]
        told = [] if live.setpoint_until is None else _told(live, live.setpoint_until)
        return [one for one in (*ordered, *told) if one[1] > now]

    def _open(self, live: LiveEvse, now: datetime) -> list[Order]:
        """The newest order, and those that the station was not yet told to replace: the csms may
        be carrying out an older one while the newest waits."""
        newest = self._order_for(live)
        if newest is None:
            return []
        place, last_version = (live.station_id, live.evse_id), live.setpoint_version or 0
        waiting = [
            order
            for order in self.earlier.get(place, [])
            if order.version >= last_version and now < order.deadline_at
        ]
        self.earlier[place] = waiting
        return [*waiting, newest]

    def age_s(self, live: LiveEvse, now: datetime) -> float | None:
        """For how long the value has been the same; None if that is not known."""
        order = self._order_for(live)
        since = order.since if order else live.setpoint_at
        return None if since is None else (now - since).total_seconds()

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
