"""What one life of a csms asks of the database in memory: its commands, its stations' profiles,
and who holds which station."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, cast

from csms.clock import Clock
from csms.domain.charging_state import ChargingState, OpenTransaction, is_of_another
from csms.domain.commands import (
    Command,
    CommandKind,
    CommandStatus,
    Setpoint,
)
from csms.domain.device_model import ACTUAL, VariableKey
from csms.domain.discharge import DischargeDialect, DischargeModels
from csms.domain.errors import StationUnknown
from csms.domain.events import SetpointRefused, StationChanged
from csms.domain.facts_charging import ChargingProfileHeld, ProfileSide
from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from csms.domain.local_list import Entry, HeldList
from csms.domain.questions import transaction_status
from csms.domain.station import OcppVersion
from csms.quirkfile import discharge_models
from csms.store import claims
from csms.store.claims import Asking, Claimed, Versions
from csms.store.direct import Direct
from csms.store.memory_v21 import MemoryV21
from v2ghub.rehearse.database import Database
from v2ghub.rehearse.processes import Process
from v2ghub.rehearse.statements import MemoryDirect
from v2ghub.rehearse.tables import ENDED_AT, RECEIVED_AT, TRANSACTION_COLUMNS, Tables

OWNER: Final = "csms"


@dataclass(slots=True, kw_only=True)
class SessionV21(MemoryV21):
    """No tokens, profiles and companies are listed; only how a station speaks is known."""

    database: Database
    process: Process

    async def speaks_v2x(self, station_id: ChargingStationId) -> bool:
        """As `csms.store.v21.PostgresV21.speaks_v2x`."""

        def speaks(tables: Tables) -> bool:
            station = tables.stations[station_id]
            dialect = station.discharge_dialect
            return dialect == DischargeDialect.OCPP201_V2X or station.discharge_fault is not None

        return await self.database.do(self.process, speaks)


@dataclass(slots=True)
class Session:
    """What one life of the process asks of the database: `CommandBook`, `SmartCharging`,
    `DeviceModel`, `LocalLists`, `Arrivals`."""

    database: Database
    process: Process
    clock: Clock
    owner: str = OWNER
    listed: DischargeModels = field(default_factory=discharge_models)

    @property
    def v21(self) -> "SessionV21":
        """What only OCPP 2.1 asks."""
        return SessionV21(database=self.database, process=self.process)

    @property
    def dynamic_profiles(self) -> MemoryV21:
        """No station here takes them."""
        return self.v21

    @property
    def direct(self) -> Direct:
        """Single statements."""
        return cast(Direct, MemoryDirect(self.database, self.process))

    @property
    def device_model(self) -> "Session":
        """Of all stations."""
        return self

    @property
    def charging(self) -> "Session":
        """Likewise."""
        return self

    @property
    def local_lists(self) -> "Session":
        """Likewise."""
        return self

    async def claim(self, asked: Sequence[Asking], now: datetime) -> list[Claimed]:
        """The most urgent."""
        return await claims.claim(self.direct, asked, now, owner=self.owner, listed=self.listed)

    async def release(self, lost: Collection[tuple[ChargingStationId, datetime]]) -> None:
        """Claims whose answers were lost."""
        await claims.release(self.direct, self.owner, lost)

    async def sweep(self, now: datetime) -> list[ChargingStationId]:
        """End what ran out; who has commands waiting."""

        def swept(tables: Tables) -> list[ChargingStationId]:
            waiting: dict[ChargingStationId, None] = {}
            for row in list(tables.commands.values()):
                if row.status is not CommandStatus.PENDING:
                    continue
                station = tables.stations[row.command.station_id]
                if row.command.deadline_at <= now:
                    tables.end(row.command.command_id)
                elif station.owner == self.owner:
                    waiting[row.command.station_id] = None
            return list(waiting)

        return await self.database.do(self.process, swept)

    async def record_versions(
        self, versions: Versions, now: datetime
    ) -> set[tuple[ChargingStationId, EvseId]]:
        """The fence."""
        return await claims.record_versions(self.direct, versions, now)

    async def record_fault(
        self, station_id: ChargingStationId, evse_id: EvseId, reason: str, now: datetime
    ) -> None:
        """Never again."""

        def faulty(tables: Tables) -> None:
            station = tables.stations[station_id]
            station.discharge_fault, station.discharge_dialect = reason, "none"
            station.discharge_proven_at = None
            tables.touch(station_id)
            event = SetpointRefused(station_id=station_id, evse_id=evse_id, reason=reason)
            tables.tell(event, now)

        await self.database.do(self.process, faulty)

    async def condemn(self, stop: Command, reason: str, now: datetime) -> None:
        """Likewise, and stop."""
        assert stop.evse_id is not None
        await self.database.do(self.process, lambda tables: tables.ask(stop))
        await self.record_fault(stop.station_id, stop.evse_id, reason, now)

    async def record_proof(
        self, station_id: ChargingStationId, dialect: DischargeDialect | None, now: datetime
    ) -> None:
        """It really discharges when told in `dialect`."""

        def proven(tables: Tables) -> None:
            station = tables.stations[station_id]
            if station.discharge_dialect == dialect:
                station.discharge_proven_at = station.discharge_proven_at or now

        await self.database.do(self.process, proven)

    async def came(self, station_id: ChargingStationId, version: OcppVersion) -> int:
        """As `csms.store.stations.connect`."""
        now = self.clock.now()

        def connected(tables: Tables) -> int:
            station = tables.stations.get(station_id)
            if station is None:
                raise StationUnknown(station_id)
            station.connected, station.owner, station.epoch = True, self.owner, station.epoch + 1
            station.ocpp_version, station.clock_off_s = version.value, None
            station.last_seen_at = now
            open_ones = [
                (TransactionId(row[1]), row[3]) for row in tables.transactions.values()
                if row[0] == station_id and row[ENDED_AT] is None
            ]  # fmt: skip
            for transaction_id, evse_id in open_ones if version is not OcppVersion.V16 else ():
                reason = f"epoch {station.epoch}"
                tables.ask(transaction_status(station_id, transaction_id, evse_id, reason, now))
            tables.tell(StationChanged(station_id=station_id, connected=True), now)
            return station.epoch

        return await self.database.do(self.process, connected)

    async def went(self, station_id: ChargingStationId, epoch: int) -> bool:
        """As `csms.store.stations.disconnect`."""
        now = self.clock.now()

        def disconnected(tables: Tables) -> bool:
            station = tables.stations[station_id]
            newest = station.epoch == epoch
            if newest and station.connected:
                station.connected = False
                tables.tell(StationChanged(station_id=station_id, connected=False), now)
            return newest

        return await self.database.do(self.process, disconnected)

    async def claim_previous_life(self) -> None:
        """As `csms.presence`: nobody is connected, and what was sent is unknown."""
        now = self.clock.now()

        def claimed(tables: Tables) -> None:
            for row in list(tables.commands.values()):
                if row.status is CommandStatus.SENT and row.sent_by == self.owner:
                    tables.end(row.command.command_id)
            for station in tables.stations.values():
                if station.connected and station.owner == self.owner:
                    station.connected = False
                    event = StationChanged(
                        station_id=ChargingStationId(station.station_id), connected=False
                    )
                    tables.tell(event, now)

        await self.database.do(self.process, claimed)

    async def seen(self, epochs: dict[ChargingStationId, int]) -> None:
        """As `csms.presence.renew`."""
        now = self.clock.now()

        def renewed(tables: Tables) -> None:
            for station in tables.stations.values():
                station_id = ChargingStationId(station.station_id)
                here = epochs.get(station_id) == station.epoch
                if here:
                    station.last_seen_at = now
                if here != station.connected:
                    station.connected = here
                    tables.tell(StationChanged(station_id=station_id, connected=here), now)

        await self.database.do(self.process, renewed)

    async def value(
        self, station_id: ChargingStationId, key: VariableKey, attribute: str = ACTUAL
    ) -> str | None:
        """A variable."""
        found = await self.database.do(
            self.process, lambda tables: tables.variables.get(station_id, {}).get(key.folded())
        )
        return found if attribute == ACTUAL else None

    async def values_list(self, station_id: ChargingStationId, key: VariableKey) -> str | None:
        """Nobody asks."""
        return None

    async def held(self, station_id: ChargingStationId) -> HeldList | None:
        """No lists here."""
        return None

    async def wanted(self, station_id: ChargingStationId, now: datetime) -> Sequence[Entry]:
        """No lists here."""
        return ()

    async def charging_state(self, station_id: ChargingStationId) -> ChargingState:
        """As `csms.store.charging.charging_state`."""
        return await self.database.do(
            self.process, lambda tables: charging_state_of(tables, station_id)
        )

    async def set_at(
        self, station_id: ChargingStationId, evse_id: int
    ) -> tuple[ChargingProfileHeld, ...]:
        """The profiles that we set at one EVSE."""
        state = await self.charging_state(station_id)
        return tuple(one for one in state.held(ProfileSide.SET) if one.evse_id == evse_id)

    async def being_told_w(self, station_id: ChargingStationId, evse_id: int) -> float | None:
        """The setpoint on its way."""

        def on_its_way(tables: Tables) -> float | None:
            for row in tables.commands.values():
                one = row.command
                is_sent = row.status is CommandStatus.SENT
                if (
                    is_sent
                    and one.kind is CommandKind.SET_SETPOINT
                    and ((one.station_id, one.evse_id) == (station_id, evse_id))
                ):
                    setpoint_w: float = one.payload["setpoint_w"]
                    return setpoint_w
            return None

        return await self.database.do(self.process, on_its_way)


def charging_state_of(tables: Tables, station_id: ChargingStationId) -> ChargingState:
    """As `csms.store.charging.charging_state`."""
    before = tables.charging.get(station_id, ChargingState())
    transactions, leases = {}, {}
    evse_ids = sorted(evse_id for one, evse_id in tables.evses if one == station_id and evse_id)
    for evse_id in evse_ids:
        row = tables.evses[station_id, evse_id]
        running = tables.transactions.get((station_id, row.transaction_id or ""))
        heard_at = None
        if running is not None:
            named = dict(zip(TRANSACTION_COLUMNS, running, strict=True))
            open_one = OpenTransaction(named["transaction_id"], named["started_at"])
            transactions[EvseId(evse_id)] = open_one
            heard = tables.ledger.get((station_id, open_one.transaction_id), {}).values()
            heard_at = min((line[RECEIVED_AT] for line in heard), default=None)
        if row.setpoint_until is not None and row.setpoint_w is not None:
            lease = Setpoint(setpoint_w=row.setpoint_w, until=row.setpoint_until)
            if not is_of_another(row.setpoint_at, heard_at):
                leases[EvseId(evse_id)] = lease
    needs = {
        EvseId(evse_id): row[2] for (one, evse_id), row in tables.needs.items() if one == station_id
    }
    variables = {
        key.variable: value
        for key, value in tables.variables.get(station_id, {}).items()
        if key.component == "smartchargingctrlr"
    }
    return replace(
        before,
        transactions=transactions,
        leases=leases,
        needs=needs,
        evse_ids=tuple(EvseId(one) for one in evse_ids),
        variables=variables,
    )
