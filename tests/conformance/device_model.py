"""What the tests of blocks B and N say again and again, in the words of the wire."""

from typing import Any

from csms.domain.station import BootPolicy
from csms.store import stations, tables
from tests.conformance.conftest import Bench
from tests.conformance.station import Payload, ScriptedStation

AT = "2026-03-01T08:00:00Z"
SCRIPTED = {"vendorName": "Scripted", "model": "One"}


def named(component: str, variable: str, *, instance: str = "", evse_id: int = 0) -> Payload:
    """A component and a variable of it."""
    place: Payload = {"name": component}
    if evse_id:
        place["evse"] = {"id": evse_id}
    what: Payload = {"name": variable}
    if instance:
        what["instance"] = instance
    return {"component": place, "variable": what}


def values_from(known: dict[str, str]) -> Any:
    """An answer to GetVariables: by `component.variable[instance]`."""

    def answer(request: Payload) -> Payload:
        results = []
        for one in request["getVariableData"]:
            instance = one["variable"].get("instance")
            name = f"{one['component']['name']}.{one['variable']['name']}"
            value = known.get(name + (f"[{instance}]" if instance else ""))
            status = {"attributeStatus": "UnknownVariable"}
            if value is not None:
                status = {"attributeStatus": "Accepted", "attributeValue": value}
            results.append(one | status)
        return {"getVariableResult": results}

    return answer


async def policy(bench: Bench, station: ScriptedStation, boot_policy: BootPolicy) -> None:
    """How the station's next boot is received."""
    async with bench.hub.engine.begin() as conn:
        assert await stations.set_boot_policy(conn, station.station_id, boot_policy)


async def boot(station: ScriptedStation, reason: str = "PowerUp") -> Payload:
    """One BootNotification."""
    return await station.call("BootNotification", {"reason": reason, "chargingStation": SCRIPTED})


async def variable(
    bench: Bench, station: ScriptedStation, component: str, name: str, instance: str = ""
) -> dict[str, Any]:
    """The stored row of a variable."""
    (row,) = [
        row
        for row in await bench.hub.rows(tables.variable, station.station_id)
        if (row["component"], row["variable"], row["variable_instance"])
        == (component, name, instance)
    ]
    return row


def status_of(connector_id: int = 1, status: str = "Available") -> Payload:
    """StatusNotification of a connector of EVSE 1."""
    return {
        "timestamp": AT,
        "connectorStatus": status,
        "evseId": 1,
        "connectorId": connector_id,
    }


def event_of(connector_id: int = 1, status: str = "Available") -> Payload:
    """The same as an event of the device model."""
    connector = {"name": "Connector", "evse": {"id": 1, "connectorId": connector_id}}
    return {
        "generatedAt": AT,
        "seqNo": 0,
        "eventData": [
            {
                "eventId": connector_id,
                "timestamp": AT,
                "trigger": "Delta",
                "actualValue": status,
                "eventNotificationType": "HardWiredNotification",
                "component": connector,
                "variable": {"name": "AvailabilityState"},
            }
        ],
    }


def transaction_event(event_type: str, seq_no: int, reason: str, **info: Any) -> Payload:
    """A TransactionEvent at EVSE 1."""
    return {
        "eventType": event_type,
        "timestamp": f"2026-03-01T08:0{seq_no}:00Z",
        "triggerReason": reason,
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": "tx-1", **info},
        "evse": {"id": 1, "connectorId": 1},
    }
