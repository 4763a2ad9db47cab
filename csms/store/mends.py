"""What to mend in what stations tell: from their models, their figures, and operators.

Asked with each message, so it is kept: a station's device until it boots or comes anew, what was
learned or set for a few seconds. The few stations that have such a quirk are read at once.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import orjson

from csms.clock import monotonic_s
from csms.domain.ids import ChargingStationId
from csms.domain.mending import INBOUND, NO_MENDS, Mends, mends_of
from csms.domain.quirks import NO_MODELS, QuirkTable, effective
from csms.store.direct import Direct
from csms.store.quirks import MENDS

KEPT_S: Final = 5.0
DEVICE: Final = """SELECT vendor, model, firmware_version, ocpp_version
    FROM csms.charging_station WHERE station_id = $1"""


class PostgresMends:
    """Implements `handlers.ports.InboundMends`; what was set counts at most `kept_s` later."""

    def __init__(
        self, direct: Direct, models: QuirkTable = NO_MODELS, kept_s: float = KEPT_S
    ) -> None:
        self._direct = direct
        self._models = models
        self._kept_s = kept_s
        self._some_models = any(set(INBOUND) & set(row.values) for row in models.rows)
        self._set: Mapping[str, Mapping[str, Any]] = {}
        self._known: dict[ChargingStationId, Mends] = {}
        self._old_at_s = float("-inf")
        self._reading = asyncio.Lock()

    async def of(self, station_id: ChargingStationId) -> Mends:
        """What to mend in what the station tells now. Raises StoreUnavailable."""
        if monotonic_s() >= self._old_at_s:
            await self._read()
        if not self._some_models and station_id not in self._set:
            return NO_MENDS
        known = self._known.get(station_id)
        if known is None:
            model = await self._model(station_id)
            known = mends_of(effective(model, self._set.get(station_id, {})))
            self._known[station_id] = known
        return known

    def forget(self, station_id: ChargingStationId) -> None:
        """It booted, came or went: it may be another device, which has taught us nothing yet."""
        self._known.pop(station_id, None)
        if station_id in self._set:
            self._old_at_s = float("-inf")

    async def _read(self) -> None:
        async with self._reading:
            if monotonic_s() < self._old_at_s:
                return
            rows = await self._direct.rows(MENDS, list(INBOUND))
            told = {row["station_id"]: orjson.loads(row["told"]) for row in rows}
            if told != self._set:
                self._set = told
                self._known.clear()
            self._old_at_s = monotonic_s() + self._kept_s

    async def _model(self, station_id: ChargingStationId) -> Mapping[str, Any]:
        if not self._some_models:
            return {}
        row = await self._direct.row(DEVICE, station_id)
        return {} if row is None else self._models.of(*row.values())
