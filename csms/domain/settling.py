"""Settling with a payment provider what a direct payment came to (OCPP 2.1, C21, C24 and C25).

Each transaction is settled once: its key is the same whoever asks, and however often. Only what a
provider refused, or was never asked, may be asked for in other words, under another key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from csms.domain.authorization import NOTHING
from csms.domain.cost import rounded
from csms.domain.ids import ChargingStationId, IdToken, TransactionId

FIRST_WAIT: Final = timedelta(seconds=30)
"""Longer than one request may take, so that no two csms ask at a time."""
LONGEST_WAIT: Final = timedelta(hours=1)
NO_PROVIDER: Final = "no payment provider is set"
OTHER_CURRENCY: Final = "it cost {cost}, but what was reserved is in {reserved}"
NO_COST: Final = "nobody knows what it cost: no tariff was in force"
BY_STATION: Final = "the station told that it had dealt with the payment itself"


class SettlingStatus(StrEnum):
    """`Due`: the provider will be asked; all others are an end. `Station`: it settled or canceled
    the payment itself; `Operator`: nobody could ask, so a person decides; `WrittenOff`: one did."""

    DUE = "Due"
    SETTLED = "Settled"
    REFUSED = "Refused"
    STATION = "Station"
    OPERATOR = "Operator"
    WRITTEN_OFF = "WrittenOff"


class Decision(StrEnum):
    """What a person does about a payment: has the provider asked (again), or takes nothing."""

    SETTLE = "settle"
    WRITE_OFF = "write_off"


DECIDED: Final[Mapping[Decision, tuple[frozenset[SettlingStatus], SettlingStatus]]] = {
    Decision.SETTLE: (
        frozenset({SettlingStatus.OPERATOR, SettlingStatus.REFUSED}),
        SettlingStatus.DUE,
    ),
    Decision.WRITE_OFF: (
        frozenset({SettlingStatus.OPERATOR, SettlingStatus.REFUSED}),
        SettlingStatus.WRITTEN_OFF,
    ),
}
"""From what to what each leads."""


class RevisionRefusal(StrEnum):
    """Why a payment is not asked for in these words."""

    UNCHANGED = "the provider refused this: say another amount or reference"
    PERHAPS_TAKEN = "the provider was asked for it and may have taken it: the words must stay"
    NO_CURRENCY = "nobody knows its currency: say it"
    OTHER_CURRENCY = "it is in another currency"
    NO_AMOUNT = "nobody knows what it cost: say the amount"
    TOO_MUCH = "more than was reserved under this reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a provider is asked for. `amount` and `currency` None: what the transaction cost.
    `revised` is how often a person had changed it before."""

    amount: Decimal | None = None
    currency: str | None = None
    reference: str
    revised: int = 0


def revision_refusal(
    status: SettlingStatus, before: Asked, after: Asked, reserved: Decimal | None
) -> RevisionRefusal | None:
    """May a person who says `settle` have `after` asked for instead of `before`? `reserved` under
    `after.reference`, None: that is not known."""
    if status is SettlingStatus.REFUSED:
        if after == before:
            return RevisionRefusal.UNCHANGED
    elif before.amount is not None and after != before:
        return RevisionRefusal.PERHAPS_TAKEN
    if before.currency is not None and after.currency != before.currency:
        return RevisionRefusal.OTHER_CURRENCY
    if after.amount is None:
        return RevisionRefusal.NO_AMOUNT if after != before else None
    if after.currency is None:
        return RevisionRefusal.NO_CURRENCY
    if reserved is not None and after.amount > reserved:
        return RevisionRefusal.TOO_MUCH
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """What a provider is asked: to take `amount`, 0: to release what was reserved. None: nobody
    knows the cost. `by_station`: it told that it settled or canceled the payment itself."""

    station_id: ChargingStationId
    transaction_id: TransactionId
    psp_ref: IdToken
    amount: Decimal | None
    currency: str | None
    attempts: int
    by_station: bool = False
    revised: int = 0
    """How often a person changed what is asked for."""
    unknown: str = NO_COST
    """Why there is no amount, if there is none."""

    @property
    def key(self) -> UUID:
        """The Idempotency-Key."""
        name = f"urn:v2ghub:settling:{self.station_id}:{self.transaction_id}"
        return uuid5(NAMESPACE_URL, f"{name}:{self.revised}" if self.revised else name)


def charged(cost: Decimal, currency: str, reserved: Decimal | None) -> Decimal:
    """What is taken: the cost, not more than was reserved, and nothing where we would owe."""
    most = cost if reserved is None else min(cost, reserved)
    return rounded(max(most, NOTHING), currency)


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many requests (from 1) before the next: twice as long each time."""
    doublings = max(min(attempts - 1, 10), 0)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
