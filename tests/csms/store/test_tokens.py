"""Tokens in a real database: found by key and type, by one query."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.authorization import (
    AuthorizationStatus,
    PersonalMessage,
    Presented,
    Token,
    TokenPolicy,
    TokenRef,
)
from csms.domain.ids import ChargingStationId, IdToken, TransactionId
from csms.store import tables, tokens
from csms.store.direct import Direct
from csms.store.tokens import PostgresTokens

pytestmark = pytest.mark.integration
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STRICT = TokenPolicy(accept_unknown=False)
CARD = Token(
    ref=TokenRef(IdToken("AbC1"), "ISO14443"),
    status=AuthorizationStatus.ACCEPTED,
    group=TokenRef(IdToken("fleet"), "Local"),
    expires_at=NOON + timedelta(days=1),
    cache_s=60,
    charging_priority=2,
    personal_message=PersonalMessage("Hello", language="en"),
    places={"cs1": (1, 2)},
)
SHOWN = Presented(
    id_token=IdToken("aBc1"), type="ISO14443", station_id=ChargingStationId("cs1"), starts=True
)


@pytest.fixture(autouse=True)
async def nothing_listed(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.execute(delete(tables.id_token))
        await conn.execute(delete(tables.transaction))


async def put(engine: AsyncEngine, token: Token, expected: int | None = None) -> int | None:
    async with engine.begin() as conn:
        return await tokens.put(conn, token, NOON, expected_version=expected)


async def status(direct: Direct, presented: Presented = SHOWN, policy: TokenPolicy = STRICT) -> str:
    return (await PostgresTokens(direct, policy).info(presented, NOON)).status.value


async def test_a_token_comes_back_as_it_was_listed(engine: AsyncEngine) -> None:
    await put(engine, CARD)
    async with engine.connect() as conn:
        stored = await tokens.get(conn, TokenRef(IdToken("ABC1"), "ISO14443"))
    assert stored is not None
    assert (stored.token, stored.version) == (CARD, 1)


async def test_the_type_counts_and_central_stands_for_all(
    engine: AsyncEngine, direct: Direct
) -> None:
    await put(engine, CARD)
    assert await status(direct) == "Accepted"
    assert await status(direct, replace(SHOWN, type=None)) == "Accepted"  # OCPP 1.6 has none
    assert await status(direct, replace(SHOWN, type="KeyCode")) == "Unknown"
    central = replace(CARD, ref=TokenRef(IdToken("ABC1")), status=AuthorizationStatus.BLOCKED)
    await put(engine, central)
    assert await status(direct, replace(SHOWN, type="KeyCode")) == "Blocked"
    assert await status(direct) == "Accepted"  # its own type goes first


async def test_a_contract_with_and_without_hyphens(engine: AsyncEngine, direct: Direct) -> None:
    contract = replace(CARD, ref=TokenRef(IdToken("DE-8AA-C1"), "eMAID"))
    await put(engine, contract)
    shown = replace(SHOWN, id_token=IdToken("de8aac1"), type="eMAID")
    assert await status(direct, shown) == "Accepted"


async def test_tokens_nobody_listed_follow_the_policy(direct: Direct) -> None:
    assert await status(direct) == "Unknown"
    assert await status(direct, policy=TokenPolicy(accept_unknown=True)) == "Accepted"


async def test_a_change_needs_its_version(engine: AsyncEngine) -> None:
    assert await put(engine, CARD, expected=0) == 1
    assert await put(engine, CARD, expected=0) is None
    assert await put(engine, CARD, expected=2) is None
    assert await put(engine, CARD, expected=1) == 2
    assert await put(engine, CARD) == 3


async def test_one_transaction_at_a_time(engine: AsyncEngine, direct: Direct) -> None:
    await put(engine, CARD)
    alone = TokenPolicy(accept_unknown=False, concurrent_transactions=False)
    row = {
        "station_id": "cs2",
        "transaction_id": "tx1",
        "id_token": "ABC1",
        "started_at": NOON,
        "last_event_at": NOON,
        "imported_wh": 0.0,
        "exported_wh": 0.0,
        "event_count": 1,
    }
    async with engine.begin() as conn:
        await conn.execute(insert(tables.transaction).values(row))
    assert await status(direct, policy=alone) == "ConcurrentTx"
    own = replace(SHOWN, station_id=ChargingStationId("cs2"), transaction_id=TransactionId("tx1"))
    assert await status(direct, own, alone) == "NotAtThisLocation"  # but not of itself
    unlisted = replace(alone, accept_unknown=True)
    async with engine.begin() as conn:
        await tokens.delete(conn, CARD.ref)
    assert await status(direct, own, unlisted) == "Accepted"
    assert await status(direct, SHOWN, unlisted) == "ConcurrentTx"
