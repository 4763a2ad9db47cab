"""What stations of OCPP 1.6 send a little wrong, mended: energy is not refused for a bad comma.

Only what the schema refuses gets here. Empty members are as if absent, numbers may be spelled as
text and text as numbers, an integer may have come as a decimal, a sample that is no sample is left
out, a reason that nobody knows is Other. Whoever reads the mended text flags that it was.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final, get_args

import msgspec

from csms.ocppj import types_v16 as wire

MENDED: Final = "payload_mended"

_INTEGERS: Final = frozenset(
    {"connectorId", "meterStart", "meterStop", "reservationId", "transactionId"}
)
_REASONS: Final = frozenset(get_args(wire.ReasonEnumType))
_SAMPLE_KINDS: Final = (wire.SampledValueType, wire.TransactionDataSampledValueType)


def mended(payload: bytes) -> bytes:
    """The text as it was probably meant. Raises msgspec.MsgspecError if it is not JSON."""
    return msgspec.json.encode(_object(msgspec.json.decode(payload, type=dict[str, Any])))


def _object(told: Mapping[str, Any]) -> dict[str, Any]:
    members = {key: _member(key, value) for key, value in told.items()}
    return {key: value for key, value in members.items() if value is not None and value != ""}


def _member(key: str, value: Any) -> Any:
    if key == "sampledValue" and isinstance(value, list):
        return [one for one in map(_sample, value) if one is not None]
    if key in ("meterValue", "transactionData") and isinstance(value, list):
        values = [_object(one) for one in value if isinstance(one, dict)]
        return [one for one in values if one.get("sampledValue")]
    if key in _INTEGERS:
        return _integer(value)
    if key == "reason" and value not in ("", None, *_REASONS):
        return "Other"
    return value


def _sample(told: Any) -> dict[str, Any] | None:
    """None if it says nothing that 1.6 has a word for."""
    if not isinstance(told, dict):
        return None
    sample = _object(told)
    if isinstance(sample.get("value"), int | float):
        sample["value"] = str(sample["value"])
    for kind in _SAMPLE_KINDS:
        try:
            msgspec.convert(sample, kind)
        except msgspec.ValidationError:
            return None
    return sample


def _integer(value: Any) -> Any:
    try:
        number_si = float(value)
    except (TypeError, ValueError):
        return value
    whole = isfinite(number_si) and not isinstance(value, bool)
    return round(number_si) if whole else value
