"""Local lists: what stations hold of our tokens, and what they shall hold."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.authorization import Token, told
from csms.domain.ids import ChargingStationId
from csms.domain.local_list import Entry, HeldList
from csms.ocppj.outbound201 import id_token as wire_token
from csms.ocppj.outbound201 import id_token_info
from csms.store.engine import outage_named
from csms.store.tables import id_token, local_list
from csms.store.tokens import token_of


class PostgresLocalLists:
    """Implements `outbound.ports_authorization.LocalLists`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def held(self, station_id: ChargingStationId) -> HeldList | None:
        """As it was told last. Raises StoreUnavailable."""
        query = select(local_list).where(local_list.c.station_id == station_id)
        with outage_named():
            async with self._engine.connect() as conn:
                row = (await conn.execute(query)).mappings().first()
        return None if row is None else HeldList(row["version"], row["entries"])

    async def wanted(self, station_id: ChargingStationId, now: datetime) -> Sequence[Entry]:
        """An entry for each token that may charge there; a prepaid one must be asked for each time
        (C17). Raises StoreUnavailable."""
        here = or_(id_token.c.places.is_(None), id_token.c.places.has_key(station_id))
        query = (
            select(id_token)
            .where(here, id_token.c.paid_in.is_(None))
            .order_by(id_token.c.id_key, id_token.c.type)
        )
        with outage_named():
            async with self._engine.connect() as conn:
                rows = (await conn.execute(query)).mappings().all()
        return [entry_of(token_of(row), station_id, now) for row in rows]


def entry_of(token: Token, station_id: ChargingStationId, now: datetime) -> Entry:
    """AuthorizationData in JSON values; it ends with the token, not with a cache."""
    info = replace(told(token, station_id, now), cache_expires_at=token.expires_at)
    entry: Entry = msgspec.to_builtins(
        {"idToken": wire_token(token.ref), "idTokenInfo": id_token_info(info)}
    )
    return entry
