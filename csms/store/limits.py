"""Limits of running transactions: by an operator, by their token, by what is left of its credit."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import orjson

from csms.domain.authorization import EMAID, NOTHING, TokenRef
from csms.domain.ids import ChargingStationId, IdToken
from csms.domain.limits import UNLIMITED, LimitHeld, TransactionLimit, least, shared
from csms.domain.transaction import Transaction
from csms.store.direct import Direct

KEPT: Final = 4_096
# What a token ($3, its keys) has spent: all that its transactions but $1, $2 cost so far, or cost.
SPENT: Final = """(SELECT COALESCE(sum(cost.total_with_tax), 0) FROM csms.transaction other
    JOIN csms.transaction_cost cost ON cost.station_id = other.station_id
        AND cost.transaction_id = other.transaction_id
    WHERE lower(other.id_token) = ANY($3::text[]) AND (other.station_id, other.transaction_id)
        IS DISTINCT FROM ($1::text, $2::text))"""
HELD: Final = f"""SELECT kept.wanted, kept.told, kept.answered, kept.told_with,
    token.limits, token.paid_in, CASE WHEN token.paid_in IS NOT NULL THEN {SPENT} END AS spent,
    (SELECT variable.value FROM csms.variable WHERE variable.station_id = $1::text
        AND lower(variable.component) = 'txctrlr' AND lower(variable.variable) = 'supportedlimits'
        AND variable.attribute = 'Actual' LIMIT 1) AS supported
    FROM (SELECT 1) AS one
    LEFT JOIN csms.transaction_limit kept ON kept.station_id = $1::text
        AND kept.transaction_id = $2::text
    LEFT JOIN LATERAL (SELECT * FROM csms.id_token listed WHERE listed.id_key = ANY($3::text[])
        AND (listed.type IN ($4::text, 'Central') OR $4::text IS NULL)
        ORDER BY listed.type = $4::text DESC, listed.type LIMIT 1) AS token ON true"""
SETTLED_BY_US: Final = """SELECT
    EXISTS (SELECT 1 FROM csms.id_token WHERE id_key = $2::text AND type = 'DirectPayment')
    OR EXISTS (SELECT 1 FROM csms.variable WHERE station_id = $1::text
        AND lower(component) = 'paymentctrlr' AND lower(variable) = 'settlementbycsms'
        AND attribute = 'Actual' AND lower(value) = 'true')"""


class PostgresLimits:
    """Implements `handlers.ports_limits.Limits`. What was found of a running transaction is kept at
    hand until an operator changes it; all methods that ask raise StoreUnavailable."""

    def __init__(self, direct: Direct, kept: int = KEPT) -> None:
        self._direct = direct
        self._kept = kept
        self._known: OrderedDict[tuple[str, str], tuple[IdToken | None, LimitHeld]] = OrderedDict()

    async def held(self, transaction: Transaction) -> LimitHeld:
        """What holds for a transaction now."""
        key = (transaction.station_id, transaction.transaction_id)
        id_token, known = self._known.get(key, (None, None))
        if known is not None and id_token == transaction.id_token:
            return known
        found = await self._find(transaction)
        self.remember(transaction, found)
        return found

    def remember(self, transaction: Transaction, held: LimitHeld) -> None:
        """Keep it at hand; the one longest unused gives way."""
        key = (transaction.station_id, transaction.transaction_id)
        self._known[key] = transaction.id_token, held
        self._known.move_to_end(key)
        if len(self._known) > self._kept:
            self._known.popitem(last=False)

    def forget(self, station_id: ChargingStationId) -> None:
        """Look again: it came anew, or an operator gave another limit."""
        for key in [key for key in self._known if key[0] == station_id]:
            del self._known[key]

    async def settled_by_us(self, station_id: ChargingStationId, psp_ref: IdToken) -> bool:
        """Whether we took the payment, or the station says that we settle."""
        return bool(await self._direct.value(SETTLED_BY_US, station_id, TokenRef(psp_ref).key))

    async def _find(self, transaction: Transaction) -> LimitHeld:
        id_token = transaction.id_token
        refs = [TokenRef(id_token), TokenRef(id_token, EMAID)] if id_token else []
        keys = sorted({ref.key for ref in refs})
        (row,) = await self._direct.rows(
            HELD,
            transaction.station_id,
            transaction.transaction_id,
            keys,
            transaction.id_token_type,
        )
        limit = wanted = _read(row["wanted"])
        if not wanted:
            paid_in = row["paid_in"]
            credit = None if paid_in is None else max(paid_in - row["spent"], NOTHING)
            limit = least(_read(row["limits"]), TransactionLimit(max_cost=credit))
        its, ours = shared(limit, (row["supported"] or "").split(","))
        return LimitHeld(
            wanted=its,
            ours=ours,
            overrules=bool(wanted),
            told=_read(row["told"]),
            answered=_read(row["answered"]),
            told_with=row["told_with"],
        )


def _read(told: str | None) -> TransactionLimit:
    """JSON comes as its text."""
    return limit_of(orjson.loads(told) if told else None)


def limit_of(values: Mapping[str, Any] | None) -> TransactionLimit:
    """From its JSON. Raises msgspec.ValidationError if it is none."""
    return msgspec.convert(values, TransactionLimit, strict=False) if values else UNLIMITED


def values_of(limit: TransactionLimit) -> dict[str, Any]:
    """Its JSON."""
    return {name: str(one) if name == "max_cost" else one for name, one in limit.given().items()}
