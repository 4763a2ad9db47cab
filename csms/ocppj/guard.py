"""The frame guard: what no frame may hold, whatever its action, before anybody reads its payload.

JSON without NaN or Infinity, at most `MAX_DEPTH` deep, no key twice in an object, no NUL and no
lone surrogate in a string (PostgreSQL stores neither). A clean frame is proven clean by a few calls
into C; only a doubtful one is read slowly.
"""

import json
import re
from math import isfinite
from typing import Any, Final

import orjson

MAX_DEPTH: Final = 32

_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_ONE_KIND: Final = bytes.maketrans(b"{}", b"[]")
_HEAD: Final = re.compile(rb'\s*\[\s*(-?\d+)\s*(?:,\s*"([^"\\\x00-\x1f]{1,36})"\s*,)?')
_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


class FrameFault(Exception):  # noqa: N818 - it is the frame's fault, not an error of ours
    """Why a frame is unreadable; the text is ours and holds nothing of the frame."""


def head(frame: bytes) -> tuple[int | None, str | None]:
    """Message type and id as far as the first bytes show them, for frames that are not JSON."""
    found = _HEAD.match(frame[:256])
    if found is None:
        return None, None
    kind = int(found[1]) if len(found[1]) < 4 else None
    try:
        return kind, found[2].decode() if found[2] else None
    except UnicodeDecodeError:
        return kind, None


def is_clean(frame: bytes) -> bool:
    """True if the frame surely breaks no rule; False means: look closer with `read`."""
    if b"\\" in frame or not _is_shallow(frame):
        return False
    try:
        again = orjson.dumps(orjson.loads(frame))
    except orjson.JSONDecodeError:
        return False
    return again.count(b":") == frame.count(b":")  # a key given twice is lost on the way


def read(frame: bytes) -> Any:
    """The frame as Python values. Raises FrameFault for anything a frame may not hold."""
    if _too_deep(frame):
        raise FrameFault("nested too deep")
    try:
        text = frame.decode()
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except FrameFault:
        raise
    except (ValueError, RecursionError):
        raise FrameFault("not JSON in UTF-8") from None
    if "\\" in text:
        _check_strings(value)
    return value


def _is_shallow(frame: bytes) -> bool:
    if frame.count(b"{") + frame.count(b"[") <= MAX_DEPTH:
        return True
    brackets = frame.translate(_ONE_KIND, _NOT_BRACKETS)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"[]", b"")  # one level each time
        if not brackets:
            return True
    return False


def _too_deep(frame: bytes) -> bool:
    depth = 0
    for token in _TOKEN.finditer(frame):
        if (mark := token[0]) in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif mark in b"]}":
            depth -= 1
    return False


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise FrameFault("a key is given twice")
    return members


def _refuse_constant(_: str) -> None:
    raise FrameFault("NaN and Infinity are not JSON")


def _finite(digits: str) -> Any:
    number = float(digits)
    if not isfinite(number):
        raise FrameFault("number out of range")
    return number


def _check_strings(value: Any) -> None:
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            raise FrameFault("NUL or lone surrogate in a string")
    elif isinstance(value, list):
        for item in value:
            _check_strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_strings(key)
            _check_strings(item)
