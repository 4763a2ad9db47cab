"""What a site remembers over a power cut: registers, running transactions, the store's charge.

One small file, replaced each second. A station that comes back finds its registers where they were
and first reports the transaction that the cut ended (OCPP 2.0.1 E, stoppedReason PowerLoss).
"""

import os
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from simulator.evse import RunningTransaction
from simulator.station import Station
from simulator.world import World

FILE = "memory.json"


class TransactionMemory(Struct, frozen=True, kw_only=True):
    """A transaction that ran."""

    transaction_id: str
    started_at: datetime
    id_token: str
    next_seq_no: int


class StationMemory(Struct, frozen=True, kw_only=True):
    """The registers of a station's EVSE, and its transaction."""

    import_wh: float
    export_wh: float
    transaction: TransactionMemory | None = None


class SiteMemory(Struct, frozen=True, kw_only=True):
    """A site as it was at `at`, in site time."""

    at: datetime
    stations: dict[str, StationMemory]
    store_wh: float | None = None


def remember(world: World, folder: Path) -> None:
    """Write down how the site is now."""
    memory = SiteMemory(
        at=world.now,
        stations={name: _remembered(station) for name, station in world.stations.items()},
        store_wh=world.plant.store.energy_wh if world.plant.store else None,
    )
    fresh = folder / f"{FILE}.new"
    fresh.write_bytes(msgspec.json.encode(memory))
    os.replace(fresh, folder / FILE)


def recall(world: World, folder: Path) -> None:
    """Put the site's registers and store as they were, if anything was written down. Raises
    ValueError if it cannot be read."""
    path = folder / FILE
    if not path.exists():
        return
    memory = msgspec.json.decode(path.read_bytes(), type=SiteMemory)
    if world.plant.store is not None and memory.store_wh is not None:
        world.plant.store.energy_wh = memory.store_wh
    for name, kept in memory.stations.items():
        if name in world.stations:
            _recalled(world.stations[name], kept, memory.at)


def _remembered(station: Station) -> StationMemory:
    running = station.evse.transaction
    return StationMemory(
        import_wh=station.evse.import_wh,
        export_wh=station.evse.export_wh,
        transaction=None
        if running is None
        else TransactionMemory(
            transaction_id=running.transaction_id,
            started_at=running.started_at,
            id_token=running.id_token,
            next_seq_no=running.next_seq_no,
        ),
    )


def _recalled(station: Station, kept: StationMemory, at: datetime) -> None:
    station.evse.import_wh, station.evse.export_wh = kept.import_wh, kept.export_wh
    if kept.transaction is not None:
        station.evse.transaction = RunningTransaction(
            kept.transaction.transaction_id,
            kept.transaction.started_at,
            kept.transaction.id_token,
            next_seq_no=kept.transaction.next_seq_no,
        )
        station.end_transaction("AbnormalCondition", "PowerLoss", at)
