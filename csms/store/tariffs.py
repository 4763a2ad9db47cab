"""Tariffs: which one a driver comes under, and the one that a transaction keeps to its end."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import orjson
from sqlalchemy import delete as sql_delete
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.authorization import EMAID, TokenRef
from csms.domain.ids import ChargingStationId, EvseId, IdToken, TransactionId
from csms.domain.tariff import Tariff, TariffInForce
from csms.domain.transaction import Transaction
from csms.store.direct import Direct
from csms.store.tables import tariff_use

KEPT: Final = 4_096
SCOPES: Final = ("token", "evse", "station", "default")
"""In the order in which they win."""

IN_FORCE: Final = """SELECT COALESCE(
        (SELECT kept.tariff FROM csms.transaction_cost kept
            WHERE kept.station_id = $1::text AND kept.transaction_id = $2::text),
        (SELECT tariff.definition FROM csms.tariff_use used
            JOIN csms.tariff ON tariff.tariff_id = used.tariff_id
            WHERE (used.scope = 'token' AND used.key = ANY($3::text[]))
                OR (used.scope = 'evse' AND used.key = $4::text)
                OR (used.scope = 'station' AND used.key = $1::text)
                OR used.scope = 'default'
            ORDER BY array_position(ARRAY['token', 'evse', 'station', 'default'], used.scope)
            LIMIT 1)) AS definition,
    ARRAY(SELECT lower(variable.variable_instance) FROM csms.variable
        WHERE variable.station_id = $1::text AND lower(variable.component) = 'tariffcostctrlr'
            AND lower(variable.variable) = 'available' AND lower(variable.value) = 'true'
    ) AS shows,
    EXISTS (SELECT 1 FROM csms.variable WHERE variable.station_id = $1::text
        AND lower(variable.component) = 'tariffcostctrlr' AND lower(variable.variable) = 'enabled'
        AND lower(variable.variable_instance) = 'tariff' AND lower(variable.value) = 'true'
    ) AS computes,
    EXISTS (SELECT 1 FROM csms.tariff_use WHERE scope = 'token' AND key = ANY($3::text[])) AS own"""

CURRENCIES: Final = text(
    """SELECT DISTINCT tariff.definition ->> 'currency' FROM csms.tariff WHERE tariff.tariff_id IN (
        (SELECT used.tariff_id FROM csms.tariff_use used
            WHERE (used.scope = 'evse' AND used.key = :evse)
                OR (used.scope = 'station' AND used.key = :station) OR used.scope = 'default'
            ORDER BY array_position(ARRAY['evse', 'station', 'default'], used.scope) LIMIT 1)
        UNION ALL
        (SELECT used.tariff_id FROM csms.tariff_use used
            WHERE :any AND used.scope = 'evse' AND starts_with(used.key, :evses)))"""
)
OF_STATION: Final = text(
    """SELECT DISTINCT payload ->> 'currency' FROM csms.station_tariff
    WHERE station_id = :station AND (:any OR evse_id IN (0, :evse_id))
        AND payload ->> 'currency' IS NOT NULL"""
)


class PostgresTariffs:
    """Implements `handlers.ports.Tariffs`. What a running transaction came under is kept at hand:
    a change of the tariff does not touch it."""

    def __init__(self, direct: Direct, kept: int = KEPT) -> None:
        self._direct = direct
        self._kept = kept
        self._known: OrderedDict[tuple[object, ...], TariffInForce | None] = OrderedDict()

    async def in_force(self, transaction: Transaction) -> TariffInForce | None:
        """The transaction's tariff, None if it has none. Raises StoreUnavailable."""
        key = (
            transaction.station_id,
            transaction.transaction_id,
            transaction.evse_id,
            transaction.id_token,
        )
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        found = self._known[key] = await self._find(*key)
        if len(self._known) > self._kept:
            self._known.popitem(last=False)
        return found

    async def for_driver(
        self, station_id: ChargingStationId, id_token: IdToken
    ) -> TariffInForce | None:
        """The tariff that a driver would come under. Raises StoreUnavailable."""
        return await self._find(station_id, None, None, id_token)

    async def _find(
        self,
        station_id: ChargingStationId,
        transaction_id: TransactionId | None,
        evse_id: EvseId | None,
        id_token: IdToken | None,
    ) -> TariffInForce | None:
        refs = [TokenRef(id_token), TokenRef(id_token, EMAID)] if id_token else []
        tokens = sorted({ref.key for ref in refs})
        place = f"{station_id}/{evse_id}"
        (row,) = await self._direct.rows(IN_FORCE, station_id, transaction_id, tokens, place)
        if row["definition"] is None:
            return None
        return TariffInForce(
            tariff=tariff_of(orjson.loads(row["definition"])),
            shows_tariff="tariff" in row["shows"],
            shows_cost="cost" in row["shows"],
            computes=row["computes"],
            of_driver=row["own"],
        )


def tariff_of(definition: Mapping[str, Any]) -> Tariff:
    """A tariff from its JSON. Raises msgspec.ValidationError if it is none."""
    return msgspec.convert(definition, Tariff)


async def currencies(conn: AsyncConnection, station_id: str, evse_id: int | None) -> set[str]:
    """In which money somebody without a tariff of their own is charged there; at a station as a
    whole (`evse_id` None) it may be several. Without a tariff of ours the station's count; none: it
    has none either."""
    asked = {
        "station": station_id,
        "evse": f"{station_id}/{evse_id}",
        "evses": f"{station_id}/",
        "any": evse_id is None,
    }
    ours = set(await conn.scalars(CURRENCIES, asked))
    if ours:
        return ours
    own = {"station": station_id, "any": evse_id is None, "evse_id": evse_id or 0}
    return set(await conn.scalars(OF_STATION, own))


async def use(conn: AsyncConnection, scope: str, key: str, tariff_id: str | None) -> None:
    """Let those of `scope` that `key` names come under a tariff, or (None) under none of theirs.

    Keys: a token's `TokenRef.key`, `station/evse`, a station id, and "" for the default.
    """
    if tariff_id is None:
        which = (tariff_use.c.scope == scope) & (tariff_use.c.key == key)
        await conn.execute(sql_delete(tariff_use).where(which))
        return
    row = {"scope": scope, "key": key, "tariff_id": tariff_id}
    await conn.execute(
        insert(tariff_use)
        .values(row)
        .on_conflict_do_update(index_elements=["scope", "key"], set_=row)
    )
