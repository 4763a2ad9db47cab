"""Rows of how commands and setpoints ended."""

from collections.abc import Iterator

from csms.domain.facts_commands import CommandEnded, SetpointEnded
from csms.store.engine import dump_json
from csms.store.rows.dispatch import StatementRow, rows_of_fact
from csms.store.statements import commands as statements


@rows_of_fact.register
def _ended(fact: CommandEnded) -> Iterator[StatementRow]:
    response = dump_json(dict(fact.response)) if fact.response else None
    row = (fact.command_id, fact.status.value, fact.at, fact.reason, response)
    yield statements.COMMAND_ENDED, row


@rows_of_fact.register
def _setpoint(fact: SetpointEnded) -> Iterator[StatementRow]:
    told = fact.in_force
    in_force = (None, None) if told is None else (told.setpoint_w, told.until)
    key = (fact.station_id, fact.evse_id)
    row = (*key, fact.status.value, fact.at, *in_force, fact.composite_w, fact.version)
    yield statements.SETPOINT_ENDED, row
