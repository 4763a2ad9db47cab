"""Which CALLERROR a payload deserves (OCPP-J 2.0.1, table 8), in words that never quote it."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from csms.domain.station import OcppVersion
from csms.ocppj.peer import CallError, ErrorCode

_PATH: Final = re.compile(r" - at `(\$[^`]*)`$")
_MISSING: Final = re.compile(r"^Object missing required field `([A-Za-z0-9]+)`")
_RULES: Final = tuple(
    (re.compile(pattern), code, words)
    for pattern, code, words in (
        ("Object missing", ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION, "required field missing"),
        ("Expected `array` of length", ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION, "item count"),
        ("Object contains unknown", ErrorCode.FORMAT_VIOLATION, "unknown field"),
        ("Invalid enum value", ErrorCode.PROPERTY_CONSTRAINT_VIOLATION, "value not in the list"),
        ("Invalid RFC3339|.*timezone", ErrorCode.PROPERTY_CONSTRAINT_VIOLATION, "not a date-time"),
        (".*out of range", ErrorCode.PROPERTY_CONSTRAINT_VIOLATION, "out of range"),
        ("Expected `str` of length", ErrorCode.PROPERTY_CONSTRAINT_VIOLATION, "length"),
        ("Expected `(int|float)` [<>]", ErrorCode.PROPERTY_CONSTRAINT_VIOLATION, "out of range"),
        ("Expected", ErrorCode.TYPE_CONSTRAINT_VIOLATION, "wrong type"),
    )
)

SPELLINGS: Final[Mapping[OcppVersion, Mapping[str, str]]] = {
    OcppVersion.V16: {
        ErrorCode.FORMAT_VIOLATION: "FormationViolation",
        ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION: "OccurenceConstraintViolation",
        ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED: "GenericError",
        ErrorCode.RPC_FRAMEWORK_ERROR: "GenericError",
    }
}
"""What 1.6 calls a code, or says in its place (OCPP-J 1.6, table 7)."""


def fault_of(fault: msgspec.MsgspecError) -> CallError:
    """The CALLERROR for a decoding error: what is wrong, and where."""
    text = str(fault)
    if not isinstance(fault, msgspec.ValidationError):
        return CallError(ErrorCode.FORMAT_VIOLATION, "not JSON")
    path = _PATH.search(text)
    missing = _MISSING.match(text)
    where = (f" `{missing[1]}`" if missing else "") + (f" at {path[1]}" if path else "")
    for pattern, code, words in _RULES:
        if pattern.match(text):
            return CallError(code, words + where)
    return CallError(ErrorCode.FORMAT_VIOLATION, "unreadable" + where)
