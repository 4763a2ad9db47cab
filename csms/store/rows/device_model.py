"""Rows of the device model."""

from collections.abc import Iterator
from typing import Any

from csms.domain.device_model import SECRETS, VariableKey, key_of
from csms.domain.facts import VariablesReported
from csms.domain.facts_device_model import (
    MessageTriggered,
    NetworkProfileSet,
    ReportAsked,
    ReportPartReceived,
)
from csms.store.engine import dump_json
from csms.store.rows import v21
from csms.store.rows.dispatch import StatementRow, rows_of_fact
from csms.store.statements import device_model as statements


def place(key: VariableKey) -> tuple[str, str, int, int, str, str]:
    """The columns `statements.PLACE` of a variable."""
    return (
        key.component,
        key.component_instance,
        key.evse_id,
        key.connector_id,
        key.variable,
        key.variable_instance,
    )


@rows_of_fact.register
def _variables(fact: VariablesReported) -> Iterator[StatementRow]:
    yield from v21.dialect_rows(fact.station_id, {one.component for one in fact.rows})
    for one in fact.rows:
        yield (
            statements.VARIABLE,
            (
                fact.station_id,
                one.component,
                one.component_instance,
                one.evse_id,
                one.connector_id,
                one.variable,
                one.variable_instance,
                one.attribute,
                None if one.variable.lower() in SECRETS else one.value,
                one.mutability,
                one.persistent,
                one.constant,
                fact.told_by,
                fact.at,
            ),
        )
    for told in fact.characteristics:
        yield (
            statements.CHARACTERISTICS,
            (
                fact.station_id,
                *place(told.key),
                fact.at,
                told.data_type,
                told.unit,
                told.min_limit,
                told.max_limit,
                told.values_list,
                told.supports_monitoring,
            ),
        )


@rows_of_fact.register
def _report(fact: ReportAsked) -> Iterator[StatementRow]:
    key = (fact.station_id, fact.request_id)
    yield statements.REPORT, (*key, fact.asked_at, fact.base, fact.command_id, fact.status)
    yield statements.OLD_REPORTS, (fact.station_id, fact.base)


@rows_of_fact.register
def _part(fact: ReportPartReceived) -> Iterator[StatementRow]:
    yield (
        statements.REPORT_PART,
        (
            fact.station_id,
            fact.request_id,
            fact.seq_no,
            fact.received_at,
            fact.generated_at,
            fact.more_follows,
            dump_json([_without_secret(one) for one in fact.content]),
        ),
    )


def _without_secret(told: dict[str, Any]) -> dict[str, Any]:
    """A variable of a report as told, but for the value of one that is nobody's to read."""
    if "variableAttribute" not in told or key_of(told).variable.lower() not in SECRETS:
        return told
    attributes = [
        {name: kept for name, kept in one.items() if name != "value"}
        for one in told["variableAttribute"]
    ]
    return told | {"variableAttribute": attributes}


@rows_of_fact.register
def _network_profile(fact: NetworkProfileSet) -> Iterator[StatementRow]:
    row = (fact.station_id, fact.slot, fact.at, dump_json(fact.connection_data))
    yield statements.NETWORK_PROFILE, row


@rows_of_fact.register
def _triggered(fact: MessageTriggered) -> Iterator[StatementRow]:
    yield statements.TRIGGERED, (fact.station_id, fact.action, fact.at)
