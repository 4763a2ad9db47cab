"""Parquet files, as small a part of the format as tables of numbers and words need.

One row group, required columns, plain values, gzip. Source: Apache Parquet's format, and Thrift's
compact protocol for its headers. Why not a library: docs/adr/0020.
"""

import gzip
import struct
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

MAGIC = b"PAR1"
INT64, DOUBLE, BYTE_ARRAY = 2, 5, 6  # physical types
UTF8, TIMESTAMP_MICROS = 0, 10  # converted types
PLAIN, RLE, GZIP, REQUIRED, DATA_PAGE = 0, 3, 2, 0, 0
I32, I64, BINARY, LIST, STRUCT = 5, 6, 8, 9, 12  # of the compact protocol

Numbers = npt.NDArray[np.float64]
Column = Numbers | Sequence[float] | Sequence[int] | Sequence[str] | Sequence[datetime]
Field = tuple[int, int, bytes]


def write(path: Path, columns: Mapping[str, Column]) -> None:
    """A table of equally long columns: of floats, of whole numbers, of words, or of times, which
    become microseconds in UTC."""
    body, chunks, schema = bytearray(MAGIC), [], [_root(len(columns))]
    rows = max((len(column) for column in columns.values()), default=0)
    for name, column in columns.items():
        kind, converted, plain = _encoded(column)
        packed = gzip.compress(plain, 6, mtime=0)
        head = _page_header(len(plain), len(packed), rows)
        sizes = (len(head) + len(plain), len(head) + len(packed))
        chunks.append(_chunk(name, kind, rows, sizes, len(body)))
        schema.append(_element(name, kind, converted))
        body += head + packed
    group = _struct(
        (1, LIST, _list(STRUCT, chunks)), (2, I64, _int(len(body))), (3, I64, _int(rows))
    )
    footer = _struct(
        (1, I32, _int(2)),
        (2, LIST, _list(STRUCT, schema)),
        (3, I64, _int(rows)),
        (4, LIST, _list(STRUCT, [group] if columns else [])),
        (6, BINARY, _text("v2ghub")),
    )
    path.write_bytes(bytes(body) + footer + struct.pack("<I", len(footer)) + MAGIC)


def _encoded(column: Column) -> tuple[int, int | None, bytes]:
    """Physical and converted type, and the values one after the other."""
    first = column[0] if len(column) else 0.0
    if isinstance(first, str):
        words = [str(word).encode() for word in column]
        return BYTE_ARRAY, UTF8, b"".join(struct.pack("<I", len(w)) + w for w in words)
    if isinstance(first, datetime):
        micros = [round(at.timestamp() * 1e6) for at in column if isinstance(at, datetime)]
        return INT64, TIMESTAMP_MICROS, np.array(micros, dtype="<i8").tobytes()
    if isinstance(first, int):
        return INT64, None, np.asarray(column, dtype="<i8").tobytes()
    return DOUBLE, None, np.asarray(column, dtype="<f8").tobytes()


def _root(children: int) -> bytes:
    return _struct((4, BINARY, _text("schema")), (5, I32, _int(children)))


def _element(name: str, kind: int, converted: int | None) -> bytes:
    fields = [(1, I32, _int(kind)), (3, I32, _int(REQUIRED)), (4, BINARY, _text(name))]
    if converted is not None:
        fields.append((6, I32, _int(converted)))
    return _struct(*fields)


def _page_header(plain: int, packed: int, rows: int) -> bytes:
    data = _struct((1, I32, _int(rows)), *((n, I32, _int(e)) for n, e in [(2, PLAIN), (3, RLE)]),
                   (4, I32, _int(RLE)))  # fmt: skip
    return _struct(
        (1, I32, _int(DATA_PAGE)), (2, I32, _int(plain)), (3, I32, _int(packed)), (5, STRUCT, data)
    )


def _chunk(name: str, kind: int, rows: int, sizes: tuple[int, int], offset: int) -> bytes:
    meta = _struct(
        (1, I32, _int(kind)),
        (2, LIST, _list(I32, [_int(PLAIN)])),
        (3, LIST, _list(BINARY, [_text(name)])),
        (4, I32, _int(GZIP)),
        (5, I64, _int(rows)),
        (6, I64, _int(sizes[0])),
        (7, I64, _int(sizes[1])),
        (9, I64, _int(offset)),
    )
    return _struct((2, I64, _int(offset)), (3, STRUCT, meta))


def _struct(*fields: Field) -> bytes:
    """Fields in the order of their ids, and the stop."""
    told, last = bytearray(), 0
    for field_id, kind, value in fields:
        told += bytes([(field_id - last) << 4 | kind]) + value
        last = field_id
    return bytes(told) + b"\0"


def _list(kind: int, items: Sequence[bytes]) -> bytes:
    size = len(items)
    head = bytes([size << 4 | kind]) if size < 15 else bytes([0xF0 | kind]) + _varint(size)
    return head + b"".join(items)


def _text(word: str) -> bytes:
    told = word.encode()
    return _varint(len(told)) + told


def _int(number: int) -> bytes:
    """A number that is not negative, zigzag."""
    return _varint(number << 1)


def _varint(number: int) -> bytes:
    told = bytearray()
    while number > 0x7F:
        told.append(number & 0x7F | 0x80)
        number >>= 7
    told.append(number)
    return bytes(told)
