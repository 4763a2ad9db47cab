"""Rows of signed meter values, and of what stations say of their transactions."""

from collections.abc import Iterator
from hashlib import blake2b

from csms.domain.facts_evidence import SignedValuesTaken, TransactionStatusTold
from csms.store.rows.dispatch import StatementRow, rows_of_fact
from csms.store.statements import evidence as statements
from csms.store.statements.core import EVSE_TRANSACTION


@rows_of_fact.register
def _signed(fact: SignedValuesTaken) -> Iterator[StatementRow]:
    for one in fact.values:
        told = (one.signed_meter_data, one.signing_method, one.encoding_method, one.public_key)
        content_hash = blake2b("\0".join(told).encode(), digest_size=16).hexdigest()
        where = (fact.station_id, fact.evse_id, one.at, one.context.value, one.measurand)
        yield statements.SIGNED_VALUE, (*where, content_hash, fact.received_at, *told)


@rows_of_fact.register
def _status(fact: TransactionStatusTold) -> Iterator[StatementRow]:
    key = (fact.station_id, fact.transaction_id)
    yield statements.TRANSACTION_STATUS, (*key, fact.at, fact.ongoing, fact.messages_in_queue)
    if fact.ongoing or fact.messages_in_queue:
        return
    yield statements.TRANSACTION_LOST, (*key, fact.at)
    if fact.evse_id is not None:
        yield EVSE_TRANSACTION, (fact.station_id, fact.evse_id)
