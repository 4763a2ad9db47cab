"""The device model as data: what a variable is, where it sits, and how a report of it comes in."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice, pairwise
from typing import Final

from csms.domain.meter import Magnitude

ACTUAL: Final = "Actual"
MOST_MISSING: Final = 100
SECRETS: Final = frozenset(
    {
        "basicauthpassword",
        "authorizationkey",
        "vpnpassword",
        "vpnkey",
        "apnpassword",
        "simpin",
        "sharedsecret",
    }
)
"""Variables (in lower case) whose value we never keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableKey:
    """A variable of a station; EVSE 0 is the station itself, connector 0 the EVSE."""

    component: str
    variable: str
    component_instance: str = ""
    variable_instance: str = ""
    evse_id: int = 0
    connector_id: int = 0

    def folded(self) -> "VariableKey":
        """The same for every spelling: names are compared without case (part 2, 2.1.14)."""
        return VariableKey(
            component=self.component.lower(),
            variable=self.variable.lower(),
            component_instance=self.component_instance.lower(),
            variable_instance=self.variable_instance.lower(),
            evse_id=self.evse_id,
            connector_id=self.connector_id,
        )

    def __str__(self) -> str:
        """`EVSE#1.AvailabilityState`, `DeviceDataCtrlr.ItemsPerMessage[GetReport]`."""
        place = "".join(f"#{number}" for number in (self.evse_id, self.connector_id) if number)
        return (
            f"{self.component}{_bracketed(self.component_instance)}{place}"
            f".{self.variable}{_bracketed(self.variable_instance)}"
        )


def _bracketed(instance: str) -> str:
    return f"[{instance}]" if instance else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristics:
    """VariableCharacteristicsType: the same for all attributes; limits are in `unit`."""

    key: VariableKey
    data_type: str
    unit: str | None = None
    min_limit: Magnitude | None = None
    max_limit: Magnitude | None = None
    values_list: str | None = None
    supports_monitoring: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPart:
    """One message of a report (B07.FR.02): `seq_no` counts from 0, the last has no more to come."""

    seq_no: int
    received_at: datetime
    more_follows: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportProgress:
    """How much of a report is there; `missing` are the numbers of parts that must still come, the
    first `MOST_MISSING` of them: a station that counts wildly must not make us count along."""

    received: tuple[int, ...]
    missing: tuple[int, ...]
    complete: bool


def progress(parts: Collection[ReportPart], asked_at: datetime) -> ReportProgress:
    """What the parts since `asked_at` make: an older report of the same request id is no part."""
    own = {part.seq_no: part for part in parts if part.received_at >= asked_at}
    ends = [number for number, part in own.items() if not part.more_follows]
    last = max(ends) if ends else max(own, default=-1)
    heard = (-1, *sorted(number for number in own if 0 <= number <= last))
    gaps = (range(low + 1, high) for low, high in pairwise(heard))
    missing = tuple(islice(chain.from_iterable(gaps), MOST_MISSING))
    return ReportProgress(
        received=tuple(sorted(own)), missing=missing, complete=bool(ends) and not missing
    )


def parse_members(values_list: str | None) -> tuple[str, ...]:
    """`"A,W"` → ("A", "W"); a value list is separated by commas (part 1, 4.4)."""
    return tuple(word.strip() for word in (values_list or "").split(",") if word.strip())


def first_repeated(keys: Iterator[tuple[VariableKey, str]]) -> VariableKey | None:
    """The first variable that is named twice with the same attribute (B05.FR.13)."""
    seen: set[tuple[VariableKey, str]] = set()
    for key, attribute in keys:
        if (key.folded(), attribute) in seen:
            return key
        seen.add((key.folded(), attribute))
    return None


def key_of(named: Mapping[str, object]) -> VariableKey:
    """The key in JSON values with `component` and `variable`, in the spelling of the wire."""
    component, variable = _object(named, "component"), _object(named, "variable")
    evse = _object(component, "evse")
    return VariableKey(
        component=_text(component, "name"),
        component_instance=_text(component, "instance"),
        evse_id=_number(evse, "id"),
        connector_id=_number(evse, "connectorId"),
        variable=_text(variable, "name"),
        variable_instance=_text(variable, "instance"),
    )


def _object(named: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = named.get(name)
    return found if isinstance(found, Mapping) else {}


def _text(named: Mapping[str, object], name: str) -> str:
    found = named.get(name)
    return found if isinstance(found, str) else ""


def _number(named: Mapping[str, object], name: str) -> int:
    found = named.get(name)
    return found if isinstance(found, int) else 0
