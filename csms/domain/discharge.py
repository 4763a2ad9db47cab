"""Discharge dialects: how, and whether, a station may be told to give power back.

A negative limit sent to the wrong station can make it charge at full power, so `NONE` is the
default, only listed models get another dialect, the first discharge is a small probe, and what the
meter says is the only proof.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

PROBE_W: Final = 1_000.0
NOISE_W: Final = 100.0
PROOF_WH: Final = 5.0


class DischargeDialect(StrEnum):
    """How one signed setpoint is said to a station."""

    NONE = "none"
    NEGATIVE_LIMIT = "negative_limit"
    DATATRANSFER = "datatransfer"
    OCPP201_V2X = "ocpp201_v2x"
    OCPP21 = "ocpp21"


class Verdict(StrEnum):
    """What a meter says of a station that was told to discharge."""

    PROVEN = "proven"
    LIAR = "liar"
    NOTHING_YET = "nothing_yet"


@dataclass(frozen=True, slots=True)
class DischargeModels:
    """The allow-list: vendor and model, exactly as booted, → dialect."""

    dialects: Mapping[tuple[str, str], DischargeDialect] = field(default_factory=dict)

    @classmethod
    def parse(cls, rows: Iterable[Mapping[str, Any]]) -> "DischargeModels":
        """From the `models` tables of `discharge_models.toml`. Raises ValueError on a bad row."""
        dialects = {}
        for row in rows:
            try:
                key = (str(row["vendor"]), str(row["model"]))
                dialects[key] = DischargeDialect(row["dialect"])
            except KeyError as missing:
                raise ValueError(f"a discharge model without {missing}") from missing
        return cls(dialects)

    def dialect(self, vendor: str, model: str) -> DischargeDialect:
        """The model's dialect, `NONE` if it is not listed."""
        return self.dialects.get((vendor, model), DischargeDialect.NONE)


def permitted_w(
    setpoint_w: float,
    dialect: DischargeDialect,
    *,
    proven: bool,
    spoken: DischargeDialect = DischargeDialect.NEGATIVE_LIMIT,
) -> float:
    """The part of `setpoint_w` that this station may be told.

    `spoken` is the dialect that the message would carry: `NEGATIVE_LIMIT` before OCPP 2.1,
    `OCPP21` from there on; a station of any other dialect gets 0 for a discharge. Until its export
    register has proven it, a station discharges at most `PROBE_W`.
    """
    if setpoint_w >= 0:
        return setpoint_w
    if dialect is not spoken:
        return 0.0
    return setpoint_w if proven else max(setpoint_w, -PROBE_W)


def judge(setpoint_w: float, power_w: float | None, exported_wh: float) -> Verdict:
    """Judge one meter interval that lay wholly under a confirmed discharge setpoint.

    `exported_wh` is the rise of the export register in it. Power *into* the vehicle while told to
    discharge is a lie; silence is not, since a vehicle may have nothing to give.
    """
    if setpoint_w >= 0:
        return Verdict.NOTHING_YET
    if power_w is not None and power_w > NOISE_W:
        return Verdict.LIAR
    return Verdict.PROVEN if exported_wh >= PROOF_WH else Verdict.NOTHING_YET
