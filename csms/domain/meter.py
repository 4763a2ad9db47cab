"""MeterReading: what one meter value of a station says, in SI units and our signs.

Power is signed (+ into the vehicle); the registers are the EVSE's own, import and export apart.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReading:
    """One instant of one EVSE meter; None where the station did not say."""

    at: datetime
    context: ReadingContext = ReadingContext.SAMPLE_PERIODIC
    power_w: float | None = None
    import_wh: float | None = None
    export_wh: float | None = None
    soc_pct: float | None = None
    current_a: float | None = None
    voltage_v: float | None = None
    flags: tuple[str, ...] = ()
