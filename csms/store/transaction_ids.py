"""Transaction ids of OCPP 1.6: which one a start gets, and which transaction is open where."""

from datetime import datetime
from typing import Final

from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from csms.store.direct import Direct

NUMBER: Final = """INSERT INTO csms.transaction_number AS known
    (transaction_number, station_id, start_hash, given_at)
    VALUES (nextval('csms.transaction_number_seq'), $1, $2, $3)
    ON CONFLICT ON CONSTRAINT transaction_number_identity
        DO UPDATE SET station_id = known.station_id
    RETURNING transaction_number"""
BEGUN_BY: Final = """SELECT transaction_id FROM csms.transaction
    WHERE station_id = $1 AND evse_id = $2 AND started_at <= $3 ORDER BY started_at DESC LIMIT 1"""
OPEN_AT: Final = "SELECT transaction_id FROM csms.evse WHERE station_id = $1 AND evse_id = $2"


class PostgresTransactionIds:
    """Implements `handlers.ports.TransactionIds`."""

    def __init__(self, direct: Direct) -> None:
        self._direct = direct

    async def number(
        self, station_id: ChargingStationId, start_hash: str, given_at: datetime
    ) -> int:
        """The number of one start. Raises StoreUnavailable.

        Its row is durable before anybody hears of it, so two that tell of the same start (a socket
        and the one that took it over) get the same number; the one drawn in vain stays unused.
        """
        return int(await self._direct.value(NUMBER, station_id, start_hash, given_at))

    async def open_at(self, station_id: ChargingStationId, evse_id: EvseId) -> TransactionId | None:
        """The transaction that is open at an EVSE, or None. Raises StoreUnavailable."""
        found: TransactionId | None = await self._direct.value(OPEN_AT, station_id, evse_id)
        return found

    async def begun_by(
        self, station_id: ChargingStationId, evse_id: EvseId, at: datetime
    ) -> TransactionId | None:
        """The last one that had begun there by `at`, open or not. Raises StoreUnavailable."""
        found: TransactionId | None = await self._direct.value(BEGUN_BY, station_id, evse_id, at)
        return found
