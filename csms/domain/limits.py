"""Limits of a transaction: what it may cost, take or last, or charge to (OCPP 2.1, C17 and E16).

A limit is told once, in the answer to the first event that can hear it; a station that knows no
limits, or not this one, is stopped by us when it is reached.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Final

IN_WORDS: Final = {
    "max_cost": ("maxcost",),
    "max_energy_wh": ("maxenergy",),
    "max_time_s": ("maxtime", "maxlength"),
    "max_soc_pct": ("maxsoc",),
}
"""Field → how TxCtrlr.SupportedLimits may call it (2.8.1 and E16.FR.20 differ), in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionLimit:
    """TransactionLimitType, with tax and from the start of the transaction; None: no such limit."""

    max_cost: Decimal | None = None
    max_energy_wh: float | None = None
    max_time_s: int | None = None
    max_soc_pct: int | None = None

    def __bool__(self) -> bool:
        return self != UNLIMITED

    def given(self) -> dict[str, Any]:
        """The limits that there are, by their field."""
        all_of_them = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: limit for name, limit in all_of_them.items() if limit is not None}


UNLIMITED: Final = TransactionLimit()


def least(*limits: TransactionLimit) -> TransactionLimit:
    """The tightest of each kind."""
    tightest: dict[str, Any] = {}
    for one in limits:
        for name, limit in one.given().items():
            tightest[name] = min(limit, tightest.get(name, limit))
    return TransactionLimit(**tightest)


def over(before: TransactionLimit, after: TransactionLimit) -> TransactionLimit:
    """`before`, where `after` says nothing else."""
    return TransactionLimit(**(before.given() | after.given()))


def shared(
    limit: TransactionLimit, words: Collection[str]
) -> tuple[TransactionLimit, TransactionLimit]:
    """What a station that names these `words` can keep itself (E16.FR.12), and what it cannot."""
    known = {word.strip().lower() for word in words}
    given = limit.given()
    its = {name for name in given if known & set(IN_WORDS[name])}
    return (
        TransactionLimit(**{name: given[name] for name in its}),
        TransactionLimit(**{name: given[name] for name in given if name not in its}),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitHeld:
    """`wanted` is for the station to keep, `ours` for us; `told` is what it was told so far, and
    `answered` what it was told with the event `told_with`. `overrules`: an operator's word, which
    goes before a lower limit of the driver's (E16.FR.07)."""

    wanted: TransactionLimit = UNLIMITED
    ours: TransactionLimit = UNLIMITED
    overrules: bool = False
    told: TransactionLimit = UNLIMITED
    answered: TransactionLimit = UNLIMITED
    told_with: str | None = None


def due(held: LimitHeld, own: TransactionLimit, event: str) -> TransactionLimit:
    """What the answer to `event` must tell; `own` is the station's own limit. A repeat hears the
    same again; what the station keeps to already is not told (E16.FR.02, .08)."""
    if held.told_with == event:
        return held.answered
    told, its_own = held.told.given(), own.given()
    new = {}
    for name, limit in held.wanted.given().items():
        kept = name in its_own and (
            its_own[name] == limit if held.overrules else its_own[name] <= limit
        )
        if not kept and told.get(name) != limit:
            new[name] = limit
    return TransactionLimit(**new)


def reached(
    limit: TransactionLimit, *, cost: Decimal | None, imported_wh: float, lasted_s: float
) -> bool:
    """Whether one of the limits that we keep ourselves is reached."""
    if limit.max_cost is not None and cost is not None and cost >= limit.max_cost:
        return True
    if limit.max_energy_wh is not None and imported_wh >= limit.max_energy_wh:
        return True
    return limit.max_time_s is not None and lasted_s >= limit.max_time_s
