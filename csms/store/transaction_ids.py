"""Transaction ids of OCPP 1.6: which one a start gets, and which transaction is open where."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from csms.store.engine import outage_named
from csms.store.tables import evse, transaction_number, transaction_number_seq


class PostgresTransactionIds:
    """Implements `handlers.ports.TransactionIds`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def number(
        self, station_id: ChargingStationId, start_hash: str, given_at: datetime
    ) -> int:
        """The number of one start. Raises StoreUnavailable.

        Its row is durable before anybody hears of it, so two that tell of the same start (a socket
        and the one that took it over) get the same number; the one drawn in vain stays unused.
        """
        known = transaction_number.c
        query = (
            insert(transaction_number)
            .values(
                transaction_number=transaction_number_seq.next_value(),
                station_id=station_id,
                start_hash=start_hash,
                given_at=given_at,
            )
            .on_conflict_do_update(
                constraint="transaction_number_identity", set_={"station_id": known.station_id}
            )
            .returning(known.transaction_number)
        )
        with outage_named():
            async with self._engine.begin() as conn:
                return int((await conn.execute(query)).scalar_one())

    async def open_at(self, station_id: ChargingStationId, evse_id: EvseId) -> TransactionId | None:
        """The transaction that is open at an EVSE, or None. Raises StoreUnavailable."""
        query = select(evse.c.transaction_id).where(
            evse.c.station_id == station_id, evse.c.evse_id == evse_id
        )
        with outage_named():
            async with self._engine.connect() as conn:
                return await conn.scalar(query)
