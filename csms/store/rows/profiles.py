"""Rows of profiles that stations hold, of reports on them, and of limits that others set."""

from collections.abc import Iterator

from csms.domain.facts_charging import (
    ChargingLimitTold,
    ChargingProfileGone,
    ChargingProfileHeld,
    ProfileReportAsked,
    ProfileReportCompleted,
)
from csms.store.engine import dump_json
from csms.store.rows.dispatch import StatementRow, rows_of_fact
from csms.store.statements import profiles as statements


@rows_of_fact.register
def _held(fact: ChargingProfileHeld) -> Iterator[StatementRow]:
    yield (
        statements.PROFILE,
        (
            fact.station_id,
            fact.side.value,
            fact.evse_id,
            fact.profile_id,
            fact.at,
            fact.purpose,
            fact.stack_level,
            fact.source,
            fact.request_id,
            dump_json(fact.payload),
        ),
    )


@rows_of_fact.register
def _gone(fact: ChargingProfileGone) -> Iterator[StatementRow]:
    key = (fact.station_id, fact.side.value, fact.evse_id, fact.profile_id)
    yield statements.PROFILE_GONE, (*key, fact.at)


@rows_of_fact.register
def _asked(fact: ProfileReportAsked) -> Iterator[StatementRow]:
    criterion = dump_json(fact.criterion)
    key = (fact.station_id, fact.request_id)
    yield statements.REPORT_ASKED, (*key, fact.at, fact.evse_id, criterion)


@rows_of_fact.register
def _completed(fact: ProfileReportCompleted) -> Iterator[StatementRow]:
    differences = dump_json(fact.differences)
    key = (fact.station_id, fact.request_id)
    yield statements.REPORT_COMPLETED, (*key, fact.at, differences)


@rows_of_fact.register
def _limit(fact: ChargingLimitTold) -> Iterator[StatementRow]:
    key = (fact.station_id, fact.evse_id, fact.source)
    schedules = dump_json(fact.schedules)
    yield statements.LIMIT, (*key, fact.at, fact.in_force, fact.grid_critical, schedules)
