"""Quirks: where a charging station departs from its standard, as data.

A quirk is a named value. What holds for a station comes in layers, each over the one before: the
standard, the rows of `quirks.toml` that match its vendor, model and firmware, what its own answers
have taught us, and what an operator has set. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final, get_type_hints

import msgspec

from csms.domain.charging_profile import Kind, RateUnit

Values = Mapping[str, Any]
"""Quirks by name, as JSON values; names that are not there are the layer's below."""


class Pausing(StrEnum):
    """How a station is told to give no power."""

    ZERO = "zero"
    """A limit of 0."""
    LOW_LIMIT = "low_limit"
    """A limit below the least that a vehicle can take (IEC 61851-1: 6 A), so that it suspends."""
    STOP = "stop"
    """Neither works: only the end of the transaction does."""


class EnergyScale(StrEnum):
    """In which unit a station's energies are, whatever it calls them."""

    STANDARD = "standard"
    KWH_AS_WH = "kwh_as_wh"
    """They are kWh, and told as Wh."""
    WH_AS_KWH = "wh_as_kwh"
    """The reverse."""


class MeterSign(StrEnum):
    """Which way a station's meter counts."""

    STANDARD = "standard"
    POWER_INVERTED = "power_inverted"
    """Power and current into the vehicle are told as negative, discharge as positive."""
    SWAPPED = "swapped"
    """Import is called export and export import, registers included."""


class QuirkSource(StrEnum):
    """Which layer a value comes from, the strongest last."""

    STANDARD = "standard"
    MODEL = "model"
    PROPOSED = "proposed"
    """No layer: what an operator should look at."""
    LEARNED = "learned"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """The defaults are the standard's."""

    rate_units: tuple[RateUnit, ...] = (RateUnit.W, RateUnit.A)
    """The units that limits are accepted in."""
    kinds: tuple[Kind, ...] = (Kind.ABSOLUTE, Kind.RELATIVE, Kind.DAILY, Kind.WEEKLY)
    """The kinds of profile that are accepted."""
    pausing: Pausing = Pausing.ZERO
    change_interval_s: float = 0.0
    """The least time between two profiles for one EVSE; a lower limit never waits for it."""
    highest_stack_level: int | None = None
    """None: as high as the device model says."""
    transaction_id_in_profile: bool = True
    """May a TxProfile name its transaction?"""
    valid_to_honoured: bool = True
    duration_honoured: bool = True
    """Does a lease end by `validTo`, by its schedule's `duration`? If by neither, it never does."""
    lease_ends: bool = True
    """Does a lease end by itself, by whichever of them? Learned of what was metered afterwards."""
    smart_charging: bool = True
    """Does it take profiles at all?"""
    energy_scale: EnergyScale = EnergyScale.STANDARD
    meter_sign: MeterSign = MeterSign.STANDARD
    evses_from_zero: bool = False
    """Does it call its first EVSE (OCPP 1.6: connector) 0?"""


STANDARD: Final = Quirks()
NAMES: Final = tuple(field.name for field in fields(Quirks))


@cache
def _types() -> dict[str, Any]:
    return get_type_hints(Quirks)


def checked(name: str, value: Any) -> Any:
    """`value` as the quirk's own type. Raises ValueError if there is no such quirk or value."""
    if name not in NAMES:
        raise ValueError(f"no such quirk: {name}")
    try:
        made = msgspec.convert(value, _types()[name])
    except msgspec.ValidationError as fault:
        raise ValueError(f"{name}: {fault}") from fault
    if name in ("rate_units", "kinds") and not made:
        raise ValueError(f"{name}: at least one")
    if name in _LEAST and made is not None and made < _LEAST[name]:
        raise ValueError(f"{name}: at least {_LEAST[name]}")
    return made


_LEAST: Final = {"change_interval_s": 0, "highest_stack_level": 0}


def effective(*layers: Values) -> Quirks:
    """The quirks of a station, the later layers over the earlier. Raises ValueError."""
    merged = {name: checked(name, value) for layer in layers for name, value in layer.items()}
    return replace(STANDARD, **merged)


@dataclass(frozen=True, slots=True)
class ModelQuirks:
    """One row of `quirks.toml`; the patterns are shell patterns, `*` matches also nothing told."""

    vendor: str
    model: str
    firmware: str
    ocpp_version: str
    values: Values

    def matches(self, *told: str | None) -> bool:
        """Is this row about such a station? Vendor, model, firmware and OCPP version."""
        patterns = (self.vendor, self.model, self.firmware, self.ocpp_version)
        pairs = zip(told, patterns, strict=True)
        return all(fnmatchcase(one or "", pattern) for one, pattern in pairs)


@dataclass(frozen=True, slots=True)
class QuirkTable:
    """The rows of `quirks.toml`, in their order."""

    rows: tuple[ModelQuirks, ...] = ()

    @classmethod
    def parse(cls, rows: Iterable[Mapping[str, Any]]) -> "QuirkTable":
        """From the file's `models`. Raises ValueError on an unknown name or a bad value."""
        return cls(tuple(_row(row) for row in rows))

    def of(
        self, vendor: str | None, model: str | None, firmware: str | None, ocpp_version: str | None
    ) -> dict[str, Any]:
        """The values of all rows that match, a later row over an earlier."""
        found: dict[str, Any] = {}
        for row in self.rows:
            if row.matches(vendor, model, firmware, ocpp_version):
                found |= row.values
        return found


NO_MODELS: Final = QuirkTable()


def _row(row: Mapping[str, Any]) -> ModelQuirks:
    values = {name: value for name, value in row.items() if name not in _PATTERNS}
    effective(values)
    return ModelQuirks(
        vendor=str(row.get("vendor", "*")),
        model=str(row.get("model", "*")),
        firmware=str(row.get("firmware", "*")),
        ocpp_version=str(row.get("ocpp_version", "*")),
        values=values,
    )


_PATTERNS: Final = ("vendor", "model", "firmware", "ocpp_version")


def guesses(quirks: Quirks, unit: RateUnit, *, pauses: bool) -> Iterator[tuple[str, Any]]:
    """What may be wrong if a station refuses a good lease in `unit`, the likeliest first.

    `pauses`: the lease was a limit of 0. Only what a station then accepts is learned.
    """
    yield from (("rate_units", (other,)) for other in quirks.rate_units if other is not unit)
    if pauses and quirks.pausing is Pausing.ZERO:
        yield "pausing", Pausing.LOW_LIMIT
    if Kind.ABSOLUTE in quirks.kinds and Kind.RELATIVE in quirks.kinds:
        yield "kinds", (Kind.RELATIVE,)
