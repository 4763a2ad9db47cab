"""What a simulated station answers when a CSMS of OCPP 1.6 calls it. No network.

Each action becomes the one of 2.0.1 that means the same, and its answer is put back.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from simulator import requests
from simulator.profiles import JsonObject, format_time
from simulator.requests import CallRefusedError
from simulator.station import Station
from simulator.v16 import words

Numbers = Mapping[str, int]
"""The station's transaction ids → the CSMS's numbers."""
Route = Callable[[Station, Numbers, JsonObject, datetime], JsonObject]


def answer(
    station: Station, numbers: Numbers, action: str, payload: JsonObject, now: datetime
) -> JsonObject:
    """The answer's payload. Raises CallRefusedError."""
    route = ROUTES.get(action)
    if route is None:
        raise CallRefusedError("NotImplemented")
    try:
        return route(station, numbers, payload, now)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        raise CallRefusedError("FormationViolation") from None


def get_configuration(
    station: Station, _: Numbers, payload: JsonObject, __: datetime
) -> JsonObject:
    """5.8."""
    variables = station.device.variables
    known = {
        key: (variables[component, 0, name].value, variables[component, 0, name].mutability)
        for key, (component, name) in words.KEYS.items()
    }
    known |= {key: (value, "ReadOnly") for key, value in words.FIXED.items()}
    wanted = payload.get("key") or list(known)
    return {
        "configurationKey": [
            {"key": key, "readonly": known[key][1] == "ReadOnly", "value": known[key][0]}
            for key in wanted
            if key in known
        ],
        "unknownKey": [key for key in wanted if key not in known],
    }


def change_configuration(
    station: Station, _: Numbers, payload: JsonObject, now: datetime
) -> JsonObject:
    """5.3."""
    if payload["key"] not in words.KEYS:
        return {"status": "Rejected" if payload["key"] in words.FIXED else "NotSupported"}
    component, name = words.KEYS[payload["key"]]
    row = {
        "component": {"name": component},
        "variable": {"name": name},
        "attributeValue": payload["value"],
    }
    told = requests.answer(station, "SetVariables", {"setVariableData": [row]}, now)
    return {"status": told["setVariableResult"][0]["attributeStatus"]}


def set_charging_profile(
    station: Station, numbers: Numbers, payload: JsonObject, now: datetime
) -> JsonObject:
    """5.16: a TxProfile may leave out whose it is."""
    told = payload["csChargingProfiles"]
    transaction_id = None
    if told["chargingProfilePurpose"] == "TxProfile":
        running = station.evse.transaction
        transaction_id = running.transaction_id if running else None
        if transaction_id is None or told.get("transactionId") not in (
            None,
            numbers.get(transaction_id),
        ):
            return requests.REJECTED
    profile = words.profile_201(told, transaction_id, format_time(now))
    asked = {"evseId": payload["connectorId"], "chargingProfile": profile}
    return _status(requests.answer(station, "SetChargingProfile", asked, now))


def clear_charging_profile(
    station: Station, _: Numbers, payload: JsonObject, now: datetime
) -> JsonObject:
    """5.5."""
    asked: JsonObject = {}
    if "id" in payload:
        asked["chargingProfileId"] = payload["id"]
    criteria: JsonObject = {}
    if "connectorId" in payload:
        criteria["evseId"] = payload["connectorId"]
    if "chargingProfilePurpose" in payload:
        criteria["chargingProfilePurpose"] = words.PURPOSES[payload["chargingProfilePurpose"]]
    if "stackLevel" in payload:
        criteria["stackLevel"] = payload["stackLevel"]
    if criteria:
        asked["chargingProfileCriteria"] = criteria
    return requests.answer(station, "ClearChargingProfile", asked, now)


