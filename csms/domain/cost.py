"""What a transaction costs: a pure function of its usage and its tariff, in decimal money.

The time is cut where a sample, a charging state or a price changes; within a piece energy flows
evenly. So a price that changes in the middle of a sample takes its share, and pieces add up.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from csms.domain.tariff import Price, Tariff, matching

WHOLE: Final = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF", "XPF",
]  # fmt: skip
THOUSANDTHS: Final = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]
DECIMALS: Final[Mapping[str, int]] = dict.fromkeys(WHOLE, 0) | dict.fromkeys(THOUSANDTHS, 3)
"""Of the smallest unit of a currency (ISO 4217), where it is not the hundredth."""
CHARGING: Final = frozenset({"Charging"})
IDLE: Final = frozenset({"EVConnected", "SuspendedEV"})
"""The vehicle holds the place and takes nothing of its own will; SuspendedEVSE is our will."""
WH_PER_KWH: Final = Decimal(1000)
S_PER_HOUR: Final = Decimal(3600)


class Counted(NamedTuple):
    """Energy so far at an instant."""

    at: datetime
    energy_wh: Decimal


class StateSince(NamedTuple):
    """A ChargingStateEnumType and when it began."""

    at: datetime
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What was used from `started_at` to `until`; the courses rise and are in order of time.
    Without any state the whole time counts as charging."""

    started_at: datetime
    until: datetime
    imported: Sequence[Counted] = ()
    exported: Sequence[Counted] = ()
    states: Sequence[StateSince] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """`total` is without tax, as are the parts; `total_with_tax` is rounded to the currency."""

    currency: str
    energy: Decimal = Decimal(0)
    export: Decimal = Decimal(0)
    charging_time: Decimal = Decimal(0)
    idle_time: Decimal = Decimal(0)
    fixed: Decimal = Decimal(0)
    total: Decimal = Decimal(0)
    total_with_tax: Decimal = Decimal(0)


def cost(usage: Usage, tariff: Tariff) -> Cost:
    """The cost until `usage.until`. I03.FR.04: what is free costs 0, which is not "unknown"."""
    zone = tariff.zone
    fixed = matching(tariff.fixed, usage.started_at.astimezone(zone))
    parts = {
        "energy": _energy(usage.imported, tariff.energy, tariff),
        "export": _energy(usage.exported, tariff.export, tariff),
        "charging_time": _time(usage, tariff.charging_time, CHARGING, tariff),
        "idle_time": _time(usage, tariff.idle_time, IDLE, tariff),
        "fixed": fixed.price if fixed else Decimal(0),
    }
    total = sum(parts.values(), Decimal(0)) - 2 * parts["export"]
    if tariff.min_cost is not None:
        total = max(total, tariff.min_cost)
    if tariff.max_cost is not None:
        total = min(total, tariff.max_cost)
    with_tax = rounded(total * (1 + tariff.vat_pct / 100), tariff.currency)
    return Cost(currency=tariff.currency, total=total, total_with_tax=with_tax, **parts)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To what can be paid; half a unit goes up, as invoices are rounded."""
    return amount.quantize(Decimal(1).scaleb(-DECIMALS.get(currency, 2)), ROUND_HALF_UP)


def _energy(course: Sequence[Counted], prices: tuple[Price, ...], tariff: Tariff) -> Decimal:
    if not prices:
        return Decimal(0)
    amount = Decimal(0)
    for before, after in pairwise(course):
        rise_wh = after.energy_wh - before.energy_wh
        whole = _seconds(before.at, after.at)
        if whole <= 0:  # samples of one instant: nothing to share out
            amount += _per_kwh(prices, after.at, tariff) * rise_wh / WH_PER_KWH
            continue
        for start, end in _pieces(before.at, after.at, tariff):
            share_wh = rise_wh * _seconds(start, end) / whole
            amount += _per_kwh(prices, start, tariff) * share_wh / WH_PER_KWH
    return amount


def _per_kwh(prices: tuple[Price, ...], at: datetime, tariff: Tariff) -> Decimal:
    price = matching(prices, at.astimezone(tariff.zone))
    return price.price if price else Decimal(0)


def _time(
    usage: Usage, prices: tuple[Price, ...], states: frozenset[str], tariff: Tariff
) -> Decimal:
    """Per hour in `states`; `after_s` counts from when the state began, over prices' changes."""
    if not prices:
        return Decimal(0)
    amount = Decimal(0)
    for began, ended in _in_state(usage, states):
        for start, end in _pieces(began, ended, tariff):
            price = matching(prices, start.astimezone(tariff.zone))
            if price is None:
                continue
            free_until = began + timedelta(seconds=price.after_s)
            amount += price.price * max(_seconds(max(start, free_until), end), Decimal(0))
    return amount / S_PER_HOUR


def _in_state(usage: Usage, states: frozenset[str]) -> Iterator[tuple[datetime, datetime]]:
    """The stretches spent in one of `states`, neighbours joined."""
    told = usage.states or (StateSince(usage.started_at, "Charging"),)
    ends = [*(max(one.at, usage.started_at) for one in told[1:]), usage.until]
    began: datetime | None = None
    for one, end in zip(told, ends, strict=True):
        if one.state in states:
            began = began or max(one.at, usage.started_at)
        elif began is not None:
            yield began, min(max(one.at, began), usage.until)
            began = None
        if end >= usage.until:
            break
    if began is not None and began < usage.until:
        yield began, usage.until


def _pieces(start: datetime, end: datetime, tariff: Tariff) -> Iterator[tuple[datetime, datetime]]:
    """`start`…`end` cut where the local clock passes a time at which prices change."""
    cuts = sorted({start, *_changes(start, end, tariff), end})
    yield from pairwise(cuts)


def _changes(start: datetime, end: datetime, tariff: Tariff) -> Iterable[datetime]:
    zone, clocks = tariff.zone, tariff.clock_changes
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        for at in _changes_of(day, zone, clocks):
            if start < at < end:
                yield at
        day += _DAY


@lru_cache(maxsize=1_024)
def _changes_of(day: date, zone: ZoneInfo, clocks: frozenset[time]) -> tuple[datetime, ...]:
    """Where clocks are put forward or back they do it on a half hour, and show some times never,
    or twice."""
    first, last = (datetime.combine(one, time.min, zone) for one in (day, day + _DAY))
    if first.utcoffset() == last.utcoffset():
        return tuple(datetime.combine(day, clock, zone).astimezone(UTC) for clock in clocks)
    shown = [
        datetime.combine(day, clock.replace(fold=fold), zone).astimezone(UTC)
        for clock in clocks
        for fold in (0, 1)
    ]
    begin = first.astimezone(UTC)
    return (*shown, *(begin + number * _TURN for number in range((last - first) // _TURN + 4)))


_DAY: Final = timedelta(days=1)
_TURN: Final = timedelta(minutes=30)


def _seconds(start: datetime, end: datetime) -> Decimal:
    lasted = end - start
    return Decimal(lasted.days * 86_400 + lasted.seconds) + Decimal(lasted.microseconds) / 1_000_000
