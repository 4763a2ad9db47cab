"""An independent OCPP 2.0.1 client: the `ocpp` package's ChargePoint over a WebSocket."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

from ocpp.routing import on
from ocpp.v201 import ChargePoint, call, call_result
from websockets.asyncio.client import ClientConnection, connect

from csms.clock import wall_now

VENDOR, MODEL = "Plain", "One"


def basic(user: str, password: str) -> dict[str, str]:
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {token}"}


def stamp(minutes_ago: float = 0.0) -> str:
    at = wall_now() - timedelta(minutes=minutes_ago)
    return at.isoformat().replace("+00:00", "Z")


class Station(ChargePoint):  # type: ignore[misc]
    """Accepts what it is told and remembers it; `limit_w` is what its composite schedule says."""

    def __init__(self, station_id: str, socket: ClientConnection) -> None:
        super().__init__(station_id, socket, response_timeout=15)
        self.socket = socket
        self.profiles: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.variables: list[str] = []
        self.reported = asyncio.Event()
        self.triggered = asyncio.Event()
        self.profile_status = "Accepted"
        self.reads_negative_as_w: float | None = None
        self.limit_w: float | None = None
        self.transaction_id = str(uuid4())
        self.seq_no = 0

    @on("SetVariables")
    async def on_set_variables(self, set_variable_data: list[Any], **_: Any) -> Any:
        results = []
        for one in set_variable_data:
            self.variables.append(one["variable"]["name"])
            results.append(
                {
                    "attribute_status": "Accepted",
                    "component": one["component"],
                    "variable": one["variable"],
                }
            )
        return call_result.SetVariables(set_variable_result=results)

    @on("SetChargingProfile")
    async def on_set_charging_profile(
        self, evse_id: int, charging_profile: dict[str, Any], **_: Any
    ) -> Any:
        if self.profile_status == "Accepted":
            schedule = charging_profile["charging_schedule"][0]
            self.limit_w = schedule["charging_schedule_period"][0]["limit"]
        self.profiles.put_nowait({"evse_id": evse_id, **charging_profile})
        return call_result.SetChargingProfile(status=self.profile_status)

    @on("GetCompositeSchedule")
    async def on_get_composite_schedule(self, evse_id: int, duration: int, **_: Any) -> Any:
        limit_w = self.limit_w
        if self.reads_negative_as_w is not None and limit_w is not None and limit_w < 0:
            limit_w = self.reads_negative_as_w
        schedule = {
            "evse_id": evse_id,
            "duration": duration,
            "schedule_start": stamp(),
            "charging_rate_unit": "W",
            "charging_schedule_period": [{"start_period": 0, "limit": limit_w}],
        }
        return call_result.GetCompositeSchedule(status="Accepted", schedule=schedule)

    @on("TriggerMessage")
    async def on_trigger_message(self, requested_message: str, **_: Any) -> Any:
        self.triggered.set()
        return call_result.TriggerMessage(status="Accepted")

    @on("GetBaseReport")
    async def on_get_base_report(self, **_: Any) -> Any:
        self.reported.set()
        return call_result.GetBaseReport(status="Accepted")

    async def boot(self, model: str = MODEL, reason: str = "PowerUp") -> Any:
        station = {"vendor_name": VENDOR, "model": model}
        return await self.call(call.BootNotification(charging_station=station, reason=reason))

    async def boot_until_accepted(self, model: str = MODEL) -> None:
        """Boot, be provisioned, and boot again as asked."""
        if (await self.boot(model)).status == "Accepted":
            return
        await asyncio.wait_for(self.triggered.wait(), 15)
        assert (await self.boot(model, "Triggered")).status == "Accepted"
        await asyncio.wait_for(self.reported.wait(), 15)

    async def transaction_event(
        self,
        event_type: str,
        *,
        power_w: float = 0.0,
        import_wh: float | None = None,
        export_wh: float = 0.0,
        at: str | None = None,
        seq_no: int | None = None,
        **more: Any,
    ) -> Any:
        if seq_no is None:
            seq_no, self.seq_no = self.seq_no, self.seq_no + 1
        at = at or stamp()
        samples = [
            {"value": max(power_w, 0.0), "measurand": "Power.Active.Import"},
            {"value": max(-power_w, 0.0), "measurand": "Power.Active.Export"},
            {"value": export_wh, "measurand": "Energy.Active.Export.Register"},
        ]
        if import_wh is not None:
            samples.append({"value": import_wh, "measurand": "Energy.Active.Import.Register"})
        return await self.call(
            call.TransactionEvent(
                event_type=event_type,
                timestamp=at,
                trigger_reason="MeterValuePeriodic",
                seq_no=seq_no,
                transaction_info={
                    "transaction_id": self.transaction_id,
                    "charging_state": "Charging",
                },
                evse={"id": 1, "connector_id": 1},
                id_token={"id_token": "fleet-7", "type": "Central"},
                meter_value=[{"timestamp": at, "sampled_value": samples}],
                **more,
            )
        )


@asynccontextmanager
async def connected(
    url: str, station_id: str, password: str, subprotocol: str = "ocpp2.0.1", path: str = ""
) -> AsyncIterator[Station]:
    """A station on the line, until the block ends."""
    async with connect(
        f"{url}/{path or station_id}",
        subprotocols=[subprotocol],  # type: ignore[list-item]
        additional_headers=basic(station_id, password),
        compression=None,
    ) as socket:
        station = Station(station_id, socket)
        listening = asyncio.create_task(station.start())
        try:
            yield station
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