def get_composite_schedule(
    station: Station, _: Numbers, payload: JsonObject, now: datetime
) -> JsonObject:
    """5.7."""
    asked = {"evseId": payload["connectorId"], "duration": payload["duration"]}
    if "chargingRateUnit" in payload:
        asked["chargingRateUnit"] = payload["chargingRateUnit"]
    told = requests.answer(station, "GetCompositeSchedule", asked, now)
    if told["status"] != "Accepted":
        return _status(told)
    composite = told["schedule"]
    schedule = {
        key: composite[key] for key in ("duration", "chargingRateUnit", "chargingSchedulePeriod")
    }
    return {
        "status": "Accepted",
        "connectorId": payload["connectorId"],
        "scheduleStart": composite["scheduleStart"],
        "chargingSchedule": schedule | {"startSchedule": composite["scheduleStart"]},
    }


def remote_start_transaction(
    station: Station, _: Numbers, payload: JsonObject, now: datetime
) -> JsonObject:
    """5.11."""
    asked: JsonObject = {
        "remoteStartId": 0,
        "idToken": {"idToken": payload["idTag"], "type": "ISO14443"},
        "evseId": payload.get("connectorId", station.evse.evse_id),
    }
    if "chargingProfile" in payload:
        profile = words.profile_201(payload["chargingProfile"], None, format_time(now))
        asked["chargingProfile"] = profile
    return _status(requests.answer(station, "RequestStartTransaction", asked, now))


def remote_stop_transaction(
    station: Station, numbers: Numbers, payload: JsonObject, now: datetime
) -> JsonObject:
    """5.12."""
    ids = {number: transaction_id for transaction_id, number in numbers.items()}
    if payload["transactionId"] not in ids:
        return requests.REJECTED
    asked = {"transactionId": ids[payload["transactionId"]]}
    return _status(requests.answer(station, "RequestStopTransaction", asked, now))


def reset(station: Station, _: Numbers, payload: JsonObject, now: datetime) -> JsonObject:
    """5.14: a soft one waits until the vehicle is gone."""
    kind = {"Hard": "Immediate", "Soft": "OnIdle"}[payload["type"]]
    return _status(requests.answer(station, "Reset", {"type": kind}, now))


def change_availability(
    station: Station, _: Numbers, payload: JsonObject, now: datetime
) -> JsonObject:
    """5.2."""
    asked: JsonObject = {"operationalStatus": payload["type"]}
    if payload["connectorId"]:
        asked["evse"] = {"id": payload["connectorId"]}
    return requests.answer(station, "ChangeAvailability", asked, now)


def unlock_connector(
    station: Station, _: Numbers, payload: JsonObject, now: datetime
) -> JsonObject:
    """5.18."""
    asked = {"evseId": payload["connectorId"], "connectorId": 1}
    status = requests.answer(station, "UnlockConnector", asked, now)["status"]
    return {"status": status if status == "Unlocked" else "UnlockFailed"}


def trigger_message(station: Station, _: Numbers, payload: JsonObject, now: datetime) -> JsonObject:
    """5.17."""
    return requests.answer(station, "TriggerMessage", payload, now)


def data_transfer(station: Station, _: Numbers, payload: JsonObject, now: datetime) -> JsonObject:
    """5.6."""
    return requests.answer(station, "DataTransfer", payload, now)


def clear_cache(station: Station, _: Numbers, payload: JsonObject, now: datetime) -> JsonObject:
    """5.4."""
    return requests.answer(station, "ClearCache", payload, now)


def _status(told: JsonObject) -> JsonObject:
    """1.6 gives no reasons, and what is Scheduled is Accepted."""
    return {"status": "Accepted" if told["status"] == "Scheduled" else told["status"]}


ROUTES: Final[Mapping[str, Route]] = {
    "GetConfiguration": get_configuration,
    "ChangeConfiguration": change_configuration,
    "SetChargingProfile": set_charging_profile,
    "ClearChargingProfile": clear_charging_profile,
    "GetCompositeSchedule": get_composite_schedule,
    "RemoteStartTransaction": remote_start_transaction,
    "RemoteStopTransaction": remote_stop_transaction,
    "Reset": reset,
    "ChangeAvailability": change_availability,
    "UnlockConnector": unlock_connector,
    "TriggerMessage": trigger_message,
    "DataTransfer": data_transfer,
    "ClearCache": clear_cache,
}
