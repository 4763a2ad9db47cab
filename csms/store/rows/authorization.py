"""Rows of local lists, reservations, costs, displays and customers."""

from collections.abc import Iterator

import msgspec

from csms.domain.facts_authorization import (
    LocalListHeld,
    ReservationAsked,
    ReservationChanged,
    ReservationStatus,
)
from csms.domain.facts_cost import CostKnown
from csms.domain.facts_people import (
    CustomerAsked,
    CustomerCleared,
    CustomerPartTold,
    DisplayMessageRemoved,
    DisplayMessagesAsked,
    DisplayMessagesTold,
    DisplayReportEnded,
)
from csms.store.engine import dump_json
from csms.store.rows.dispatch import StatementRow, rows_of_fact
from csms.store.statements import authorization as statements


@rows_of_fact.register
def _local_list(fact: LocalListHeld) -> Iterator[StatementRow]:
    entries = None if fact.entries is None else dict(fact.entries)
    yield statements.LOCAL_LIST, (fact.station_id, fact.version, dump_json(entries), fact.at)


@rows_of_fact.register
def _reservation(fact: ReservationAsked) -> Iterator[StatementRow]:
    yield (
        statements.RESERVATION,
        (
            fact.station_id,
            fact.reservation_id,
            fact.at,
            fact.evse_id,
            fact.connector_type,
            fact.id_token,
            fact.type,
            fact.group_id_token,
            fact.expires_at,
            ReservationStatus.ASKED.value,
            None,
            fact.at,
        ),
    )


@rows_of_fact.register
def _reservation_changed(fact: ReservationChanged) -> Iterator[StatementRow]:
    yield (
        statements.RESERVATION_CHANGED,
        (
            fact.station_id,
            fact.reservation_id,
            fact.status.value,
            fact.transaction_id,
            fact.at,
        ),
    )


@rows_of_fact.register
def _cost(fact: CostKnown) -> Iterator[StatementRow]:
    cost, tariff = fact.cost, fact.tariff
    parts = ("energy", "export", "charging_time", "idle_time", "fixed")
    yield (
        statements.COST,
        (
            fact.station_id,
            fact.transaction_id,
            fact.event_count,
            tariff.tariff_id,
            dump_json(msgspec.to_builtins(tariff)),
            cost.currency,
            cost.total,
            cost.total_with_tax,
            dump_json({name: str(getattr(cost, name)) for name in parts}),
            fact.final,
            fact.at,
        ),
    )


@rows_of_fact.register
def _displayed(fact: DisplayMessagesTold) -> Iterator[StatementRow]:
    for one in fact.messages:
        yield (
            statements.DISPLAY_MESSAGE,
            (
                fact.station_id,
                one.message_id,
                fact.at,
                one.priority,
                one.state,
                one.starts_at,
                one.ends_at,
                one.transaction_id,
                dump_json(one.message),
                None,
            ),
        )


@rows_of_fact.register
def _display_removed(fact: DisplayMessageRemoved) -> Iterator[StatementRow]:
    yield statements.DISPLAY_REMOVED, (fact.station_id, fact.message_id, fact.at)


@rows_of_fact.register
def _display_asked(fact: DisplayMessagesAsked) -> Iterator[StatementRow]:
    key = (fact.station_id, fact.request_id)
    yield statements.DISPLAY_ASKED, (*key, fact.at, fact.everything)


@rows_of_fact.register
def _display_ended(fact: DisplayReportEnded) -> Iterator[StatementRow]:
    yield statements.DISPLAY_REPORT_ENDED, (fact.station_id, fact.request_id, fact.at)


@rows_of_fact.register
def _customer_asked(fact: CustomerAsked) -> Iterator[StatementRow]:
    key = (fact.station_id, fact.request_id)
    row = (*key, fact.at, fact.customer_hash, fact.report, fact.clear)
    yield statements.CUSTOMER_REQUEST, row


@rows_of_fact.register
def _customer_cleared(fact: CustomerCleared) -> Iterator[StatementRow]:
    row = (fact.station_id, fact.request_id, fact.customer_hash)
    yield statements.CUSTOMER_CLEARED, row


@rows_of_fact.register
def _customer_part(fact: CustomerPartTold) -> Iterator[StatementRow]:
    key = (fact.station_id, fact.request_id, fact.seq_no, fact.generated_at)
    yield statements.CUSTOMER_PART, (*key, fact.data, fact.more_follows, fact.at)
