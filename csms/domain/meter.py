"""MeterReading: what one meter value of a station says, in SI units and our signs.

Power is signed (+ into the vehicle); the registers are the EVSE's own, import and export apart.
Stations sample in any unit, multiplier, phase and location: `readings` makes one MeterReading per
instant and context of it. What cannot be true is left out and flagged, never guessed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import sqrt
from typing import Final, TypeAlias

from msgspec import Struct

Magnitude: TypeAlias = float
"""A number whose unit stands beside it."""


class ReadingContext(StrEnum):
    """Why a sample was taken (OCPP 2.0.1 part 2, ReadingContextEnumType)."""

    INTERRUPTION_BEGIN = "Interruption.Begin"
    INTERRUPTION_END = "Interruption.End"
    OTHER = "Other"
    SAMPLE_CLOCK = "Sample.Clock"
    SAMPLE_PERIODIC = "Sample.Periodic"
    TRANSACTION_BEGIN = "Transaction.Begin"
    TRANSACTION_END = "Transaction.End"
    TRIGGER = "Trigger"


class ReadingFlag(StrEnum):
    """Why a part of a reading was left out or mended."""

    CLOCK_AHEAD = "clock_ahead"
    EXPORT_SIGN = "export_sign"
    IMPORT_SIGN = "import_sign"
    MULTIPLIER = "multiplier_implausible"
    NEGATIVE_REGISTER = "register_negative"
    SOC_RANGE = "soc_out_of_range"
    UNIT = "unit_unknown"
    VALUE = "value_implausible"


class MeterReading(Struct, frozen=True, kw_only=True, gc=False):
    """One instant of one EVSE meter; None where the station did not say.

    `current_a` is the sum over the phases, signed like power; `voltage_v` phase to neutral.
    """

    at: datetime
    context: ReadingContext = ReadingContext.SAMPLE_PERIODIC
    power_w: float | None = None
    import_wh: float | None = None
    export_wh: float | None = None
    soc_pct: float | None = None
    current_a: float | None = None
    voltage_v: float | None = None
    lines: int | None = None
    """On how many of L1, L2 and L3 it told a current of at least 1 A; None: not by phase."""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedMeterValue:
    """OCPP SignedMeterValueType, letter for letter as told: a signature holds for nothing else."""

    at: datetime
    context: ReadingContext
    measurand: str
    signed_meter_data: str
    signing_method: str
    encoding_method: str
    public_key: str


class Sample(Struct, frozen=True, gc=False):
    """OCPP SampledValueType. None: absent, so the default of the standard holds."""

    value: Magnitude
    context: ReadingContext = ReadingContext.SAMPLE_PERIODIC
    measurand: str = "Energy.Active.Import.Register"
    phase: str | None = None
    location: str = "Outlet"
    unit: str | None = None
    multiplier: int = 0


_ENERGY: Final = {"wh": 1.0, "kwh": 1e3, "mwh": 1e6}
_POWER: Final = {"w": 1.0, "kw": 1e3, "mw": 1e6}
_UNITS: Final[Mapping[str, Mapping[str, float]]] = {
    "Energy.Active.Import.Register": _ENERGY,
    "Energy.Active.Export.Register": _ENERGY,
    "Power.Active.Import": _POWER,
    "Power.Active.Export": _POWER,
    "Current.Import": {"a": 1.0, "ma": 1e-3},
    "Current.Export": {"a": 1.0, "ma": 1e-3},
    "Voltage": {"v": 1.0, "kv": 1e3},
    "SoC": {"percent": 1.0, "%": 1.0, "wh": 1.0},  # "Wh" is the default of an empty unitOfMeasure
}
_NEAREST_THE_VEHICLE: Final = {"Outlet": 0, "Cable": 1, "EV": 2, "Inlet": 3, "Body": 4}
_TO_NEUTRAL: Final[Mapping[str | None, str]] = {
    "L1": "L1", "L2": "L2", "L3": "L3", "L1-N": "L1", "L2-N": "L2", "L3-N": "L3",
}  # fmt: skip
_MAX_MULTIPLIER: Final = 12
_GREATEST_SI: Final = 1e12
"""No meter of an EVSE says more, in W or Wh: beyond it sums would leave the finite numbers."""
_RESOLUTION_DIGITS: Final = 6
CARRIES_A: Final = 1.0
"""What a meter tells of a line that carries nothing is less."""

_SCALES: Final[Mapping[str, Mapping[str | None, float]]] = {
    measurand: dict([(None, 1.0), *units.items()]) for measurand, units in _UNITS.items()
}

_Phases: TypeAlias = dict[str | None, Magnitude]
_Told: TypeAlias = dict[str, _Phases]
"""Measurand → phase → value in SI, of the location nearest to the vehicle."""


def readings(at: datetime, samples: Iterable[Sample]) -> tuple[MeterReading, ...]:
    """The readings of one MeterValue, one per context; none if nothing in it is ours to use."""
    by_context: dict[ReadingContext, tuple[_Told, dict[str, int], set[str]]] = {}
    context = None
    for sample in samples:
        measurand, value, multiplier = sample.measurand, sample.value, sample.multiplier
        scales = _SCALES.get(measurand)
        if scales is None:
            continue
        if sample.context is not context:
            context = sample.context
            told, ranks, flags = by_context.setdefault(context, ({}, {}, set()))
        scale = scales.get(sample.unit) or scales.get(_spelled(sample.unit))
        if scale is None or not -_MAX_MULTIPLIER <= multiplier <= _MAX_MULTIPLIER:
            flags.add(ReadingFlag.UNIT if scale is None else ReadingFlag.MULTIPLIER)
            continue
        rank = _NEAREST_THE_VEHICLE.get(sample.location, len(_NEAREST_THE_VEHICLE))
        best = ranks.get(measurand)
        if best is None or rank < best:
            ranks[measurand], told[measurand] = rank, {}
        elif rank > best:
            continue
        if scale != 1.0 or multiplier:
            value = round(value * scale * 10**multiplier, _RESOLUTION_DIGITS)
        if not -_GREATEST_SI <= value <= _GREATEST_SI:
            flags.add(ReadingFlag.VALUE)
            continue
        told[measurand][sample.phase] = value
    return tuple(
        [_reading(at, context, told, flags) for context, (told, _, flags) in by_context.items()]
    )


def _lines(phases: _Phases | None) -> int | None:
    if not phases or None in phases:
        return None
    carrying = {_TO_NEUTRAL.get(one) for one, value in phases.items() if abs(value) >= CARRIES_A}
    return len(carrying - {None})


def _spelled(unit: str | None) -> str | None:
    return None if unit is None else unit.strip().lower()


def _reading(at: datetime, context: ReadingContext, told: _Told, flags: set[str]) -> MeterReading:
    totals = {
        measurand: phases[None] if None in phases else _COMBINED[measurand](phases)
        for measurand, phases in told.items()
    }
    return MeterReading(
        at=at,
        context=context,
        power_w=_signed(totals, "Power.Active.Import", "Power.Active.Export", flags),
        import_wh=_register(totals.get("Energy.Active.Import.Register"), flags),
        export_wh=_register(totals.get("Energy.Active.Export.Register"), flags),
        soc_pct=_soc(totals.get("SoC"), flags),
        current_a=_signed(totals, "Current.Import", "Current.Export", flags),
        voltage_v=totals.get("Voltage"),
        lines=_lines(told.get("Current.Import")),
        flags=tuple(sorted(flags)) if flags else (),
    )


def _sum(phases: _Phases) -> Magnitude | None:
    by_line = {_TO_NEUTRAL[phase]: value for phase, value in phases.items() if phase in _TO_NEUTRAL}
    return round(sum(by_line.values()), _RESOLUTION_DIGITS) if by_line else None


def _phase_to_neutral(phases: _Phases) -> Magnitude | None:
    to_neutral = [value for phase, value in phases.items() if phase in _TO_NEUTRAL]
    if to_neutral:
        return sum(to_neutral) / len(to_neutral)
    between = [value for phase, value in phases.items() if phase in ("L1-L2", "L2-L3", "L3-L1")]
    return sum(between) / len(between) / sqrt(3) if between else None


def _any(phases: _Phases) -> Magnitude | None:
    return next(iter(phases.values()), None)


_COMBINED: Final[Mapping[str, Callable[[_Phases], Magnitude | None]]] = {
    measurand: {"Voltage": _phase_to_neutral, "SoC": _any}.get(measurand, _sum)
    for measurand in _UNITS
}
"""What makes one value of those of the phases, where the station gave no total."""


def _signed(
    totals: Mapping[str, Magnitude | None], inward: str, outward: str, flags: set[str]
) -> Magnitude | None:
    """Import minus export; export is a magnitude, so a minus sign before it says nothing new. A
    negative import beside it tells of the same flow, which counts once."""
    into, out_of = totals.get(inward), totals.get(outward)
    if out_of is None:
        return into
    if out_of < 0:
        flags.add(ReadingFlag.EXPORT_SIGN)
    if into is not None and into < 0:
        flags.add(ReadingFlag.IMPORT_SIGN)
        return min(into, -abs(out_of))
    return (into or 0.0) - abs(out_of)


def _register(value_wh: Magnitude | None, flags: set[str]) -> Magnitude | None:
    if value_wh is not None and value_wh < 0:
        flags.add(ReadingFlag.NEGATIVE_REGISTER)
        return None
    return value_wh


def _soc(soc_pct: Magnitude | None, flags: set[str]) -> Magnitude | None:
    if soc_pct is not None and not 0 <= soc_pct <= 100:
        flags.add(ReadingFlag.SOC_RANGE)
        return None
    return soc_pct
