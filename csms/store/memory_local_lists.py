"""Local lists in memory, for tests of outbound calls."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from csms.domain.facts_authorization import LocalListHeld
from csms.domain.ids import ChargingStationId
from csms.domain.local_list import Entry, HeldList
from csms.store.memory import MemoryStore


@dataclass(slots=True)
class MemoryLocalLists:
    """What a test says is wanted; what is held follows from the facts of `store`."""

    store: MemoryStore
    entries: list[Entry] = field(default_factory=list)

    async def held(self, station_id: ChargingStationId) -> HeldList | None:
        """By the last fact; a version that was known already keeps its entries."""
        held: HeldList | None = None
        for fact in self.store.facts:
            if isinstance(fact, LocalListHeld) and fact.station_id == station_id:
                entries = fact.entries
                if entries is None and held is not None and held.version == fact.version:
                    entries = held.entries
                held = HeldList(fact.version, entries)
        return held

    async def wanted(self, station_id: ChargingStationId, now: datetime) -> Sequence[Entry]:
        """As set."""
        return self.entries
