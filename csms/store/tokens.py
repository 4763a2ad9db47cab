"""Who may charge: the listed tokens, and one policy for all others.

A token is known by its key and type; one that is listed as Central stands for every type, because
whoever lists a card seldom knows what a station's reader will call it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import delete as sql_delete
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.authorization import (
    CENTRAL,
    EMAID,
    NOTHING,
    AuthorizationStatus,
    IdTokenInfo,
    PersonalMessage,
    Presented,
    Token,
    TokenPolicy,
    TokenRef,
    judge,
)
from csms.domain.ids import IdToken
from csms.store.direct import Direct
from csms.store.limits import SPENT, limit_of, values_of
from csms.store.tables import id_token as kept

STILL_OPEN: Final = timedelta(days=1)
"""A transaction that nobody heard of for so long no longer keeps its token from starting another:
its end was lost."""

# One round trip: the listed token, if any, whether it charges somewhere else, what it has spent.
LOOK_UP = """SELECT listed.*, {elsewhere} AS elsewhere,
    CASE WHEN listed.paid_in IS NOT NULL THEN {spent} END AS spent
    FROM (SELECT 1) AS one LEFT JOIN LATERAL (
    SELECT * FROM csms.id_token kept WHERE kept.id_key = ANY($3::text[])
        AND (kept.type IN ($4::text, 'Central') OR $4::text IS NULL)
    ORDER BY kept.type = $4::text DESC, kept.type LIMIT 1) AS listed ON true"""
ELSEWHERE = """EXISTS (SELECT 1 FROM csms.transaction other
    WHERE lower(other.id_token) = ANY($3::text[]) AND other.ended_at IS NULL
        AND other.last_event_at > $5 AND (other.station_id, other.transaction_id)
            IS DISTINCT FROM ($1::text, $2::text))"""


class PostgresTokens:
    """Implements `handlers.ports.Tokens`."""

    def __init__(self, direct: Direct, policy: TokenPolicy) -> None:
        self._direct = direct
        self._policy = policy
        elsewhere = "false" if policy.concurrent_transactions else ELSEWHERE
        self._look_up = LOOK_UP.format(elsewhere=elsewhere, spent=SPENT)

    async def info(self, presented: Presented, now: datetime) -> IdTokenInfo:
        """What the token may where it is presented. Raises StoreUnavailable."""
        ref = TokenRef(presented.id_token, presented.type or CENTRAL)
        keys = sorted({ref.key, TokenRef(presented.id_token, EMAID).key})
        asked: tuple[object, ...] = (
            presented.station_id,
            presented.transaction_id,
            keys,
            presented.type,
        )
        if not self._policy.concurrent_transactions:
            asked += (now - STILL_OPEN,)
        (row,) = await self._direct.rows(self._look_up, *asked)
        token = None if row["id_key"] is None else token_of(_decoded(row))
        told = {"charges_elsewhere": row["elsewhere"], "spent": row["spent"] or NOTHING}
        return judge(token, presented, self._policy, now, **told)


def _decoded(row: Mapping[str, Any]) -> dict[str, Any]:
    """JSON comes as its text."""
    told = dict(row)
    for name in ("personal_message", "places", "limits"):
        told[name] = told[name] and orjson.loads(told[name])
    return told


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token and the version of its row, which rises with each change."""

    token: Token
    version: int


async def get(conn: AsyncConnection, ref: TokenRef, *, lock: bool = False) -> StoredToken | None:
    """The token listed so, or None."""
    query = select(kept).where(kept.c.id_key == ref.key, kept.c.type == ref.type)
    row = (await conn.execute(query.with_for_update() if lock else query)).mappings().first()
    return None if row is None else StoredToken(token_of(row), row["version"])


async def put(
    conn: AsyncConnection, token: Token, now: datetime, *, expected_version: int | None = None
) -> int | None:
    """List a token, or change it; its new version. None: `expected_version` (0: it is not listed
    yet) is not the one that is stored, and nothing was changed."""
    row = row_of(token) | {"updated_at": now}
    if expected_version:
        change = (
            update(kept)
            .where(kept.c.id_key == row["id_key"], kept.c.type == row["type"])
            .where(kept.c.version == expected_version)
            .values(row | {"version": kept.c.version + 1})
            .returning(kept.c.version)
        )
        changed: int | None = await conn.scalar(change)
        return changed
    new = insert(kept).values(row)
    if expected_version == 0:
        new = new.on_conflict_do_nothing()
    else:
        new = new.on_conflict_do_update(
            index_elements=["id_key", "type"], set_=row | {"version": kept.c.version + 1}
        )
    stored: int | None = await conn.scalar(new.returning(kept.c.version))
    return stored


async def delete(conn: AsyncConnection, ref: TokenRef) -> bool:
    """Strike a token off the list; False if it was not there."""
    which = sql_delete(kept).where(kept.c.id_key == ref.key, kept.c.type == ref.type)
    return bool((await conn.execute(which)).rowcount)


def row_of(token: Token) -> dict[str, Any]:
    """The columns that say what a token is."""
    message = token.personal_message
    return {
        "id_key": token.ref.key,
        "type": token.ref.type,
        "id_token": token.ref.id_token,
        "status": token.status.value,
        "group_id_token": token.group.id_token if token.group else None,
        "group_type": token.group.type if token.group else None,
        "valid_from": token.valid_from,
        "expires_at": token.expires_at,
        "cache_s": token.cache_s,
        "charging_priority": token.charging_priority,
        "language1": token.language1,
        "language2": token.language2,
        "personal_message": None
        if message is None
        else {"content": message.content, "format": message.format, "language": message.language},
        "places": None if token.places is None else dict(token.places),
        "paid_in": token.paid_in,
        "paid_currency": token.paid_currency,
        "limits": values_of(token.limits) or None,
    }


def token_of(row: RowMapping | Mapping[str, Any]) -> Token:
    """The token that a row holds."""
    group, message, places = row["group_id_token"], row["personal_message"], row["places"]
    return Token(
        ref=TokenRef(IdToken(row["id_token"]), row["type"]),
        status=AuthorizationStatus(row["status"]),
        group=TokenRef(IdToken(group), row["group_type"] or CENTRAL) if group else None,
        valid_from=row["valid_from"],
        expires_at=row["expires_at"],
        cache_s=row["cache_s"],
        charging_priority=row["charging_priority"],
        language1=row["language1"],
        language2=row["language2"],
        personal_message=PersonalMessage(**message) if message else None,
        places=None
        if places is None
        else {station_id: tuple(evse_ids) for station_id, evse_ids in places.items()},
        paid_in=row["paid_in"],
        paid_currency=row["paid_currency"],
        limits=limit_of(row["limits"]),
    )
