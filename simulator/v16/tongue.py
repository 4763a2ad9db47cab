"""Tongue16: a station's calls and answers in the words of OCPP 1.6.

The CSMS gives a transaction its number when its start is answered; until then nothing else of it
is sent, because the station's queue keeps its order.
"""

from datetime import datetime

from simulator.call import Call
from simulator.evse import ChargingState
from simulator.profiles import JsonObject
from simulator.station import Station
from simulator.v16 import words
from simulator.v16.requests import answer

NOT_CHARGING = {
    ChargingState.SUSPENDED_EV: "SuspendedEV",
    ChargingState.SUSPENDED_EVSE: "SuspendedEVSE",
    ChargingState.CHARGING: "Charging",
}


class Tongue16:
    """One station's; `numbers` are the CSMS's of its transactions."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self.numbers: dict[str, int] = {}

    def say(self, call: Call) -> tuple[str, JsonObject] | None:
        """Action and payload on the wire; None: 1.6 has no words for it."""
        payload = call.payload
        match call.action:
            case "BootNotification":
                return call.action, _boot(payload["chargingStation"])
            case "StatusNotification":
                return call.action, self._status(payload["timestamp"], payload["connectorStatus"])
            case "Authorize":
                return call.action, {"idTag": payload["idToken"]["idToken"]}
            case "MeterValues":
                values = words.meter_values(payload["meterValue"])
                return call.action, {"connectorId": payload["evseId"], "meterValue": values}
            case "Heartbeat":
                return call.action, {}
            case "TransactionEvent":
                return self._event(call)
        return None

    def heard(self, call: Call, told: JsonObject) -> JsonObject:
        """The CSMS's answer to `call`, in the words of 2.0.1."""
        match call.action:
            case "BootNotification":
                return told
            case "Authorize":
                return {"idTokenInfo": {"status": told["idTagInfo"]["status"]}}
            case "TransactionEvent" if call.payload["eventType"] == "Started":
                transaction_id = call.payload["transactionInfo"]["transactionId"]
                self.numbers[transaction_id] = int(told["transactionId"])
                return {"idTokenInfo": {"status": told["idTagInfo"]["status"]}}
        return {}

    def hear(self, action: str, payload: JsonObject, now: datetime) -> JsonObject:
        """The answer to a call of the CSMS. Raises simulator.requests.CallRefusedError."""
        return answer(self._station, self.numbers, action, payload, now)

    def named(self, transaction_id: str) -> str | None:
        """By its number."""
        number = self.numbers.get(transaction_id)
        return None if number is None else str(number)

    def _event(self, call: Call) -> tuple[str, JsonObject] | None:
        payload = call.payload
        number = self.numbers.get(payload["transactionInfo"]["transactionId"])
        match payload["eventType"]:
            case "Started":
                return "StartTransaction", {
                    "connectorId": payload["evse"]["id"],
                    "idTag": payload["idToken"]["idToken"],
                    "meterStart": round(call.import_wh),
                    "timestamp": payload["timestamp"],
                }
            case "Ended" if number is not None:
                reason = payload["transactionInfo"].get("stoppedReason", "Local")
                return "StopTransaction", {
                    "transactionId": number,
                    "meterStop": round(call.import_wh),
                    "timestamp": payload["timestamp"],
                    "reason": words.REASONS.get(reason, "Other"),
                } | _transaction_data(payload)
            case "Updated" if payload["triggerReason"] == "ChargingStateChanged":
                return "StatusNotification", self._status(payload["timestamp"], "Occupied")
            case "Updated" if number is not None and "meterValue" in payload:
                return "MeterValues", {
                    "connectorId": self._station.evse.evse_id,
                    "transactionId": number,
                    "meterValue": words.meter_values(payload["meterValue"]),
                }
        return None

    def _status(self, timestamp: str, connector_status: str) -> JsonObject:
        status = connector_status
        if connector_status == "Occupied":
            transaction, occupant = self._station.evse.transaction, self._station.evse.occupant
            if transaction is not None:
                status = NOT_CHARGING.get(transaction.charging_state, "Preparing")
            else:
                status = "Finishing" if occupant and occupant.stopped else "Preparing"
        return {
            "connectorId": self._station.evse.evse_id,
            "errorCode": "NoError",
            "status": status,
            "timestamp": timestamp,
        }


def _transaction_data(payload: JsonObject) -> JsonObject:
    """StopTxnSampledData: the meter's last word, with what a meterStop has no room for."""
    values = words.meter_values(payload.get("meterValue", []))
    return {"transactionData": values} if values else {}


def _boot(station: JsonObject) -> JsonObject:
    return {
        "chargePointVendor": station["vendorName"],
        "chargePointModel": station["model"],
        "chargePointSerialNumber": station["serialNumber"],
        "firmwareVersion": station["firmwareVersion"],
    }
