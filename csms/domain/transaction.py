"""Transaction: one charging or V2G session at one EVSE, as its events tell it (OCPP 2.0.1, E).

Pure: no clock, no I/O, no wire types. A station that was offline sends its events late, out of
order and more than once; whatever the order, the same set of events gives the same Transaction.
An event is known by (seq_no, type, at, content): another content under the same seqNo is another
event, kept and flagged, because some stations count wrongly and all of them tell of energy.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from typing import Final, Generic, NamedTuple, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from csms.domain.cost import Cost
from csms.domain.facts import TransactionProjected
from csms.domain.ids import ChargingStationId, ConnectorId, EvseId, IdToken, TransactionId
from csms.domain.limits import UNLIMITED, TransactionLimit, over
from csms.domain.meter import MeterReading
from csms.domain.registers import NO_SAMPLES, UNKNOWN_W, EnergyRegister, RegisterSample
from csms.domain.sorted_run import SortedRun
from csms.domain.station import OcppVersion

LEAST_POWER_W: Final = 1_000.0
OUTRUN_RATIO: Final = 3.0
CLOCK_TOLERANCE: Final = timedelta(minutes=10)
LONGEST_LATE: Final = timedelta(days=1)
LONGEST_OFFLINE: Final = timedelta(days=30)
"""No station keeps events for longer: what is older by its own time comes from a clock not set."""
NOT_COUNTED: Final = -1
"""The seqNo of every event of OCPP 1.6, which has none: their order is by type, then by time."""


class TransactionEventType(StrEnum):
    """TransactionEventEnumType."""

    STARTED = "Started"
    UPDATED = "Updated"
    ENDED = "Ended"


class TransactionFlag(StrEnum):
    """What was odd about a transaction besides its registers."""

    NO_STARTED = "no_started"
    SEQ_NO_GAP = "seq_no_gap"
    SEQ_NO_REUSED = "seq_no_reused"
    IMPORT_OUTRUNS_POWER = "import_register_outruns_power"
    EXPORT_OUTRUNS_POWER = "export_register_outruns_power"


_RANK: Final = {
    TransactionEventType.STARTED: 0,
    TransactionEventType.UPDATED: 1,
    TransactionEventType.ENDED: 2,
}


STARTED_RANK: Final = _RANK[TransactionEventType.STARTED]
ENDED_RANK: Final = _RANK[TransactionEventType.ENDED]


class EventKey(NamedTuple):
    """Identity and order of an event: Started first, Ended last, between them by number."""

    rank: int
    seq_no: int
    at: datetime
    content_hash: str


class TransactionEvent(Struct, frozen=True, kw_only=True, gc=False):
    """One TransactionEvent; `payload` is the wire's own JSON, `flags` what was mended in it."""

    transaction_id: TransactionId
    event_type: TransactionEventType
    seq_no: int
    at: datetime
    content_hash: str
    trigger_reason: str = "MeterValuePeriodic"
    offline: bool = False
    evse_id: EvseId | None = None
    connector_id: ConnectorId | None = None
    id_token: IdToken | None = None
    id_token_type: str | None = None
    limit: TransactionLimit = UNLIMITED
    """The station's own, or ours that it confirms (OCPP 2.1, E16)."""
    own_cost: Cost | None = None
    """What the station computed (OCPP 2.1, I12)."""
    charging_state: str | None = None
    stopped_reason: str | None = None
    remote_start_id: int | None = None
    reservation_id: int | None = None
    readings: tuple[MeterReading, ...] = ()
    ocpp_version: OcppVersion = OcppVersion.V201
    payload: bytes = b"{}"
    flags: tuple[str, ...] = ()
    counts_at: datetime | None = None
    """When it was received, if its own time cannot be true; see `received`."""

    @property
    def key(self) -> EventKey:
        """Identity within the transaction."""
        return EventKey(_RANK[self.event_type], self.seq_no, self.at, self.content_hash)


def received(event: TransactionEvent, at: datetime) -> TransactionEvent:
    """`event` as it came at `at`: time ahead of that, or older than anything that a station may
    have kept until then, was never spent charging."""
    may_wait = event.offline or event.ocpp_version is OcppVersion.V16  # which cannot say so
    longest = LONGEST_OFFLINE if may_wait else LONGEST_LATE
    if -CLOCK_TOLERANCE <= at - event.at <= longest:
        return event
    return replace(event, counts_at=at)


_V = TypeVar("_V")


class Said(Struct, Generic[_V], frozen=True, gc=False):
    """A value and the event that said it, so that the first or the last in order can win."""

    key: EventKey
    value: _V


NO_EVENTS: Final = SortedRun[EventKey]()
NO_STATES: Final = SortedRun[tuple[EventKey, str]]()
NO_TIMES: Final = SortedRun[tuple[EventKey, datetime]]()
NO_LIMITS: Final = SortedRun[tuple[EventKey, TransactionLimit]]()


