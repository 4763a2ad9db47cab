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
from typing import Final, NamedTuple, TypeAlias

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
    MULTIPLIER = "multiplier_implausible"
    NEGATIVE_REGISTER = "register_negative"
    SOC_RANGE = "soc_out_of_range"
    UNIT = "unit_unknown"
    VALUE = "value_implausible"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReading:
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


class Sample(NamedTuple):
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

_SCALES: Final = {
    (measurand, unit): scale
    for measurand, units in _UNITS.items()
    for unit, scale in (*units.items(), (None, 1.0))
}

_Phases: TypeAlias = dict[str | None, Magnitude]


def readings(at: datetime, samples: Iterable[Sample]) -> tuple[MeterReading, ...]:
    """The readings of one MeterValue, one per context; none if nothing in it is ours to use."""
    by_context: dict[ReadingContext, _Merged] = {}
    for sample in samples:
        value, context, measurand, phase, location, unit, multiplier = sample
        if measurand not in _UNITS:
            continue
        merged = by_context.get(context)
        if merged is None:
            merged = by_context[context] = _Merged({}, {}, set())
        scale = _SCALES.get((measurand, unit)) or _SCALES.get((measurand, _spelled(unit)))
        if scale is None or not -_MAX_MULTIPLIER <= multiplier <= _MAX_MULTIPLIER:
            merged.flags.add(ReadingFlag.UNIT if scale is None else ReadingFlag.MULTIPLIER)
            continue
        rank = _NEAREST_THE_VEHICLE.get(location, len(_NEAREST_THE_VEHICLE))
        best = merged.ranks.get(measurand, rank + 1)
        if rank > best:
            continue
        if rank < best:
            merged.ranks[measurand], merged.phases[measurand] = rank, {}
        if scale != 1.0 or multiplier:
            value = round(value * scale * 10**multiplier, _RESOLUTION_DIGITS)
        if not -_GREATEST_SI <= value <= _GREATEST_SI:
            merged.flags.add(ReadingFlag.VALUE)
            continue
        merged.phases[measurand][phase] = value
    return tuple([_reading(at, *group) for group in by_context.items()])


class _Merged(NamedTuple):
    """The samples of one context: measurand → phase → value in SI, of the location nearest to the
    vehicle (its rank)."""

    phases: dict[str, _Phases]
    ranks: dict[str, int]
    flags: set[str]


def _spelled(unit: str | None) -> str | None:
    return None if unit is None else unit.strip().lower()


def _reading(at: datetime, context: ReadingContext, merged: _Merged) -> MeterReading:
    phases, flags = merged.phases, merged.flags
    return MeterReading(
        at=at,
        context=context,
        power_w=_signed(phases, "Power.Active.Import", "Power.Active.Export", flags),
        import_wh=_register(phases, "Energy.Active.Import.Register", flags),
        export_wh=_register(phases, "Energy.Active.Export.Register", flags),
        soc_pct=_soc(phases, flags),
        current_a=_signed(phases, "Current.Import", "Current.Export", flags),
        voltage_v=_value(phases, "Voltage", _phase_to_neutral),
        flags=tuple(sorted(flags)) if flags else (),
    )


def _value(
    merged: Mapping[str, _Phases],
    measurand: str,
    combine: Callable[[_Phases], Magnitude | None],
) -> Magnitude | None:
    """The total if the station gave one, else what `combine` makes of its phases."""
    phases = merged.get(measurand)
    if phases is None:
        return None
    return phases[None] if None in phases else combine(phases)


def _sum(phases: _Phases) -> Magnitude | None:
    by_line = {line: value for phase, value in phases.items() if (line := _TO_NEUTRAL.get(phase))}
    return round(sum(by_line.values()), _RESOLUTION_DIGITS) if by_line else None


def _phase_to_neutral(phases: _Phases) -> Magnitude | None:
    to_neutral = [value for phase, value in phases.items() if phase in _TO_NEUTRAL]
    if to_neutral:
        return sum(to_neutral) / len(to_neutral)
    between = [value for phase, value in phases.items() if phase in ("L1-L2", "L2-L3", "L3-L1")]
    return sum(between) / len(between) / sqrt(3) if between else None


def _signed(
    merged: Mapping[str, _Phases], inward: str, outward: str, flags: set[str]
) -> Magnitude | None:
    """Import minus export; export is a magnitude, so a minus sign before it says nothing new."""
    into, out_of = _value(merged, inward, _sum), _value(merged, outward, _sum)
    if out_of is None:
        return into
    if out_of < 0:
        flags.add(ReadingFlag.EXPORT_SIGN)
    return (into or 0.0) - abs(out_of)


def _register(merged: Mapping[str, _Phases], measurand: str, flags: set[str]) -> Magnitude | None:
    value_wh = _value(merged, measurand, _sum)
    if value_wh is not None and value_wh < 0:
        flags.add(ReadingFlag.NEGATIVE_REGISTER)
        return None
    return value_wh


def _soc(merged: Mapping[str, _Phases], flags: set[str]) -> Magnitude | None:
    soc_pct = _value(merged, "SoC", lambda phases: next(iter(phases.values()), None))
    if soc_pct is not None and not 0 <= soc_pct <= 100:
        flags.add(ReadingFlag.SOC_RANGE)
        return None
    return soc_pct
