"""Rows of limits and of payments that are ours to settle."""

from collections.abc import Iterator

from csms.domain import facts_limits as f
from csms.domain.settling import SettlingStatus
from csms.store.engine import dump_json
from csms.store.limits import values_of
from csms.store.rows.dispatch import StatementRow, rows_of_fact
from csms.store.statements import v21 as statements


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
    left = fact.left_because is not None
    status = SettlingStatus.OPERATOR if left else SettlingStatus.DUE
    key = (fact.station_id, fact.transaction_id)
    ended_at = fact.at if left else None
    row = (*key, fact.psp_ref, status.value, fact.at, ended_at, fact.left_because)
    yield statements.SETTLEMENT_DUE, row


@rows_of_fact.register
def _ended(fact: f.SettlementEnded) -> Iterator[StatementRow]:
    key = (fact.station_id, fact.transaction_id)
    receipt = (fact.receipt_id, fact.receipt_url)
    yield statements.SETTLEMENT_ENDED, (*key, fact.status.value, fact.at, fact.reason, *receipt)