class Transaction(Struct, frozen=True, kw_only=True):
    """Energies are the EVSE's registers; `imported` is energy into the vehicle."""

    station_id: ChargingStationId
    transaction_id: TransactionId
    events: SortedRun[EventKey] = NO_EVENTS
    seq_no_count: int = 0
    lowest_seq_no: int = 0
    highest_seq_no: int = 0
    last_event_at: datetime | None = None
    first_event_at: datetime | None = None
    ended_at: datetime | None = None
    """Time of the last Ended event; no later event takes it back."""
    import_register: EnergyRegister = NO_SAMPLES
    export_register: EnergyRegister = NO_SAMPLES
    event_flags: frozenset[str] = frozenset()
    highest_power_w: float = 0.0
    """The greatest power told, whichever way it flowed."""
    _counts_at: SortedRun[tuple[EventKey, datetime]] = NO_TIMES
    _evse_id: Said[EvseId] | None = None
    _connector_id: Said[ConnectorId] | None = None
    _id_token: Said[IdToken] | None = None
    _id_token_type: Said[str] | None = None
    _limits: SortedRun[tuple[EventKey, TransactionLimit]] = NO_LIMITS
    _own_cost: Said[Cost] | None = None
    _charging_states: SortedRun[tuple[EventKey, str]] = NO_STATES
    _stopped_reason: Said[str] | None = None
    _remote_start_id: Said[int] | None = None
    _reservation_id: Said[int] | None = None

    def apply(self, event: TransactionEvent) -> "Transaction":
        """Return the transaction after `event`, or this very object if `event` was seen before."""
        key = event.key
        events = self.events.with_item(key)
        if events is self.events:
            return self
        is_first = self.last_event_at is None
        imported: list[RegisterSample] = []
        exported: list[RegisterSample] = []
        flags, highest_power_w = self.event_flags, self.highest_power_w
        if event.flags:
            flags = flags.union(event.flags)
        for reading in event.readings:
            if reading.flags:
                flags = flags.union(reading.flags)
            if reading.power_w is not None:
                highest_power_w = max(highest_power_w, abs(reading.power_w))
            if reading.import_wh is not None:
                power_w = UNKNOWN_W if reading.power_w is None else max(reading.power_w, 0.0)
                told = (reading.at, reading.context, reading.import_wh, power_w)
                imported.append(RegisterSample.of(*told))
            if reading.export_wh is not None:
                power_w = UNKNOWN_W if reading.power_w is None else max(-reading.power_w, 0.0)
                told = (reading.at, reading.context, reading.export_wh, power_w)
                exported.append(RegisterSample.of(*told))
        seq_no, at, last = event.seq_no, event.at, events[-1]
        return Transaction(
            station_id=self.station_id,
            transaction_id=self.transaction_id,
            events=events,
            seq_no_count=self.seq_no_count + (not self._has_heard(seq_no)),
            lowest_seq_no=seq_no if is_first else min(self.lowest_seq_no, seq_no),
            highest_seq_no=seq_no if is_first else max(self.highest_seq_no, seq_no),
            first_event_at=at if self.first_event_at is None else min(self.first_event_at, at),
            last_event_at=at if self.last_event_at is None else max(self.last_event_at, at),
            ended_at=last.at if last.rank == ENDED_RANK else None,
            import_register=self.import_register.read(imported),
            export_register=self.export_register.read(exported),
            event_flags=flags,
            highest_power_w=highest_power_w,
            _counts_at=self._counts_at
            if event.counts_at is None
            else self._counts_at.with_item((key, event.counts_at)),
            _evse_id=_first(self._evse_id, key, event.evse_id),
            _connector_id=_first(self._connector_id, key, event.connector_id),
            _id_token=_first(self._id_token, key, event.id_token),
            _id_token_type=_first(self._id_token_type, key, event.id_token_type),
            _limits=self._limits.with_item((key, event.limit)) if event.limit else self._limits,
            _own_cost=_last(self._own_cost, key, event.own_cost),
            _charging_states=self._charging_states
            if event.charging_state is None
            else self._charging_states.with_item((key, event.charging_state)),
            _stopped_reason=_last(self._stopped_reason, key, event.stopped_reason),
            _remote_start_id=_first(self._remote_start_id, key, event.remote_start_id),
            _reservation_id=_first(self._reservation_id, key, event.reservation_id),
        )

    def _has_heard(self, seq_no: int) -> bool:
        """Whether an event of any type had this number."""
        if not self.lowest_seq_no <= seq_no <= self.highest_seq_no:
            return False
        for rank in _RANK.values():
            index = self.events.place_of((rank, seq_no))
            if index < len(self.events) and self.events[index][:2] == (rank, seq_no):
                return True
        return False

    @property
    def evse_id(self) -> EvseId | None:
        """The EVSE that the first event to name one named."""
        return self._evse_id.value if self._evse_id else None

    @property
    def connector_id(self) -> ConnectorId | None:
        """Likewise the connector."""
        return self._connector_id.value if self._connector_id else None

    @property
    def id_token(self) -> IdToken | None:
        """The token that started it; another one may stop it."""
        return self._id_token.value if self._id_token else None

    @property
    def id_token_type(self) -> str | None:
        """Its type, as first told."""
        return self._id_token_type.value if self._id_token_type else None

    @property
    def limit(self) -> TransactionLimit:
        """What the station keeps to, by its last word on each kind."""
        return reduce(over, (limit for _, limit in self._limits), UNLIMITED)

    @property
    def own_cost(self) -> Cost | None:
        """What the station itself made of it."""
        return self._own_cost.value if self._own_cost else None

    @property
    def charging_state(self) -> str | None:
        """The last one told, in the order of the events and not of their arrival."""
        return self._charging_states[-1][1] if self._charging_states else None

    @property
    def charging_states(self) -> Iterator[tuple[datetime, str]]:
        """Each state that was told and since when, in the order of the events."""
        corrected = dict(self._counts_at)
        return ((corrected.get(key, key.at), state) for key, state in self._charging_states)

    def charging_state_at(self, at: datetime) -> str | None:
        """The last one told of `at` or before."""
        until = [state for since, state in self.charging_states if since <= at]
        return until[-1] if until else None

    @property
    def stopped_reason(self) -> str | None:
        """Why it ended."""
        return self._stopped_reason.value if self._stopped_reason else None

    @property
    def remote_start_id(self) -> int | None:
        """The RequestStartTransaction of ours that it answers to (F01.FR.25, F02.FR.01)."""
        return self._remote_start_id.value if self._remote_start_id else None

    @property
    def reservation_id(self) -> int | None:
        """The reservation that it ends (F02.FR.06)."""
        return self._reservation_id.value if self._reservation_id else None

    @property
    def started_at(self) -> datetime | None:
        """Time of the Started event, else of the earliest event heard."""
        if self.events and (first := self.events[0]).rank == STARTED_RANK:
            return first.at
        return self.first_event_at

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """Start, and end or last event so far, as they count for what is paid: by the station's
        clock where it can be right, else by ours. None before the first event."""
        started_at, until = self.started_at, self.ended_at or self.last_event_at
        if started_at is None or until is None:
            return None
        if self._counts_at:
            corrected = dict(self._counts_at)
            times = [corrected.get(key, key.at) for key in self.events]
            has_start = self.events[0].rank == STARTED_RANK
            started_at = times[0] if has_start else min(times)
            until = max(times) if self.ended_at is None else times[-1]
        return started_at, max(started_at, until)

    @property
    def imported_wh(self) -> float:
        """Energy into the vehicle."""
        return self.import_register.energy_wh

    @property
    def exported_wh(self) -> float:
        """Energy out of the vehicle, a positive magnitude."""
        return self.export_register.energy_wh

    @property
    def flags(self) -> tuple[str, ...]:
        """Everything odd, sorted."""
        found = set(self.event_flags)
        found.update(f"import_{flag}" for flag in self.import_register.flags)
        found.update(f"export_{flag}" for flag in self.export_register.flags)
        found.update(self._outrun())
        if self.events and self.events[0].rank != STARTED_RANK:
            found.add(TransactionFlag.NO_STARTED)
        counted = self.highest_seq_no != NOT_COUNTED
        if counted and len(self.events) > self.seq_no_count:
            found.add(TransactionFlag.SEQ_NO_REUSED)
        if self.highest_seq_no - self.lowest_seq_no >= max(self.seq_no_count, 1):
            found.add(TransactionFlag.SEQ_NO_GAP)
        return tuple(sorted(found))

    def _outrun(self) -> Iterator[str]:
        """A register that rose far faster than any power that was told: one of the two is wrong."""
        if self.highest_power_w < LEAST_POWER_W:
            return
        most_w = OUTRUN_RATIO * self.highest_power_w
        if self.import_register.steepest_w > most_w:
            yield TransactionFlag.IMPORT_OUTRUNS_POWER
        if self.export_register.steepest_w > most_w:
            yield TransactionFlag.EXPORT_OUTRUNS_POWER

    def projected(self) -> TransactionProjected:
        """The fact that stores what is known so far. Needs at least one event."""
        if self.started_at is None or self.last_event_at is None:
            raise ValueError("a transaction without events")
        return TransactionProjected(
            station_id=self.station_id,
            transaction_id=self.transaction_id,
            evse_id=self.evse_id,
            connector_id=self.connector_id,
            id_token=self.id_token,
            started_at=self.started_at,
            ended_at=self.ended_at,
            last_event_at=self.last_event_at,
            imported_wh=self.imported_wh,
            exported_wh=self.exported_wh,
            charging_state=self.charging_state,
            stopped_reason=self.stopped_reason,
            event_count=len(self.events),
            remote_start_id=self.remote_start_id,
            reservation_id=self.reservation_id,
            flags=self.flags,
        )


def _first(known: Said[_V] | None, key: EventKey, value: _V | None) -> Said[_V] | None:
    if value is None or (known is not None and known.key < key):
        return known
    return Said(key, value)


def _last(known: Said[_V] | None, key: EventKey, value: _V | None) -> Said[_V] | None:
    if value is None or (known is not None and known.key > key):
        return known
    return Said(key, value)
