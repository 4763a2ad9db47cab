"""Rows of what stations' answers have taught us."""

from collections.abc import Iterator

from csms.domain.facts_quirks import QuirkLearned
from csms.domain.quirks import QuirkSource
from csms.store.engine import dump_json
from csms.store.rows.dispatch import StatementRow, rows_of_fact
from csms.store.statements import quirks as statements


@rows_of_fact.register
def _learned(fact: QuirkLearned) -> Iterator[StatementRow]:
    source = QuirkSource.PROPOSED if fact.proposed else QuirkSource.LEARNED
    key = (fact.station_id, fact.name, source.value)
    yield statements.QUIRK, (*key, dump_json(fact.value), fact.at, fact.reason, fact.device)
