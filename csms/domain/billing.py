"""From a transaction to its bill: what it used, by its events, and when its cost is to be told."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from csms.domain.cost import Counted, StateSince, Usage
from csms.domain.meter import Magnitude
from csms.domain.tariff import TariffInForce
from csms.domain.transaction import Transaction

RUNNING_COST_S = 60
"""How often a station that shows costs hears of them, where the tariff does not say."""


def usage_of(transaction: Transaction) -> Usage | None:
    """All that the events tell, in any order of arrival; None before the first one. Times that do
    not rise (a clock was set) take the latest before them, samples none outside the transaction."""
    span = transaction.span
    if span is None:
        return None
    started_at, until = span
    return Usage(
        started_at=started_at,
        until=until,
        imported=_rising(transaction.import_register.course(), started_at, until),
        exported=_rising(transaction.export_register.course(), started_at, until),
        states=_in_time(transaction.charging_states),
    )


def _rising(
    course: Iterable[tuple[datetime, Magnitude]], latest: datetime, until: datetime
) -> tuple[Counted, ...]:
    counted: list[Counted] = []
    for at, energy_wh in course:
        latest = max(latest, min(at, until))
        counted.append(Counted(latest, Decimal(str(energy_wh))))
    return tuple(counted)


def _in_time(states: Iterable[tuple[datetime, str]]) -> tuple[StateSince, ...]:
    told: list[StateSince] = []
    for at, state in states:
        told.append(StateSince(max(at, told[-1].at) if told else at, state))
    return tuple(told)


def running_cost_s(in_force: TariffInForce) -> int | None:
    """How often the station shall hear the running cost (I02); None: never."""
    wanted = in_force.tariff.running_cost_s
    if wanted is None and in_force.shows_cost:
        return RUNNING_COST_S
    return wanted


def crosses(before: datetime | None, after: datetime, interval_s: int) -> int | None:
    """The number of the interval that began between two events, None if none did: the same for
    whoever asks again."""
    number = int(after.timestamp() // interval_s)
    if before is not None and number <= before.timestamp() // interval_s:
        return None
    return number
