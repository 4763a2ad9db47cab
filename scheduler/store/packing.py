"""Trees of dataclasses, structs and arrays as bytes and back, to the last bit."""

import zlib
from typing import Any, TypeVar

import msgspec
import numpy as np

Tree = TypeVar("Tree")


def packed(tree: Any) -> bytes:
    """The tree as bytes; its arrays count as float64."""
    return zlib.compress(msgspec.msgpack.encode(tree, enc_hook=_bytes_of))


def unpacked(data: bytes, kind: type[Tree]) -> Tree:
    """The tree again. Raises msgspec.ValidationError if it is not of that kind."""
    return msgspec.msgpack.decode(zlib.decompress(data), type=kind, dec_hook=_array_of)


def _bytes_of(value: Any) -> tuple[tuple[int, ...], bytes]:
    if isinstance(value, np.ndarray):
        return value.shape, value.astype(np.float64).tobytes()
    raise NotImplementedError(type(value))


def _array_of(kind: type, value: Any) -> Any:
    shape, data = value
    return np.frombuffer(data, np.float64).reshape(shape).copy()
