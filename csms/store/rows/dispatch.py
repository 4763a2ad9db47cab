"""Facts → rows of the journal's statements: the part that all kinds of facts share."""

from collections.abc import Iterable, Iterator
from functools import singledispatch

from csms.domain.facts import Fact
from csms.store.statements.kinds import Row, Statement

StatementRow = tuple[Statement, Row]


def rows_of(facts: Iterable[Fact]) -> list[StatementRow]:
    """All rows that `facts` make, in their order."""
    return [row for fact in facts for row in rows_of_fact(fact)]


def grouped(rows: Iterable[StatementRow]) -> dict[Statement, list[Row]]:
    """The rows of each statement, each key once, in the order to run them."""
    groups: dict[Statement, dict[Row, Row]] = {}
    for statement, row in rows:
        group = groups.setdefault(statement, {})
        key = row[: statement.key_size]
        group[key] = statement.merge(group[key], row) if key in group else row
    in_order = sorted(groups, key=lambda statement: statement.rank)
    return {statement: list(groups[statement].values()) for statement in in_order}


@singledispatch
def rows_of_fact(fact: Fact) -> Iterator[StatementRow]:
    """The rows of one fact; each kind of fact registers its own."""
    raise TypeError(f"no rows for {type(fact).__name__}")
