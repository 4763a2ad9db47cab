"""SampledValues in any unit, multiplier, phase and location become one reading in our signs."""

from datetime import UTC, datetime

import pytest

from csms.domain.meter import MeterReading, ReadingContext, ReadingFlag, Sample, readings

T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
IMPORT, EXPORT = "Energy.Active.Import.Register", "Energy.Active.Export.Register"
POWER_IN, POWER_OUT = "Power.Active.Import", "Power.Active.Export"


def sample(measurand: str, value: float, **fields: object) -> Sample:
    return Sample(value, measurand=measurand, **fields)  # type: ignore[arg-type]


def one(*samples: Sample) -> MeterReading:
    (reading,) = readings(T0, samples)
    return reading


@pytest.mark.parametrize(
    ("given", "import_wh"),
    [
        (Sample(1234.0), 1234),  # all defaults: a register in Wh
        (sample(IMPORT, 1.5, unit="kWh"), 1500),
        (sample(IMPORT, 1.5, unit="KWH"), 1500),
        (sample(IMPORT, 15, unit="Wh", multiplier=2), 1500),
        (sample(IMPORT, 15_000, unit="kWh", multiplier=-1), 1_500_000),
    ],
)
def test_energy_in_any_unit(given: Sample, import_wh: float) -> None:
    assert one(given).import_wh == pytest.approx(import_wh)


@pytest.mark.parametrize(
    ("samples", "power_w"),
    [
        ([sample(POWER_IN, 7.4, unit="kW")], 7400),
        ([sample(POWER_OUT, 5000)], -5000),
        ([sample(POWER_IN, 0), sample(POWER_OUT, 5000)], -5000),
        ([sample(POWER_IN, 700), sample(POWER_OUT, 0)], 700),
        ([sample(POWER_IN, 100, phase=phase) for phase in ("L1", "L2", "L3")], 300),
        ([sample(POWER_IN, 100, phase=phase) for phase in ("L1-N", "L2-N", "L3-N")], 300),
        ([sample(POWER_IN, 250), sample(POWER_IN, 100, phase="L1")], 250),
        ([sample(POWER_IN, 900, location="Inlet"), sample(POWER_IN, 800)], 800),
        ([sample(POWER_IN, 800), sample(POWER_IN, 900, location="Inlet")], 800),
        ([sample(POWER_IN, 900, location="Inlet")], 900),
    ],
)
def test_power_is_signed_and_of_the_whole_evse(samples: list[Sample], power_w: float) -> None:
    assert one(*samples).power_w == pytest.approx(power_w)


def test_registers_of_phases_add_up() -> None:
    reading = one(*(sample(IMPORT, 1.25, phase=p, unit="kWh") for p in ("L1", "L2", "L3")))
    assert reading.import_wh == pytest.approx(3750)


def test_currents_add_up_and_voltages_do_not() -> None:
    lines = ("L1", "L2", "L3")
    currents = [sample("Current.Import", 16, phase=line) for line in lines]
    voltages = [sample("Voltage", 230, phase=f"{line}-N") for line in lines]
    reading = one(*currents, *voltages)
    assert (reading.current_a, reading.voltage_v) == (48, 230)


def test_voltage_between_phases_is_told_to_neutral() -> None:
    assert one(sample("Voltage", 400, phase="L1-L2")).voltage_v == pytest.approx(230.94, abs=0.01)


@pytest.mark.parametrize(
    ("odd", "flag"),
    [
        (sample(IMPORT, 5, unit="BTU"), ReadingFlag.UNIT),
        (sample(IMPORT, 5, unit="kW"), ReadingFlag.UNIT),
        (sample(IMPORT, -5), ReadingFlag.NEGATIVE_REGISTER),
        (sample(IMPORT, 5, multiplier=400), ReadingFlag.MULTIPLIER),
        (sample(IMPORT, 1e300), ReadingFlag.VALUE),
        (sample(IMPORT, 1e300, unit="kWh", multiplier=12), ReadingFlag.VALUE),
        (sample(POWER_IN, -1.7e308), ReadingFlag.VALUE),
        (sample("SoC", 101, unit="Percent"), ReadingFlag.SOC_RANGE),
        (sample("SoC", -1), ReadingFlag.SOC_RANGE),
    ],
)
def test_what_cannot_be_true_is_left_out_and_flagged(odd: Sample, flag: ReadingFlag) -> None:
    reading = one(odd)
    assert reading.flags == (flag,)
    assert reading.import_wh is None
    assert reading.soc_pct is None
    assert reading.power_w is None


def test_export_power_with_a_minus_sign_is_still_export() -> None:
    reading = one(sample(POWER_OUT, -5000))
    assert reading.power_w == -5000
    assert reading.flags == (ReadingFlag.EXPORT_SIGN,)


@pytest.mark.parametrize(
    ("into", "out_of", "power_w"),
    [(-5_000, 5_000, -5_000), (-5_000, -5_000, -5_000), (-5_000, 0, -5_000), (-10, 5_000, -5_000)],
)
@pytest.mark.parametrize("outward_first", [False, True])
def test_a_negative_import_beside_the_export_of_the_same_flow_counts_once(
    into: float, out_of: float, power_w: float, outward_first: bool
) -> None:
    samples = [sample(POWER_IN, into), sample(POWER_OUT, out_of)]
    reading = one(*(reversed(samples) if outward_first else samples))
    assert reading.power_w == power_w
    assert ReadingFlag.IMPORT_SIGN in reading.flags


def test_a_signed_import_alone_is_nothing_odd() -> None:
    reading = one(sample(POWER_IN, -5_000), sample("Current.Import", -8))
    assert (reading.power_w, reading.current_a, reading.flags) == (-5_000, -8, ())


def test_soc_needs_no_unit() -> None:
    assert one(sample("SoC", 55, location="EV")).soc_pct == 55


def test_contexts_are_readings_of_their_own() -> None:
    begin, end = ReadingContext.TRANSACTION_BEGIN, ReadingContext.TRANSACTION_END
    found = readings(T0, [Sample(1, context=begin), Sample(9, context=end)])
    assert [(r.context, r.import_wh) for r in found] == [(begin, 1), (end, 9)]


def test_measurands_we_do_not_use_make_no_reading() -> None:
    assert readings(T0, [sample("Frequency", 50)]) == ()


def test_both_registers_apart() -> None:
    reading = one(sample(IMPORT, 10, unit="kWh"), sample(EXPORT, 2, unit="kWh"))
    assert (reading.import_wh, reading.export_wh) == (10_000, 2_000)


@pytest.mark.parametrize(
    ("samples", "lines"),
    [
        ([("L1", 15.8), ("L2", 0.1), ("L3", 0.0)], 1),
        ([("L1", 15.8), ("L2", 15.7), ("L3", 15.9), ("N", 2.0)], 3),
        ([("L1-N", 15.8), ("L2-N", -15.7)], 2),
        ([("L1", 0.2)], 0),
        ([(None, 15.8)], None),
        ([], None),
    ],
)
def test_the_lines_that_carry_current_are_counted(
    samples: list[tuple[str | None, float]], lines: int | None
) -> None:
    told = [sample("Current.Import", value, phase=phase) for phase, value in samples]
    assert one(sample(IMPORT, 1.0), *told).lines == lines
