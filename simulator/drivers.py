"""Drivers: most of them tell the hub when they leave and what they need, over its HTTP API.

A telling is tried again while the API is away, and dropped when the vehicle has left or the API
refuses it: then the vehicle is planned by what its station knows.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import httpx
import structlog

from simulator.evse import Occupant
from simulator.profiles import JsonObject, format_time
from simulator.sessions import Session, Tells

log = structlog.get_logger(__name__)

PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 15.0
TOGETHER: Final = 4


class Drivers:
    """Sends what drivers tell to `api_url`. `is_here` says whether a session still goes on."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        site_id: str,
        is_here: Callable[[Session], bool],
        incident: Callable[[str, str, str], None],
    ) -> None:
        self._client = client
        self._site_id = site_id
        self._is_here = is_here
        self._incident = incident
        self._few = asyncio.Semaphore(TOGETHER)
        self._telling: set[asyncio.Task[None]] = set()

    def tell(self, occupant: Occupant) -> None:
        """Let the driver of a vehicle that has just been plugged in tell, if he does."""
        if occupant.session is not None and occupant.tells is Tells.DRIVER:
            body = told(self._site_id, occupant, occupant.session)
            task = asyncio.create_task(self._put(occupant.session, body))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def heard(self) -> None:
        """Return when nobody is waiting to be heard."""
        await asyncio.gather(*self._telling)

    async def close(self) -> None:
        """Forget whoever has not been heard yet."""
        for task in self._telling:
            task.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)

    async def _put(self, session: Session, body: JsonObject) -> None:
        pause_s = PAUSE_S
        while self._is_here(session):
            async with self._few:
                answer = await self._tried(session, body)
            if answer is not None and answer.status_code < 500:
                if answer.is_error:
                    detail = f"PUT of {session.vehicle.vehicle_id}: HTTP {answer.status_code}"
                    self._incident(session.station_id, "telling_refused", detail)
                return
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _tried(self, session: Session, body: JsonObject) -> httpx.Response | None:
        try:
            return await self._client.put(f"vehicles/{session.vehicle.vehicle_id}", json=body)
        except httpx.TransportError as error:
            log.debug("hub not reached", error=type(error).__name__)
            return None


def told(site_id: str, occupant: Occupant, session: Session) -> JsonObject:
    """The body of `PUT /vehicles/{vehicle_id}`: a target where the state of charge is known at the
    station, else an amount of energy."""
    spec = session.vehicle
    body: JsonObject = {
        "site_id": site_id,
        "id_token": spec.id_token,
        "name": spec.vehicle_id,
        "capacity_wh": spec.capacity_wh,
        "max_charge_w": spec.max_charge_w,
        "max_discharge_w": spec.max_discharge_w,
        "v2g_allowed": spec.max_discharge_w > 0,
        "departure_at": format_time(session.told_departure_at),
    }
    if spec.max_discharge_w > 0:
        body["target_soc_pct"] = round(100 * session.target_soc_ratio, 1)
    elif occupant.remaining_wh >= 1:
        body["requested_wh"] = round(occupant.remaining_wh, 1)
    return body
