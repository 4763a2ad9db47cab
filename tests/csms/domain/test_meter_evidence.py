"""What a meter's own figures prove, and what they leave open."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from csms.domain.mending import Mend, reading_mended
from csms.domain.meter import MeterReading
from csms.domain.meter_evidence import SANE, Case, Verdict, verdict, weighed
from csms.domain.quirks import EnergyScale, MeterSign

NOON = datetime(2026, 3, 24, 12, tzinfo=UTC)


def course(power_w: float, count: int, step_s: float = 60.0, **told: Any) -> list[MeterReading]:
    """An honest meter at steady power; `soc_pct` is (first, per reading), `volts` tells amperes."""
    soc = told.pop("soc_pct", None)
    amperes = {"current_a": power_w / 230.0, "voltage_v": 230.0} if told.pop("volts", 0) else {}
    rises = [power_w * step_s / 3600 * n for n in range(count)]
    return [
        MeterReading(
            at=NOON + timedelta(seconds=step_s * n),
            power_w=power_w,
            import_wh=round(50_000.0 + max(rise, 0.0), 3),
            export_wh=round(7_000.0 - min(rise, 0.0), 3),
            soc_pct=None if soc is None else soc[0] + soc[1] * n,
            **amperes,
        )
        for n, rise in enumerate(rises)
    ]


def found(readings: list[MeterReading]) -> Verdict | None:
    """The first verdict on them, as the csms would come to it."""
    case: Case | None = None
    for reading in readings:
        case = weighed(case, reading)
        if case is not None and (told := verdict(case)) is not None:
            return told
    return None


def scaled(readings: list[MeterReading], factor_ratio: float, digits: int) -> list[MeterReading]:
    """Their registers in another unit than they say."""
    return [
        replace(
            one,
            import_wh=round((one.import_wh or 0.0) * factor_ratio, digits),
            export_wh=round((one.export_wh or 0.0) * factor_ratio, digits),
        )
        for one in readings
    ]


def backwards(readings: list[MeterReading]) -> list[MeterReading]:
    return [replace(one, power_w=-(one.power_w or 0.0)) for one in readings]


def swapped(readings: list[MeterReading]) -> list[MeterReading]:
    return [
        replace(one, power_w=-(one.power_w or 0.0), import_wh=one.export_wh,
                export_wh=one.import_wh)
        for one in readings
    ]  # fmt: skip


@pytest.mark.parametrize("power_w", [1_400.0, 7_000.0, -5_000.0, 150_000.0])
def test_an_honest_meter_is_soon_done_with(power_w: float) -> None:
    assert found(course(power_w, 200)) is SANE
    assert found(course(power_w, 200, soc_pct=(40.0, 0.2 if power_w > 0 else -0.2))) is SANE


@pytest.mark.parametrize("power_w", [3_600.0, -5_000.0])
def test_kwh_that_are_called_wh_are_certain_where_current_and_voltage_agree(power_w: float) -> None:
    told = found(scaled(course(power_w, 200, volts=1), 1 / 1000, digits=2))
    assert told is not None
    assert (told.name, told.value, told.certain) == ("energy_scale", EnergyScale.KWH_AS_WH, True)
    alone = found(scaled(course(power_w, 200), 1 / 1000, digits=2))
    assert alone is not None
    assert (alone.value, alone.certain) == (EnergyScale.KWH_AS_WH, False), "or power is off"


def test_wh_that_are_called_kwh_are_certain_because_no_hardware_gives_so_much() -> None:
    told = found(scaled(course(7_000.0, 200), 1000, digits=0))
    assert told is not None
    assert (told.name, told.value, told.certain) == ("energy_scale", EnergyScale.WH_AS_KWH, True)


def test_power_in_kw_that_is_called_w_is_not_taken_for_a_unit_of_energy() -> None:
    in_kw = [replace(one, power_w=(one.power_w or 0.0) / 1000) for one in course(7_000.0, 200)]
    assert found(in_kw) is None


@pytest.mark.parametrize(
    ("soc_pct", "told"),
    [
        ((40.0, 0.2), (MeterSign.POWER_INVERTED, True)),
        (None, (MeterSign.POWER_INVERTED, False)),
        ((40.0, -0.2), None),
    ],
    ids=["the vehicle fills", "nobody else speaks", "the registers are what is wrong"],
)
def test_a_power_that_contradicts_the_registers(soc_pct: Any, told: Any) -> None:
    verdict_ = found(backwards(course(7_000.0, 200, soc_pct=soc_pct)))
    assert (verdict_ and (verdict_.value, verdict_.certain)) == told


@pytest.mark.parametrize("power_w", [7_000.0, -5_000.0])
def test_a_meter_that_counts_the_other_way_is_found_out_by_the_vehicle(power_w: float) -> None:
    points = 0.2 if power_w > 0 else -0.2
    told = found(swapped(course(power_w, 200, soc_pct=(50.0, points))))
    assert told is not None
    assert (told.name, told.value, told.certain) == ("meter_sign", MeterSign.SWAPPED, True)
    assert found(swapped(course(power_w, 200))) is SANE, "nothing says so"


def test_what_is_mended_already_proves_nothing() -> None:
    wrong = scaled(course(7_000.0, 200, volts=1), 1 / 1000, digits=3)
    mends = frozenset({Mend.ENERGY_WAS_KWH})
    assert found([reading_mended(one, mends) for one in wrong]) is None


def test_a_register_that_stands_still_or_jumps_proves_nothing() -> None:
    still = [replace(one, import_wh=50_000.0) for one in course(7_000.0, 200)]
    assert found(still) is None
    turns = course(7_000.0, 200, volts=1)
    kwh = scaled(turns, 1 / 1000, digits=2)
    assert found([kwh[n] if n % 9 else turns[n] for n in range(200)]) is None


@given(
    power_w=st.floats(1_100.0, 300_000.0),
    step_s=st.floats(1.0, 900.0),
    noise=st.lists(st.floats(0.9, 1.1), min_size=60, max_size=60),
    out=st.booleans(),
)
def test_no_honest_meter_is_ever_accused(
    power_w: float, step_s: float, noise: list[float], out: bool
) -> None:
    readings, register_wh = [], 1_000.0
    for n, ratio in enumerate(noise):
        told_w = power_w * ratio
        register_wh += power_w * step_s / 3600
        import_wh, export_wh = (500.0, register_wh) if out else (register_wh, 500.0)
        readings.append(
            MeterReading(
                at=NOON + timedelta(seconds=step_s * n),
                power_w=-told_w if out else told_w,
                import_wh=round(import_wh),
                export_wh=round(export_wh),
            )
        )
    assert found(readings) in (None, SANE)
    assert found(sorted([*readings, *readings], key=lambda one: one.at)) in (None, SANE)
