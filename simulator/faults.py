"""Faults: how a simulated station misbehaves, as data. By default it does not."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol, TypeVar

from msgspec import Struct

from simulator.profiles import JsonObject, format_time, parse_time

TIMES = frozenset({"timestamp", "generatedAt", "scheduleStart", "departureTime"})


class Faults(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Each is one thing that some real station does."""

    duplicates: bool = False
    """Every transaction event is sent again once it was answered."""
    reorders: bool = False
    """After an outage the events between a start and its end come in the wrong order."""
    clock_offset_s: float = 0.0
    """Its clock is so much ahead."""
    answers_after_s: float = 0.0
    """Calls are answered so much later, in real time."""
    rejects: frozenset[str] = frozenset()
    """Actions that are rejected, whatever they say."""
    ignores_profiles: bool = False
    """A profile is Accepted and forgotten: the composite schedule does not know it."""
    charges_on: bool = False
    """Profiles and stops are Accepted, kept and told, and the vehicle goes on at full power."""
    charges_when_giving: bool = False
    """What it is told to give back is Accepted and told, and the vehicle charges at full power."""
    keeps_leases: bool = False
    """A profile has no end for it, whatever it says."""
    mute: bool = False
    """No call is ever answered; its own calls go on."""


NONE = Faults()


def skewed(payload: JsonObject, faults: Faults) -> JsonObject:
    """The payload with the station's clock in it."""
    if not faults.clock_offset_s:
        return payload
    by = timedelta(seconds=faults.clock_offset_s)
    return {name: _shifted(member, by, name) for name, member in payload.items()}


class Told(Protocol):
    """A call of the station's."""

    @property
    def payload(self) -> JsonObject: ...


_Told = TypeVar("_Told", bound=Told)


def reordered(calls: Sequence[_Told]) -> list[_Told]:
    """What came between a start and its end, the newest first."""
    updates = [call for call in calls if call.payload["eventType"] == "Updated"]
    return [updates.pop() if call.payload["eventType"] == "Updated" else call for call in calls]


def _shifted(value: object, by: timedelta, key: str = "") -> object:
    match value:
        case dict():
            return {name: _shifted(member, by, name) for name, member in value.items()}
        case list():
            return [_shifted(member, by) for member in value]
        case str() if key in TIMES and (at := parse_time(value)) is not None:
            return format_time(at + by)
    return value
