"""Settlements that are due, a real provider, and one that is away."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import Clock, wall_now
from csms.domain.authorization import AuthorizationStatus, Token, TokenRef
from csms.domain.facts_limits import SettlementDue, SettlementEnded
from csms.domain.facts_v21 import PaymentSettled
from csms.domain.ids import ChargingStationId, IdToken, TransactionId
from csms.domain.limits import TransactionLimit
from csms.domain.settling import Asked, Decision, SettlingStatus
from csms.payments import PaymentProvider, Settlements
from csms.store import settling, tables, tokens
from csms.store.journal import PostgresJournal
from tests.provider import SETTLED, Provider, provider

pytestmark = pytest.mark.integration
TX = TransactionId("tx1")


@dataclass
class Till:
    """One payment of one station, and those who may settle it."""

    engine: AsyncEngine
    journal: PostgresJournal
    provider: Provider
    settlements: Settlements
    station_id: ChargingStationId
    psp_ref: IdToken

    async def ends(self, cost: str | None = "4.00", currency: str = "GBP") -> None:
        """The transaction ends, and costs so much (None: nobody knows)."""
        if cost is not None:
            row = {
                "station_id": self.station_id, "transaction_id": TX, "event_count": 2,
                "tariff_id": "t", "tariff": {}, "currency": currency, "total": Decimal(cost),
                "total_with_tax": Decimal(cost), "parts": {}, "final": True,
                "updated_at": wall_now(),
            }  # fmt: skip
            async with self.engine.begin() as conn:
                await conn.execute(insert(tables.transaction_cost).values(row))
        due = SettlementDue(
            station_id=self.station_id, psp_ref=self.psp_ref, transaction_id=TX, at=wall_now()
        )
        await self.journal.commit([due])
        await self.journal.commit([due])

    async def row(self) -> dict[str, Any]:
        of_station = tables.payment_settling.c.station_id == self.station_id
        async with self.engine.connect() as conn:
            found = await conn.execute(select(tables.payment_settling).where(of_station))
            return dict(found.mappings().one())

    async def time_passes(self) -> None:
        """Its next turn has come."""
        of_station = tables.payment_settling.c.station_id == self.station_id
        past = {"again_at": wall_now() - timedelta(seconds=1)}
        async with self.engine.begin() as conn:
            await conn.execute(update(tables.payment_settling).where(of_station).values(past))

    async def notices(self) -> list[dict[str, Any]]:
        of_station = tables.station_notice.c.station_id == self.station_id
        async with self.engine.connect() as conn:
            found = await conn.execute(select(tables.station_notice.c.payload).where(of_station))
            return list(found.scalars())


@pytest.fixture
async def till(database_url: str, engine: AsyncEngine) -> AsyncIterator[Till]:
    station_id = ChargingStationId(f"cs-{uuid4().hex[:8]}")
    async with (
        provider() as asked,
        PostgresJournal(database_url, lambda facts: None) as journal,
    ):
        who = PaymentProvider(asked.url, SecretStr("a-word"))
        settlements = Settlements(engine, journal, Clock(), who)
        psp_ref = IdToken(f"PSP-{station_id}")
        yield Till(engine, journal, asked, settlements, station_id, psp_ref)


async def test_what_is_due_is_settled_once_with_its_receipt(till: Till) -> None:
    await till.ends("4.00")
    assert await till.settlements.step() == 1
    row = await till.row()
    assert (row["status"], row["amount"], row["currency"]) == ("Settled", Decimal("4.00"), "GBP")
    assert (row["receipt_id"], row["receipt_url"]) == ("r-1", SETTLED["receipt_url"])
    ((key, wish),) = till.provider.asked
    assert key
    assert till.provider.authorization == "Bearer a-word"
    assert wish == {
        "reference": till.psp_ref,
        "amount": "4.00",
        "currency": "GBP",
        "station": till.station_id,
        "transaction": TX,
    }
    await till.time_passes()
    assert await till.settlements.step() == 0


@pytest.mark.parametrize(
    "answer",
    [(503, b""), (200, b"not json"), (200, {"status": "perhaps"}), (200, b'"' + b"x" * 20_000)],
    ids=["away", "not JSON", "no status of ours", "too much"],
)
async def test_who_says_nothing_of_use_is_asked_again_later_under_the_same_key(
    till: Till, answer: tuple[int, Any]
) -> None:
    till.provider.answers[till.psp_ref] = answer
    await till.ends("4.00")
    assert await till.settlements.step() == 1
    row = await till.row()
    assert (row["status"], row["attempts"]) == ("Due", 1)
    assert row["reason"].startswith("the provider: ")
    assert row["again_at"] > wall_now()
    assert await till.settlements.step() == 0  # not its turn yet
    async with till.engine.begin() as conn:  # a late event corrects the cost: too late
        await conn.execute(
            update(tables.transaction_cost)
            .where(tables.transaction_cost.c.station_id == till.station_id)
            .values(total_with_tax=Decimal(5))
        )
    del till.provider.answers[till.psp_ref]
    await till.time_passes()
    assert await till.settlements.step() == 1
    first, second = till.provider.asked
    assert first == second
    assert (await till.row())["status"] == "Settled"


async def test_a_refusal_is_an_end_that_a_person_hears_of(till: Till) -> None:
    till.provider.answers[till.psp_ref] = (200, {"status": "refused", "reason": "expired"})
    await till.ends("4.00")
    await till.settlements.step()
    row = await till.row()
    assert (row["status"], row["reason"]) == ("Refused", "expired")
    (told,) = await till.notices()
    assert (told["pspRef"], told["status"]) == (till.psp_ref, "Refused")


async def test_no_more_than_was_reserved_is_taken(till: Till) -> None:
    reserved = Token(
        ref=TokenRef(till.psp_ref, "DirectPayment"),
        status=AuthorizationStatus.ACCEPTED,
        limits=TransactionLimit(max_cost=Decimal(10)),
    )
    async with till.engine.begin() as conn:
        await tokens.put(conn, reserved, wall_now())
    await till.ends("10.40")
    await till.settlements.step()
    assert till.provider.asked[0][1]["amount"] == "10.00"


async def test_what_nobody_knows_the_cost_of_is_left_to_an_operator(till: Till) -> None:
    await till.ends(None)
    await till.settlements.step()
    row = await till.row()
    assert (row["status"], till.provider.asked) == ("Operator", [])
    assert "tariff" in row["reason"]


@pytest.mark.parametrize(
    ("status", "of_this", "asked"),
    [("Settled", True, 0), ("Canceled", True, 0), ("Failed", True, 1), ("Settled", False, 1)],
    ids=["settled", "canceled", "failed", "of another transaction"],
)
async def test_what_the_station_dealt_with_is_not_taken_again(
    till: Till, status: str, of_this: bool, asked: int
) -> None:
    """By its own word, however old; and its row stays its own."""
    told = PaymentSettled(
        station_id=till.station_id, psp_ref=till.psp_ref, status=status, amount=4.0,
        at=wall_now() - timedelta(hours=1), transaction_id=TX if of_this else TransactionId("tx0"),
        receipt_id=None, receipt_url=None, payload={},
    )  # fmt: skip
    await till.journal.commit([told])
    await till.ends("4.00")
    await till.settlements.step()
    assert len(till.provider.asked) == asked
    assert (await till.row())["status"] == ("Settled" if asked else "Station")
    async with till.engine.connect() as conn:
        own = select(tables.settlement.c.status).where(
            tables.settlement.c.station_id == till.station_id
        )
        assert list((await conn.execute(own)).scalars()) == [status]


async def test_two_that_look_at_a_time_ask_once(till: Till) -> None:
    await till.ends("4.00")
    async with till.engine.begin() as first, till.engine.begin() as second:
        assert len(await settling.claim(first, wall_now(), 8)) == 1
        assert await settling.claim(second, wall_now(), 8) == []


async def test_an_end_stays(till: Till) -> None:
    await till.ends("4.00")
    await till.settlements.step()
    late = SettlementEnded(
        station_id=till.station_id,
        transaction_id=TX,
        status=SettlingStatus.REFUSED,
        at=wall_now(),
    )
    await till.journal.commit([late])
    assert (await till.row())["status"] == "Settled"


async def test_without_a_provider_nothing_stays_due(till: Till) -> None:
    await till.ends("4.00")
    till.settlements.provider = None
    assert await till.settlements.step() == 0
    row = await till.row()
    assert (row["status"], row["reason"]) == ("Operator", "no payment provider is set")


async def test_an_operator_has_the_provider_asked_once_there_is_one(till: Till) -> None:
    await till.ends("4.00")
    there, till.settlements.provider = till.settlements.provider, None
    await till.settlements.step()
    till.settlements.provider = there
    assert await till.settlements.step() == 0  # it is an operator's
    async with till.engine.begin() as conn:
        asked = (till.station_id, TX, Decision.SETTLE, None, wall_now())
        assert await settling.decide(conn, *asked)
        assert not await settling.decide(conn, *asked)
    assert await till.settlements.step() == 1
    row = await till.row()
    assert (row["status"], row["receipt_id"]) == ("Settled", "r-1")
    assert len(till.provider.asked) == 1


async def test_what_was_written_off_is_never_taken(till: Till) -> None:
    await till.ends(None)
    await till.settlements.step()
    async with till.engine.begin() as conn:
        asked = (till.station_id, TX, Decision.WRITE_OFF, "a present", wall_now())
        assert await settling.decide(conn, *asked)
        assert not await settling.decide(conn, till.station_id, TX, Decision.SETTLE, None, asked[4])
    await till.time_passes()
    assert await till.settlements.step() == 0
    row = await till.row()
    assert (row["status"], row["reason"], till.provider.asked) == ("WrittenOff", "a present", [])


async def test_what_was_refused_is_asked_for_anew_under_another_reference_and_key(
    till: Till,
) -> None:
    till.provider.answers[till.psp_ref] = (200, {"status": "refused", "reason": "expired"})
    await till.ends("4.00")
    await till.settlements.step()
    anew = Asked(amount=Decimal("3.00"), currency="GBP", reference=f"{till.psp_ref}-2")
    async with till.engine.begin() as conn:
        now = wall_now()
        decision = (till.station_id, TX, Decision.SETTLE, None, now)
        assert not await settling.decide(conn, *decision), "it would say the same again"
        stale = replace(anew, revised=7)
        assert not await settling.decide(conn, *decision, stale), "somebody was faster"
        assert await settling.decide(conn, *decision, anew)
    assert await till.settlements.step() == 1
    (first, _), (second, wish) = till.provider.asked
    assert first != second
    assert (wish["reference"], wish["amount"]) == (f"{till.psp_ref}-2", "3.00")
    assert (await till.row())["status"] == "Settled"


async def test_what_cost_other_money_than_was_reserved_is_left_to_an_operator(till: Till) -> None:
    reserved = Token(
        ref=TokenRef(till.psp_ref, "DirectPayment"),
        status=AuthorizationStatus.ACCEPTED,
        paid_in=Decimal(10),
        paid_currency="GBP",
    )
    async with till.engine.begin() as conn:
        await tokens.put(conn, reserved, wall_now())
    await till.ends("4.00", currency="EUR")
    await till.settlements.step()
    row = await till.row()
    assert (row["status"], row["amount"], till.provider.asked) == ("Operator", None, [])
    assert row["reason"] == "it cost 4.00 EUR, but what was reserved is in GBP"
    said = Asked(amount=Decimal("3.50"), currency="GBP", reference=till.psp_ref)
    async with till.engine.begin() as conn:
        decision = (till.station_id, TX, Decision.SETTLE, None, wall_now())
        assert await settling.decide(conn, *decision, said)
    await till.settlements.step()
    ((_, wish),) = till.provider.asked
    assert (wish["amount"], wish["currency"]) == ("3.50", "GBP")
