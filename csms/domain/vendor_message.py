"""A vendor's own setpoint message, carried by DataTransfer (OCPP P01): what to say is data.

A row of `discharge_models.toml` gives its `data` as a table whose values may be words to fill in:
`$setpoint` (signed, in the row's unit), `$evse_id`, `$transaction_id`, and how long it holds, as
`$lease_s` from now or `$until`. A message that cannot say how long needs `holds_s`, the station's
own dead-man: without either a discharge would never end by itself. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import floor
from typing import Any, Final

from csms.domain.commands import Setpoint
from csms.domain.ids import EvseId, TransactionId
from csms.domain.meter import Magnitude
from csms.domain.units import per_phase_a, wire_time

SETPOINT: Final = "$setpoint"
ENDS: Final = frozenset({"$lease_s", "$until"})
WORDS: Final = frozenset({SETPOINT, "$evse_id", "$transaction_id"}) | ENDS


class SetpointUnit(StrEnum):
    """What a vendor's setpoint counts; `PERCENT` is of `rated_w`."""

    W = "W"
    A = "A"
    PERCENT = "%"


class DischargeSign(StrEnum):
    """The sign of a discharge in a vendor's words."""

    NEGATIVE = "negative"
    POSITIVE = "positive"


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorMessage:
    """How a setpoint is said; `holds_s`: how long the station follows without another word."""

    vendor_id: str
    message_id: str | None
    data: Mapping[str, Any]
    unit: SetpointUnit = SetpointUnit.W
    discharge: DischargeSign = DischargeSign.NEGATIVE
    rated_w: float | None = None
    holds_s: int | None = None

    @classmethod
    def parse(cls, row: Mapping[str, Any]) -> "VendorMessage":
        """From a row's `message`. Raises ValueError if it is none, or would never end."""
        made = cls(
            vendor_id=str(row.get("vendor_id", "")),
            message_id=row.get("message_id"),
            data=dict(row.get("data", {})),
            unit=SetpointUnit(row.get("unit", "W")),
            discharge=DischargeSign(row.get("discharge", "negative")),
            rated_w=row.get("rated_w"),
            holds_s=row.get("holds_s"),
        )
        words = {one for one in _leaves(made.data) if isinstance(one, str) and one[:1] == "$"}
        if unknown := words - WORDS:
            raise ValueError(f"no such words: {', '.join(sorted(unknown))}")
        if not made.vendor_id or SETPOINT not in words:
            raise ValueError(f"a message needs a vendor_id and {SETPOINT} in its data")
        if made.unit is SetpointUnit.PERCENT and not made.rated_w:
            raise ValueError("a setpoint in % needs rated_w")
        if not words & ENDS and not made.holds_s:
            raise ValueError("a message that cannot say how long it holds needs holds_s")
        return made

    def said(
        self,
        setpoint: Setpoint,
        evse_id: EvseId,
        transaction_id: TransactionId,
        now: datetime,
        supply: tuple[int, float],
    ) -> dict[str, Any]:
        """The data that says `setpoint`; `supply` is phases and V, phase to neutral."""
        words = {
            SETPOINT: self._value(setpoint.setpoint_w, *supply),
            "$evse_id": evse_id,
            "$transaction_id": transaction_id,
            "$lease_s": max(floor((setpoint.until - now).total_seconds()), 1),
            "$until": wire_time(setpoint.until).isoformat().replace("+00:00", "Z"),
        }
        filled = _filled(self.data, words)
        assert isinstance(filled, dict)
        return filled

    def _value(self, setpoint_w: float, phases: int, voltage_v: float) -> Magnitude:
        """Towards zero, in one decimal: never past what was meant."""
        value = setpoint_w
        if self.unit is SetpointUnit.A:
            value = per_phase_a(setpoint_w, phases=phases, voltage_v=voltage_v)
        elif self.rated_w and self.unit is SetpointUnit.PERCENT:
            value = 100.0 * setpoint_w / self.rated_w
        sign = 1.0 if self.discharge is DischargeSign.NEGATIVE else -1.0
        return sign * int(value * 10) / 10 + 0.0


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [leaf for member in value.values() for leaf in _leaves(member)]
    if isinstance(value, list):
        return [leaf for member in value for leaf in _leaves(member)]
    return [value]


def _filled(value: Any, words: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {name: _filled(member, words) for name, member in value.items()}
    if isinstance(value, list):
        return [_filled(member, words) for member in value]
    return words.get(value, value) if isinstance(value, str) else value
