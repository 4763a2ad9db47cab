"""DER control (OCPP 2.1, block R): what a control is, and which may be set.

Which one is in force the station knows: it tells what was put out of force in the answer to
SetDERControl, in its reports, or, for one that was running, only when another one starts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

FIELD_OF: Final[Mapping[str, str]] = {
    "EnterService": "enterService",
    "FixedPFAbsorb": "fixedPFAbsorb",
    "FixedPFInject": "fixedPFInject",
    "FixedVar": "fixedVar",
    "FreqDroop": "freqDroop",
    "Gradients": "gradient",
    "LimitMaxDischarge": "limitMaxDischarge",
}
"""controlType → the one field of the request that holds it; every other type is a `curve`."""
CURVE: Final = "curve"
DEFAULT_ONLY: Final = frozenset({"EnterService", "Gradients"})


class DerRefusal(StrEnum):
    """Why a SetDERControl is not sent."""

    CONTROL_MISSING = "control_missing"
    CONTROL_OF_OTHER_TYPE = "control_of_other_type"
    DEFAULT_WITH_TIME = "default_control_with_time"
    ONLY_AS_DEFAULT = "only_as_default_control"


@dataclass(frozen=True, slots=True, kw_only=True)
class DerControl:
    """One control. `priority` is None where the type has none; `superseded`: out of force."""

    control_id: str
    control_type: str
    is_default: bool
    superseded: bool = False
    priority: int | None = None
    starts_at: datetime | None = None
    duration_s: float | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


def refusal(request: Mapping[str, Any]) -> DerRefusal | None:
    """The rule that a SetDERControl request (a valid one, as JSON values) breaks, or None."""
    wanted = field_of(request["controlType"])
    given = [name for name in (*FIELD_OF.values(), CURVE) if name in request]
    if wanted not in given:
        return DerRefusal.CONTROL_MISSING
    if given != [wanted]:  # R04.FR.16
        return DerRefusal.CONTROL_OF_OTHER_TYPE
    if not request["isDefault"]:  # R04.FR.14
        default_only = request["controlType"] in DEFAULT_ONLY
        return DerRefusal.ONLY_AS_DEFAULT if default_only else None
    if {"startTime", "duration"} & request[wanted].keys():  # R04.FR.12
        return DerRefusal.DEFAULT_WITH_TIME
    return None


def field_of(control_type: str) -> str:
    """The field of SetDERControl that a type of control is given in (R04.FR.16)."""
    return FIELD_OF.get(control_type, CURVE)
