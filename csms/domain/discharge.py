"""Discharge dialects: how, and whether, a station may be told to give power back.

A negative limit sent to the wrong station can make it charge at full power, so `NONE` is the
default, only listed models get another dialect, the first discharge is a small probe, and what the
meter says is the only proof.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from csms.domain.vendor_message import VendorMessage

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


SETPOINTS: Final = (DischargeDialect.OCPP21, DischargeDialect.OCPP201_V2X)
"""The dialects that say a setpoint in the words of OCPP 2.1, over whatever link."""


class Verdict(StrEnum):
    """What a meter says of a station that was told to discharge."""

    PROVEN = "proven"
    LIAR = "liar"
    NOTHING_YET = "nothing_yet"


class DialectRefusal(StrEnum):
    """Why an operator may not give a station a dialect."""

    NOT_LISTED = "model_not_on_the_allow_list"
    NOT_ANNOUNCED = "not_announced_by_the_device_model"
    OTHER_VERSION = "not_a_dialect_of_its_ocpp_version"
    FAULT_NOT_REVIEWED = "discharge_fault_not_reviewed"


@dataclass(frozen=True, slots=True)
class DischargeModel:
    """One dialect of a listed model; `message` is how `DATATRANSFER` says a setpoint."""

    dialect: DischargeDialect
    message: VendorMessage | None = None


@dataclass(frozen=True, slots=True)
class DischargeModels:
    """The allow-list: vendor and model, exactly as booted, → its dialects, the preferred first."""

    listed: Mapping[tuple[str | None, str | None], tuple[DischargeModel, ...]] = field(
        default_factory=dict
    )

    @classmethod
    def parse(cls, rows: Iterable[Mapping[str, Any]]) -> "DischargeModels":
        """From the `models` tables of `discharge_models.toml`. Raises ValueError on a bad row."""
        listed: dict[tuple[str | None, str | None], tuple[DischargeModel, ...]] = {}
        for row in rows:
            try:
                key = (str(row["vendor"]), str(row["model"]))
                dialect = DischargeDialect(row["dialect"])
                spoken = dialect is DischargeDialect.DATATRANSFER
                message = VendorMessage.parse(row["message"]) if spoken else None
            except KeyError as missing:
                raise ValueError(f"a discharge model without {missing}") from missing
            listed[key] = (*listed.get(key, ()), DischargeModel(dialect, message))
        return cls(listed)

    def of(self, vendor: str | None, model: str | None) -> tuple[DischargeModel, ...]:
        """What is listed of a model."""
        return self.listed.get((vendor, model), ())

    def dialect(self, vendor: str | None, model: str | None) -> DischargeDialect:
        """The model's preferred dialect, `NONE` if it is not listed."""
        return next((one.dialect for one in self.of(vendor, model)), DischargeDialect.NONE)

    def message(self, vendor: str | None, model: str | None) -> VendorMessage | None:
        """How the model is told a setpoint by DataTransfer, whether or not it may be now."""
        return next((one.message for one in self.of(vendor, model) if one.message), None)

    def says_setpoint(self, vendor_id: str, message_id: str | None) -> bool:
        """Whether a DataTransfer of these names is how some listed model is told a setpoint."""
        return any(
            one.message is not None
            and one.message.vendor_id.casefold() == vendor_id.casefold()
            and one.message.message_id == message_id
            for models in self.listed.values()
            for one in models
        )


NONE_LISTED: Final = DischargeModels()


def dialect_refusal(
    asked: DischargeDialect,
    listed: Collection[DischargeDialect],
    ocpp_version: str | None,
    *,
    announced: bool,
    fault: bool,
) -> DialectRefusal | None:
    """Why an operator may not give `asked` to a station; `announced`: its device model tells of
    V2X, `fault`: it charged when told to discharge, and nobody says to have looked at that."""
    if asked is DischargeDialect.NONE:
        return None
    if ocpp_version not in _VERSIONS[asked]:
        return DialectRefusal.OTHER_VERSION
    if asked not in listed and not (asked in SETPOINTS and announced):
        told = asked is DischargeDialect.OCPP21
        return DialectRefusal.NOT_ANNOUNCED if told else DialectRefusal.NOT_LISTED
    return DialectRefusal.FAULT_NOT_REVIEWED if fault else None


_VERSIONS: Final[Mapping[DischargeDialect, Collection[str]]] = {
    DischargeDialect.NEGATIVE_LIMIT: ("1.6", "2.0.1"),
    DischargeDialect.DATATRANSFER: ("1.6", "2.0.1", "2.1"),
    DischargeDialect.OCPP201_V2X: ("2.0.1",),
    DischargeDialect.OCPP21: ("2.1",),
}


def permitted_w(
    setpoint_w: float,
    dialect: DischargeDialect,
    *,
    proven: bool,
    spoken: Collection[DischargeDialect] = (DischargeDialect.NEGATIVE_LIMIT,),
) -> float:
    """The part of `setpoint_w` that this station may be told.

    `spoken` are the dialects that the message would be right in: `NEGATIVE_LIMIT` in the words of
    1.6 and 2.0.1, `SETPOINTS` in those of 2.1; a station of any other gets 0 for a discharge. Until
    its export register has proven it, a station discharges at most `PROBE_W`.
    """
    if setpoint_w >= 0:
        return setpoint_w
    if dialect not in spoken:
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
