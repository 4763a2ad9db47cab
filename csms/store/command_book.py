"""The commands of this process's stations as stored: what its desk asks, in one place."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.commands import Command
from csms.domain.discharge import NONE_LISTED, DischargeDialect, DischargeModels
from csms.domain.ids import ChargingStationId, EvseId
from csms.domain.quirks import NO_MODELS, QuirkTable
from csms.store import claims, commands, reservations, setpoints
from csms.store.charging import PostgresSmartCharging
from csms.store.device_model import PostgresDeviceModel
from csms.store.direct import Direct
from csms.store.engine import outage_named
from csms.store.local_lists import PostgresLocalLists
from csms.store.v21 import PostgresV21


class PostgresCommandBook:
    """Implements `commands.CommandBook` and `proof.Evidence` for the process called `owner`."""

    def __init__(
        self,
        engine: AsyncEngine,
        direct: Direct,
        owner: str = "csms",
        models: QuirkTable = NO_MODELS,
        listed: DischargeModels = NONE_LISTED,
    ) -> None:
        self._engine = engine
        self._direct = direct
        self._models = models
        self._listed = listed
        self.owner = owner
        self.device_model = PostgresDeviceModel(engine)
        self.charging = PostgresSmartCharging(engine)
        self.local_lists = PostgresLocalLists(engine)
        self.dynamic_profiles = PostgresV21(engine)

    async def claim(self, asked: Sequence[claims.Asking], now: datetime) -> list[claims.Claimed]:
        """As `claims.claim`. Raises StoreUnavailable."""
        return await claims.claim(
            self._direct, asked, now, owner=self.owner, models=self._models, listed=self._listed
        )

    async def release(self, lost: Collection[tuple[ChargingStationId, datetime]]) -> None:
        """As `claims.release`. Raises StoreUnavailable."""
        await claims.release(self._direct, self.owner, lost)

    async def sweep(self, now: datetime) -> list[ChargingStationId]:
        """End what ran out; the stations of ours that have commands waiting. Raises
        StoreUnavailable."""
        with outage_named():
            async with self._engine.begin() as conn:
                await commands.expire(conn, now)
                waiting = await commands.waiting_stations(conn, self.owner)
                await reservations.expire(conn, now)
        return waiting

    async def record_versions(
        self, versions: claims.Versions, now: datetime
    ) -> set[tuple[ChargingStationId, EvseId]]:
        """As `claims.record_versions`. Raises StoreUnavailable."""
        return await claims.record_versions(self._direct, versions, now)

    async def record_fault(
        self, station_id: ChargingStationId, evse_id: EvseId, reason: str, now: datetime
    ) -> None:
        """As `setpoints.record_fault`. Raises StoreUnavailable."""
        with outage_named():
            async with self._engine.begin() as conn:
                await setpoints.record_fault(conn, station_id, evse_id, reason, now)

    async def record_proof(
        self, station_id: ChargingStationId, dialect: DischargeDialect | None, now: datetime
    ) -> None:
        """As `setpoints.record_proof`. Raises StoreUnavailable."""
        with outage_named():
            async with self._engine.begin() as conn:
                await setpoints.record_proof(conn, station_id, dialect, now)

    async def condemn(self, stop: Command, reason: str, now: datetime) -> None:
        """Leave `stop` for the station, and record the fault of its EVSE. Raises
        StoreUnavailable."""
        with outage_named():
            async with self._engine.begin() as conn:
                await commands.insert(conn, [stop])
                if stop.evse_id is not None:
                    await setpoints.record_fault(conn, stop.station_id, stop.evse_id, reason, now)
