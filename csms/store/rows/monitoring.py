"""Rows of monitoring."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from hashlib import blake2b
from typing import Final

from csms.domain.facts_monitoring import (
    EventsTold,
    MonitoringBaseSet,
    MonitoringLevelSet,
    MonitorsCleared,
    MonitorsKnown,
)
from csms.domain.monitoring import StationEvent
from csms.store.engine import dump_json
from csms.store.rows.device_model import place
from csms.store.rows.dispatch import StatementRow, rows_of_fact
from csms.store.statements import monitoring as statements

TIDY_EVERY: Final = 100  # event ids count up


@rows_of_fact.register
def _known(fact: MonitorsKnown) -> Iterator[StatementRow]:
    for one in fact.monitors:
        yield (
            statements.MONITOR,
            (
                fact.station_id,
                one.monitor_id,
                fact.at,
                *place(one.key),
                one.type,
                one.value,
                one.severity,
                one.during_transaction,
                fact.ours,
                None,
            ),
        )


@rows_of_fact.register
def _cleared(fact: MonitorsCleared) -> Iterator[StatementRow]:
    if fact.monitor_ids is None:
        yield statements.OUR_MONITORS_CLEARED, (fact.station_id, fact.at)
    for monitor_id in fact.monitor_ids or ():
        yield statements.MONITOR_CLEARED, (fact.station_id, monitor_id, fact.at)


@rows_of_fact.register
def _base(fact: MonitoringBaseSet) -> Iterator[StatementRow]:
    yield statements.MONITORING_BASE, (fact.station_id, fact.at, fact.monitoring_base)


@rows_of_fact.register
def _level(fact: MonitoringLevelSet) -> Iterator[StatementRow]:
    yield statements.MONITORING_LEVEL, (fact.station_id, fact.at, fact.severity)


@rows_of_fact.register
def _events(fact: EventsTold) -> Iterator[StatementRow]:
    for event in fact.events:
        yield (
            statements.EVENT,
            (
                fact.station_id,
                event.event_id,
                event.at,
                _hash(event),
                fact.received_at,
                event.trigger,
                event.notification_type,
                *place(event.key),
                event.actual_value,
                event.cleared,
                event.severity,
                event.cause_event_id,
                event.monitor_id,
                event.tech_code,
                event.tech_info,
                event.transaction_id,
            ),
        )
        if event.event_id % TIDY_EVERY == 0:
            yield statements.OLD_EVENTS, (fact.station_id,)
        if event.alerts:
            yield (
                statements.ALERT,
                (
                    fact.station_id,
                    *place(event.key),
                    event.monitor_id or 0,
                    min(event.at, fact.received_at),  # a clock ahead must not keep it open
                    event.event_id,
                    event.cleared,
                    event.severity,
                    event.actual_value,
                    event.tech_code,
                    event.tech_info,
                ),
            )


def _hash(event: StationEvent) -> str:
    """Event ids may start again after a reboot: content tells two of them apart."""
    told = asdict(replace(event, severity=None))  # ours to know, perhaps later
    return blake2b(dump_json(told).encode(), digest_size=8).hexdigest()
