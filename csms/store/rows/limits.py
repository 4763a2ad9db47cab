"""Rows of limits and of payments that are ours to settle."""

from collections.abc import Iterator

from csms.domain import facts_limits as f
from csms.store.engine import dump_json
from csms.store.limits import values_of
from csms.store.rows.dispatch import StatementRow, rows_of_fact
from csms.store.statements import v21 as statements

DUE = "Due"


@rows_of_fact.register
def _wanted(fact: f.TransactionLimitWanted) -> Iterator[StatementRow]:
    key = (fact.station_id, fact.transaction_id)
    yield statements.LIMIT_WANTED, (*key, dump_json(values_of(fact.limit)), fact.at)


@rows_of_fact.register
def _told(fact: f.TransactionLimitTold) -> Iterator[StatementRow]:
    told = (dump_json(values_of(one)) for one in (fact.told, fact.answered))
    row = (fact.station_id, fact.transaction_id, *told, fact.told_with, fact.at)
    yield statements.LIMIT_TOLD, row


@rows_of_fact.register
def _due(fact: f.SettlementDue) -> Iterator[StatementRow]:
    row = (fact.station_id, fact.psp_ref, DUE, 0.0, fact.at, fact.transaction_id, "{}")
    yield statements.SETTLEMENT_DUE, row
