"""Parquet files, read back by a reader that knows nothing of the writer."""

import gzip
import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from v2ghub.simulate import parquet

AT = [datetime(2026, 3, 29, 0, 59, 30, tzinfo=UTC), datetime(2026, 10, 25, 2, 0, tzinfo=UTC)]


class Compact:
    """Thrift's compact protocol, whatever the fields mean."""

    def __init__(self, told: bytes) -> None:
        self.told, self.at = told, 0

    def byte(self) -> int:
        self.at += 1
        return self.told[self.at - 1]

    def varint(self) -> int:
        number = shift = 0
        while True:
            byte = self.byte()
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    def value(self, kind: int) -> Any:
        if kind in {5, 6}:
            zigzag = self.varint()
            return zigzag >> 1 ^ -(zigzag & 1)
        if kind == 8:
            size = self.varint()
            self.at += size
            return self.told[self.at - size : self.at].decode()
        if kind == 9:
            head = self.byte()
            size = head >> 4 if head >> 4 < 15 else self.varint()
            return [self.value(head & 15) for _ in range(size)]
        assert kind == 12, kind
        return self.struct()

    def struct(self) -> dict[int, Any]:
        fields: dict[int, Any] = {}
        field = 0
        while head := self.byte():
            assert head >> 4, "ids rise by less than 16"
            field += head >> 4
            fields[field] = self.value(head & 15)
        return fields


def read(path: Path) -> dict[str, list[Any]]:
    told = path.read_bytes()
    assert told[:4] == told[-4:] == b"PAR1"
    (size,) = struct.unpack("<I", told[-8:-4])
    footer = Compact(told[-8 - size : -8]).struct()
    _, *elements = footer[2]
    (group,) = footer[4]
    assert group[3] == footer[3]
    table = {}
    for element, chunk in zip(elements, group[1], strict=True):
        meta = chunk[3]
        assert meta[3] == [element[4]]
        reader = Compact(told[meta[9] :])
        page = reader.struct()
        start = meta[9] + reader.at
        assert meta[7] == reader.at + page[3], "the header counts"
        plain = gzip.decompress(told[start : start + page[3]])
        assert len(plain) == page[2]
        assert page[5][1] == meta[5] == footer[3]
        table[element[4]] = values(plain, element)
    return table


def values(plain: bytes, element: dict[int, Any]) -> list[Any]:
    if element[1] == 5:
        return np.frombuffer(plain, "<f8").tolist()
    if element[1] == 2:
        return np.frombuffer(plain, "<i8").tolist()
    words, at = [], 0
    while at < len(plain):
        (size,) = struct.unpack_from("<I", plain, at)
        words.append(plain[at + 4 : at + 4 + size].decode())
        at += 4 + size
    return words


def test_numbers_words_and_times_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    parquet.write(
        path,
        {
            "at": AT,
            "grid_w": np.array([-0.1, 1e9]),
            "count": [0, 70_000],
            "who": ["Ähre", ""],
        },
    )
    assert read(path) == {
        "at": [1_774_745_970_000_000, 1_792_893_600_000_000],
        "grid_w": [-0.1, 1e9],
        "count": [0, 70_000],
        "who": ["Ähre", ""],
    }


@pytest.mark.parametrize("columns", [1, 14, 15, 40])
@pytest.mark.parametrize("rows", [0, 1, 300])
def test_tables_of_any_size(tmp_path: Path, columns: int, rows: int) -> None:
    path = tmp_path / "table.parquet"
    table = {f"column {k}": np.arange(rows) + 0.5 * k for k in range(columns)}
    parquet.write(path, table)
    assert read(path) == {name: column.tolist() for name, column in table.items()}


def test_the_same_table_is_the_same_file(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for path in (one, two):
        parquet.write(path, {"at": AT})
    assert one.read_bytes() == two.read_bytes()
