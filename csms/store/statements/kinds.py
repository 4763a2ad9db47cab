"""The journal's statements: each takes the rows of many facts at once, as one array per column.

Told twice, a row changes nothing; an older one never replaces a newer one. PostgreSQL refuses to
touch a row twice in one statement, so each statement also says how two rows of one batch merge.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """`sql` takes one array per column; the first `key_size` columns identify a row. In a
    transaction the lower `rank` runs first. `alone`: it writes one table that no other such
    statement touches, and reads none, so that it may run in any order with its like."""

    sql: str
    key_size: int
    merge: Callable[[Row, Row], Row]
    rank: int = 50
    alone: bool = False


_PLACE: Final = re.compile(r"\$(\d+)")


@lru_cache(maxsize=64)
def as_one(statements: tuple[Statement, ...]) -> str:
    """One statement that does what each of several (all `alone`) does; it takes their arrays one
    after another."""
    if len(statements) == 1:
        return statements[0].sql
    parts, taken = [], 0
    for number, statement in enumerate(statements):
        before = taken

        def moved(place: re.Match[str], before: int = before) -> str:
            return f"${int(place[1]) + before}"

        parts.append(f"part{number} AS ({_PLACE.sub(moved, statement.sql)})")
        taken += max(int(place) for place in _PLACE.findall(statement.sql))
    return f"WITH {', '.join(parts)} SELECT"


def first_wins(before: Row, after: Row) -> Row:
    """For rows that are only ever added."""
    return before


def last_wins(before: Row, after: Row) -> Row:
    """For rows told in order."""
    return after


def greatest(column: int) -> Callable[[Row, Row], Row]:
    """The row with the greatest value in `column` wins; of equals the later one."""
    return lambda before, after: after if after[column] >= before[column] else before


def arrays_sql(table: Table, names: str) -> tuple[str, str]:
    """`unnest` of one array per column, and the expressions that turn it into the columns."""
    types, values = [], []
    for name in names.split():
        kind = table.c[name].type
        match kind:
            case JSONB():
                types.append("text")
                values.append(f"{name}::jsonb")
            case ARRAY():
                types.append("text")
                values.append(f"string_to_array({name}, ',')")
            case _:
                types.append(_type_name(kind))
                values.append(name)
    arrays = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(types, 1))
    return f"unnest({arrays}) AS told({', '.join(names.split())})", ", ".join(values)


def _type_name(kind: object) -> str:
    match kind:
        case BigInteger():
            return "int8"
        case Integer():
            return "int4"
        case Float():
            return "float8"
        case Numeric():
            return "numeric"
        case DateTime():
            return "timestamptz"
        case Boolean():
            return "bool"
        case Uuid():
            return "uuid"
        case LargeBinary():
            return "bytea"
    return "text"


def insert_sql(table: Table, names: str, conflict: str = "ON CONFLICT DO NOTHING") -> str:
    """Insert rows of a table; `names` are its columns in the order of the row."""
    source, values = arrays_sql(table, names)
    return (
        f'INSERT INTO csms."{table.name}" AS kept ({", ".join(names.split())})'
        f" SELECT {values} FROM {source} {conflict}"
    )


def newest_sql(table: Table, names: str, newest: str) -> str:
    """Insert, or replace all but the key where `newest` is not older than what is kept."""
    key = [column.name for column in table.primary_key]
    changes = ", ".join(f"{name} = excluded.{name}" for name in names.split() if name not in key)
    conflict = (
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"
        f" WHERE kept.{newest} <= excluded.{newest}"
    )
    return insert_sql(table, names, conflict)
