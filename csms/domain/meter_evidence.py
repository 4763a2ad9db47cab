"""What a meter's own figures prove of how it tells them: its unit of energy, its signs.

Where power is steady, power x time and the rise of a register must agree. A rise a thousand times
too small or too large is the wrong unit; the other register's rise is a wrong sign. Each can have
another cause too (power may be what is wrong), so a quirk is certain only where a third figure
takes sides: current x voltage, the state of charge, or what no hardware can give. One reading that
does not fit begins the count anew. Pure.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from csms.domain.mending import mends_in
from csms.domain.meter import Magnitude, MeterReading
from csms.domain.quirks import EnergyScale, MeterSign
from csms.domain.registers import RESOLUTION_WH

LEAST_POWER_W: Final = 1_000.0
"""No vehicle charges with less (IEC 61851-1: 6 A), so less may be a wrong unit of power."""
STEADY_RATIO: Final = 1.25
LONGEST_STEP_S: Final = 900.0
SHORTEST_STEP: Final = timedelta(seconds=10)
"""What comes sooner, or late, is not looked at: it would tell little more."""
SPAN_WH: Final = 200.0
"""So much that kWh with two decimals tell it to a twentieth."""
AGREES_RATIO: Final = 0.25
STILL_RATIO: Final = 0.05
SPANS: Final = 5
SPANS_OF_SANITY: Final = 10
SOC_POINTS_PCT: Final = 2.0
_SECONDS_PER_HOUR: Final = 3600.0
_KILO: Final = 1000.0


class Finding(StrEnum):
    """What power x time and the registers say of each other in one span."""

    AGREED = "agreed"
    A_THOUSANDTH = "a_thousandth"
    A_THOUSANDFOLD = "a_thousandfold"
    """Wh that were called kWh; the one before: kWh that were called Wh."""
    OTHER_WAY = "other_way"


class Case(Struct, frozen=True, kw_only=True, gc=False):
    """What one EVSE's readings have said as long as they said one thing. `begun`: where the span
    began, `power_wh` what power has come to since; the totals are those of whole spans."""

    last: MeterReading
    begun: MeterReading
    power_wh: float = 0.0
    finding: Finding | None = None
    inward: bool = True
    spans: int = 0
    by_power_wh: float = 0.0
    by_register_wh: float = 0.0
    first_soc_pct: float | None = None
    lines: int = 0
    """The most lines that carried current at once."""
    witnessed: bool = True
    """Current x voltage agreed with the power of every reading."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The quirk `name` is `value`; where that is not `certain`, a person should look. No name: all
    is well."""

    name: str | None
    value: Any = None
    certain: bool = True
    reason: str = ""


SANE: Final = Verdict(None)


def weighed(case: Case | None, reading: MeterReading) -> Case | None:
    """The case after one more reading; None where that says nothing to begin with."""
    if case is not None and reading.at < case.last.at + SHORTEST_STEP:
        return case
    if not _speaks(reading):
        return None
    if case is None or min(_rise_wh(case.last, reading, into=True)) < -RESOLUTION_WH:
        return Case(last=reading, begun=reading)
    step_wh = _step_wh(case.last, reading)
    if step_wh is None:
        return replace(case, last=reading, begun=reading, power_wh=0.0)
    power_wh = case.power_wh + step_wh
    case = replace(
        case,
        witnessed=case.witnessed and _is_witnessed(reading),
        lines=max(case.lines, reading.lines or 0),
    )
    if abs(power_wh) < SPAN_WH:
        return replace(case, last=reading, power_wh=power_wh)
    return _closed(case, reading, power_wh)


def verdict(case: Case) -> Verdict | None:
    """What the case proves by now, or None."""
    if case.spans < SPANS:
        return None
    told = f"{case.by_power_wh:.0f} Wh by power and time, {case.by_register_wh:.4g} Wh by the"
    told = f"{told} register, in {case.spans} spans"
    soc_pct, into_vehicle = _soc_rise_pct(case), _into_vehicle(case)
    match case.finding:
        case Finding.A_THOUSANDTH:
            told += "; current x voltage agrees with the power" if case.witnessed else ""
            return Verdict("energy_scale", EnergyScale.KWH_AS_WH, case.witnessed, told)
        case Finding.A_THOUSANDFOLD:
            return Verdict("energy_scale", EnergyScale.WH_AS_KWH, reason=told)
        case Finding.AGREED if into_vehicle is not None and into_vehicle is not case.inward:
            told += f"; state of charge {soc_pct:+.1f} points"
            return Verdict("meter_sign", MeterSign.SWAPPED, reason=told)
        case Finding.AGREED if soc_pct is None or into_vehicle is not None:
            return SANE if case.spans >= SPANS_OF_SANITY else None
        case Finding.OTHER_WAY if soc_pct is None:
            told += " of the other way"
            return Verdict("meter_sign", MeterSign.POWER_INVERTED, certain=False, reason=told)
        case Finding.OTHER_WAY if into_vehicle is not None and into_vehicle is not case.inward:
            told += f" of the other way; state of charge {soc_pct:+.1f} points"
            return Verdict("meter_sign", MeterSign.POWER_INVERTED, reason=told)
    return None


def _speaks(reading: MeterReading) -> bool:
    """Has it power to speak of, and a register, as its station told them?"""
    powered = reading.power_w is not None and abs(reading.power_w) >= LEAST_POWER_W
    counted = reading.import_wh is not None or reading.export_wh is not None
    return powered and counted and not mends_in(reading.flags)


def _step_wh(earlier: MeterReading, later: MeterReading) -> float | None:
    """What power came to between two readings, + into the vehicle; None if it was not steady."""
    before_w, after_w = earlier.power_w or 0.0, later.power_w or 0.0
    elapsed_s = (later.at - earlier.at).total_seconds()
    low_w, high_w = sorted((abs(before_w), abs(after_w)))
    same_way = before_w * after_w > 0
    if not same_way or high_w > low_w * STEADY_RATIO or elapsed_s > LONGEST_STEP_S:
        return None
    return (before_w + after_w) / 2 * elapsed_s / _SECONDS_PER_HOUR


def _is_witnessed(reading: MeterReading) -> bool:
    if reading.power_w is None or reading.current_a is None or reading.voltage_v is None:
        return False
    return _agrees(abs(reading.current_a * reading.voltage_v), abs(reading.power_w))


def _closed(case: Case, reading: MeterReading, power_wh: float) -> Case | None:
    """The case with one more span, if that says what those before it said."""
    inward = power_wh > 0
    along_wh, against_wh = _rise_wh(case.begun, reading, into=inward)
    finding = _finding(abs(power_wh), along_wh, against_wh)
    if finding is None:
        return Case(last=reading, begun=reading)
    rise_wh = against_wh if finding is Finding.OTHER_WAY else along_wh
    goes_on = (finding, inward) == (case.finding, case.inward)
    return Case(
        last=reading,
        begun=reading,
        finding=finding,
        inward=inward,
        spans=1 + (case.spans if goes_on else 0),
        by_power_wh=abs(power_wh) + (case.by_power_wh if goes_on else 0.0),
        by_register_wh=rise_wh + (case.by_register_wh if goes_on else 0.0),
        lines=case.lines,
        first_soc_pct=case.first_soc_pct if goes_on else case.begun.soc_pct,
        witnessed=case.witnessed if goes_on else _is_witnessed(reading),
    )


def _rise_wh(begun: MeterReading, ended: MeterReading, *, into: bool) -> tuple[float, float]:
    """How far the register of this way rose, and how far the other's."""
    import_wh = (ended.import_wh or 0.0) - (begun.import_wh or 0.0)
    export_wh = (ended.export_wh or 0.0) - (begun.export_wh or 0.0)
    if begun.import_wh is None or ended.import_wh is None:
        import_wh = 0.0
    if begun.export_wh is None or ended.export_wh is None:
        export_wh = 0.0
    return (import_wh, export_wh) if into else (export_wh, import_wh)


def _finding(power_wh: float, along_wh: float, against_wh: float) -> Finding | None:
    if _agrees(against_wh, power_wh) and abs(along_wh) <= power_wh * STILL_RATIO:
        return Finding.OTHER_WAY
    if abs(against_wh) > abs(along_wh) * STILL_RATIO:
        return None
    if _agrees(along_wh, power_wh):
        return Finding.AGREED
    if _agrees(along_wh * _KILO, power_wh):
        return Finding.A_THOUSANDTH
    return Finding.A_THOUSANDFOLD if _agrees(along_wh / _KILO, power_wh) else None


def _agrees(one: Magnitude, other: Magnitude) -> bool:
    return abs(one - other) <= other * AGREES_RATIO


def _soc_rise_pct(case: Case) -> float | None:
    if case.first_soc_pct is None or case.last.soc_pct is None:
        return None
    return case.last.soc_pct - case.first_soc_pct


def _into_vehicle(case: Case) -> bool | None:
    """Which way energy went by the state of charge; None: it does not say."""
    soc_pct = _soc_rise_pct(case)
    return None if soc_pct is None or abs(soc_pct) < SOC_POINTS_PCT else soc_pct > 0
