"""A transaction as a scripted station tells it, and as the csms keeps it."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from csms.clock import wall_now
from csms.store import tables
from tests.conformance.conftest import Bench, until
from tests.conformance.station import Payload, ScriptedStation

SIGNED = {
    "signedMeterData": 'T0NNRnx7IkZWIjoiMS4wIn18eyJTRCI6IjMwNDUifQ==\\ "\u00e9"',
    "signingMethod": "ECDSA-secp256r1-SHA256",
    "encodingMethod": "OCMF",
    "publicKey": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
}


def now_text(seconds: float = 0.0) -> str:
    """As a station writes it."""
    return (wall_now() + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def meter_value(
    wh: float, context: str = "Sample.Periodic", *, seconds: float = 0.0, **more: Any
) -> Payload:
    """The import register, `seconds` from now."""
    sample = {"value": wh, "context": context, "unitOfMeasure": {"unit": "Wh"}} | more
    return {"timestamp": now_text(seconds), "sampledValue": [sample]}


@dataclass
class Session:
    """Counts the events of one transaction at one EVSE."""

    bench: Bench
    station: ScriptedStation
    evse_id: int = 1
    password: str = ""
    transaction_id: str = field(default_factory=lambda: f"tx-{uuid4().hex[:12]}")
    token: str = field(default_factory=lambda: f"TAG-{uuid4().hex[:12]}")
    seq_no: int = 0
    count: int = 0

    @property
    def id_token(self) -> Payload:
        """The driver's."""
        return {"idToken": self.token, "type": "ISO14443"}

    async def authorize(self) -> str:
        """The status of the driver's token."""
        answer = await self.station.call("Authorize", {"idToken": self.id_token})
        return str(answer["idTokenInfo"]["status"])

    async def occupied(self, status: str = "Occupied") -> None:
        """The connector's status, told in both ways that 2.0.1 knows."""
        at = now_text()
        told = {"timestamp": at, "connectorStatus": status}
        await self.station.call(
            "StatusNotification", told | {"evseId": self.evse_id, "connectorId": 1}
        )
        event = {
            "eventId": uuid4().int & 0xFFFF,
            "timestamp": at,
            "trigger": "Delta",
            "actualValue": status,
            "eventNotificationType": "HardWiredNotification",
            "component": {"name": "Connector", "evse": {"id": self.evse_id, "connectorId": 1}},
            "variable": {"name": "AvailabilityState"},
        }
        await self.station.call(
            "NotifyEvent", {"generatedAt": at, "seqNo": 0, "eventData": [event]}
        )

    async def tell(self, kind: str, trigger: str, state: str | None = None, **more: Any) -> Payload:
        """One TransactionEvent; `token`, `evse`, `stopped`, `remote` and the wire's own fields."""
        info: Payload = {"transactionId": self.transaction_id}
        for name, key in (("stopped", "stoppedReason"), ("remote", "remoteStartId")):
            if (value := more.pop(name, None)) is not None:
                info[key] = value
        if state is not None:
            info["chargingState"] = state
        told: Payload = {
            "eventType": kind,
            "timestamp": now_text(),
            "triggerReason": trigger,
            "seqNo": self.seq_no,
            "transactionInfo": info,
        }
        if more.pop("token", False):
            told["idToken"] = self.id_token
        if more.pop("evse", kind == "Started"):
            told["evse"] = {"id": self.evse_id, "connectorId": 1}
        told |= more
        self.seq_no = told["seqNo"] + 1
        self.count += 1
        return await self.station.call("TransactionEvent", told)

    async def plugged_in(self, **more: Any) -> Payload:
        """Cable first: the transaction begins with the vehicle (TxStartPoint EVConnected)."""
        await self.occupied()
        return await self.tell("Started", "CablePluggedIn", "EVConnected", **more)

    async def charging(self, wh: float = 1000.0) -> None:
        """From nothing to energy: plugged in, authorized, charging."""
        begin = meter_value(wh, "Transaction.Begin")
        await self.plugged_in(meterValue=[begin])
        answer = await self.tell("Updated", "Authorized", token=True)
        assert answer["idTokenInfo"]["status"] == "Accepted"
        await self.tell("Updated", "ChargingStateChanged", "Charging")

    async def kept(self) -> dict[str, Any]:
        """The transaction's row, once it holds every event that was told."""

        async def whole() -> dict[str, Any] | None:
            rows = await self.bench.hub.rows(tables.transaction, self.station.station_id)
            found = [one for one in rows if one["transaction_id"] == self.transaction_id]
            return found[0] if found and found[0]["event_count"] == self.count else None

        row: dict[str, Any] = await until(whole)
        return row

    async def ledger(self) -> list[dict[str, Any]]:
        """Every event as stored, in order of its number."""
        rows = await self.bench.hub.rows(tables.transaction_event, self.station.station_id)
        mine = [one for one in rows if one["transaction_id"] == self.transaction_id]
        return sorted(mine, key=lambda one: (one["seq_no"], one["event_id"]))


async def connector_status(bench: Bench, station: ScriptedStation) -> str:
    """The status of the station's only connector."""
    row = await bench.hub.row(tables.connector, station.station_id)
    return str(row["status"])


async def evse_transaction(bench: Bench, station: ScriptedStation) -> str | None:
    """The transaction that the csms sees at EVSE 1."""
    rows = await bench.hub.rows(tables.evse, station.station_id)
    return next((one["transaction_id"] for one in rows if one["evse_id"] == 1), None)
