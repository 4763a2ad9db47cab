"""Payments that are ours to settle: which are due, claimed before anybody is asked."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.ids import ChargingStationId, IdToken, TransactionId
from csms.domain.settling import (
    DECIDED,
    NO_COST,
    NO_PROVIDER,
    OTHER_CURRENCY,
    Asked,
    Decision,
    Settling,
    SettlingStatus,
    charged,
    wait_after,
)
from csms.store.limits import limit_of
from csms.store.tables import id_token, payment_settling, settlement, transaction_cost

told = payment_settling.c
DONE_BY_STATION: Final = ("Settled", "Canceled")


async def claim(conn: AsyncConnection, at: datetime, most: int) -> list[Settling]:
    """Up to `most` that may be asked for at `at` (real time), the oldest first. Each is taken until
    its next turn comes, so whoever asks and fails need not say so; its amount is fixed."""
    claimed = []
    for row in (await conn.execute(_due(at, most))).mappings().all():
        amount, currency, unknown = _amount(row)
        attempts = row["attempts"] + 1
        await conn.execute(
            update(payment_settling)
            .where(told.station_id == row["station_id"])
            .where(told.transaction_id == row["transaction_id"])
            .values(
                amount=amount,
                currency=currency,
                attempts=attempts,
                again_at=at + wait_after(attempts),
            )
        )
        one = Settling(
            station_id=ChargingStationId(row["station_id"]),
            transaction_id=TransactionId(row["transaction_id"]),
            psp_ref=IdToken(row["asked_as"] or row["psp_ref"]),
            revised=row["revised"],
            amount=amount,
            currency=currency,
            attempts=attempts,
            by_station=row["by_station"],
            unknown=unknown,
        )
        claimed.append(one)
    return claimed


async def note_failure(conn: AsyncConnection, one: Settling, reason: str) -> None:
    """Why it is not settled yet."""
    await conn.execute(
        update(payment_settling)
        .where(told.station_id == one.station_id, told.transaction_id == one.transaction_id)
        .where(told.status == SettlingStatus.DUE)
        .values(reason=reason)
    )


async def leave_to_operator(conn: AsyncConnection, now: datetime) -> int:
    """Nothing is due where nobody can be asked; how many that were."""
    left = await conn.execute(
        update(payment_settling)
        .where(told.status == SettlingStatus.DUE)
        .values(status=SettlingStatus.OPERATOR, reason=NO_PROVIDER, ended_at=now)
    )
    return left.rowcount


async def decide(
    conn: AsyncConnection,
    station_id: str,
    transaction_id: str,
    decision: Decision,
    reason: str | None,
    now: datetime,
    asked: Asked | None = None,
) -> bool:
    """A person's word on what the provider did not take, and, where that is to be `asked` for in
    other words, which; False: there is none to be said."""
    before, after = DECIDED[decision]
    due = after is SettlingStatus.DUE
    if due and asked is None:
        before = before - {SettlingStatus.REFUSED}
    changes: dict[str, Any] = {}
    if due and asked is not None:
        changes = {
            "amount": asked.amount,
            "currency": asked.currency,
            "asked_as": asked.reference,
            "revised": asked.revised + 1,
        }
    done = await conn.execute(
        update(payment_settling)
        .where(told.station_id == station_id, told.transaction_id == transaction_id)
        .where(told.status.in_(before))
        .where(told.revised == (told.revised if asked is None else asked.revised))
        .values(
            status=after,
            reason=reason if due else func.coalesce(reason, told.reason),
            ended_at=None if due else now,
            again_at=None,
            **changes,
        )
    )
    return bool(done.rowcount)


def _due(at: datetime, most: int) -> Any:
    """With the cost that is known, what was reserved, and whether the station was faster."""
    cost, token, own = transaction_cost.c, id_token.c, settlement.c
    by_station = (
        select(own.psp_ref)
        .where(own.station_id == told.station_id, own.psp_ref == told.psp_ref)
        .where(own.status.in_(DONE_BY_STATION))
        .where(func.coalesce(own.transaction_id, told.transaction_id) == told.transaction_id)
        .exists()
    )
    return (
        select(
            payment_settling,
            cost.total_with_tax,
            cost.currency.label("cost_currency"),
            token.limits,
            token.paid_currency,
            by_station.label("by_station"),
        )
        .outerjoin(
            transaction_cost,
            (cost.station_id == told.station_id)
            & (cost.transaction_id == told.transaction_id)
            & cost.final,
        )
        .outerjoin(
            id_token, (token.id_key == func.lower(told.psp_ref)) & (token.type == "DirectPayment")
        )
        .where(told.status == SettlingStatus.DUE)
        .where(func.coalesce(told.again_at, at) <= at)
        .order_by(told.due_at, told.station_id, told.transaction_id)
        .limit(most)
        .with_for_update(of=payment_settling, skip_locked=True)
    )


def _amount(row: RowMapping) -> tuple[Decimal | None, str | None, str]:
    """What to ask for, else why nobody knows it: nothing is converted."""
    if row["amount"] is not None or row["total_with_tax"] is None:
        return row["amount"], row["currency"], NO_COST
    currency: str = row["cost_currency"]
    if row["paid_currency"] not in (None, currency):
        cost = f"{row['total_with_tax']} {currency}"
        return None, None, OTHER_CURRENCY.format(cost=cost, reserved=row["paid_currency"])
    reserved = limit_of(row["limits"]).max_cost
    return charged(row["total_with_tax"], currency, reserved), currency, NO_COST
