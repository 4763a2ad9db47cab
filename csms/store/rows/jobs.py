"""Rows of long work at stations."""

from collections.abc import Iterator

from csms.domain.facts_jobs import JobAsked, JobProgressed, JobsReplaced
from csms.store.engine import dump_json
from csms.store.rows.dispatch import StatementRow, rows_of_fact
from csms.store.statements import jobs as statements


@rows_of_fact.register
def _asked(fact: JobAsked) -> Iterator[StatementRow]:
    key = (fact.station_id, fact.kind.value, fact.request_id)
    yield statements.JOB_ASKED, (*key, fact.command_id, fact.at, dump_json(fact.payload))


@rows_of_fact.register
def _progressed(fact: JobProgressed) -> Iterator[StatementRow]:
    if fact.request_id is None:
        of_newest = (fact.station_id, fact.kind.value, fact.at, fact.status)
        yield statements.NEWEST_JOB_STATUS, of_newest
        yield statements.NEWEST_JOB_TIMELINE, (*of_newest, dump_json(fact.detail))
        return
    key = (fact.station_id, fact.kind.value, fact.request_id)
    answer = fact.status if fact.answered else None
    yield statements.JOB_STATUS, (*key, answer, fact.status, fact.at)
    yield statements.JOB_TIMELINE, (*key, fact.at, fact.status, dump_json(fact.detail))


@rows_of_fact.register
def _replaced(fact: JobsReplaced) -> Iterator[StatementRow]:
    yield statements.JOBS_REPLACED, (fact.station_id, fact.kind.value, fact.by, fact.at)
