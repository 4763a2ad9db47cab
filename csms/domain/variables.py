"""The device model: Components and Variables that we set or read (OCPP 2.0.1 part 2, app. 3)."""

from typing import Final, NamedTuple


class Variable(NamedTuple):
    """A standard variable of a standard component."""

    component: str
    name: str


class Setting(NamedTuple):
    """A variable and the value it shall have."""

    variable: Variable
    value: str


TX_UPDATED_MEASURANDS: Final = Variable("SampledDataCtrlr", "TxUpdatedMeasurands")
TX_UPDATED_INTERVAL_S: Final = Variable("SampledDataCtrlr", "TxUpdatedInterval")
TX_ENDED_MEASURANDS: Final = Variable("SampledDataCtrlr", "TxEndedMeasurands")
ALIGNED_MEASURANDS: Final = Variable("AlignedDataCtrlr", "Measurands")
ALIGNED_INTERVAL_S: Final = Variable("AlignedDataCtrlr", "Interval")
HEARTBEAT_INTERVAL_S: Final = Variable("OCPPCommCtrlr", "HeartbeatInterval")
RATE_UNIT: Final = Variable("SmartChargingCtrlr", "RateUnit")

REGISTERS: Final = ("Energy.Active.Import.Register", "Energy.Active.Export.Register")
POWERS: Final = ("Power.Active.Import", "Power.Active.Export")
MEASURANDS: Final = (*REGISTERS, *POWERS, "SoC", "Current.Import", "Voltage")


def measurand_lists() -> tuple[tuple[str, ...], ...]:
    """What to ask a station to measure, best first: it may refuse a list for one word in it."""
    without_export = tuple(word for word in MEASURANDS if ".Export" not in word)
    return (
        MEASURANDS,
        tuple(word for word in MEASURANDS if word != "SoC"),
        without_export,
        tuple(word for word in without_export if word != "SoC"),
        ("Energy.Active.Import.Register", "Power.Active.Import"),
        ("Energy.Active.Import.Register",),
    )
