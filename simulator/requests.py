"""What a simulated station answers when the CSMS calls it (OCPP 2.0.1). No network.

One function per action; `ROUTES` is the list of what is supported. Whatever is not in it is
answered with CALLERROR NotImplemented, what cannot be read with FormatViolation.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import orjson

from simulator import messages, vendor
from simulator.call import Call
from simulator.evse import Evse
from simulator.profiles import JsonObject, NegativeLimit, format_time
from simulator.station import Registration, Station

ACCEPTED: Final[JsonObject] = {"status": "Accepted"}
REJECTED: Final[JsonObject] = {"status": "Rejected"}


class CallRefusedError(Exception):
    """The call is answered with CALLERROR `code`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def answer(station: Station, action: str, payload: JsonObject, now: datetime) -> JsonObject:
    """The answer's payload. Raises CallRefusedError."""
    route = ROUTES.get(action)
    if route is None:
        raise CallRefusedError("NotImplemented")
    if station.registration is Registration.REJECTED:
        raise CallRefusedError("SecurityError")
    if action in station.faults.rejects:
        return _rejection(action)
    try:
        return route(station, payload, now)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError):
        raise CallRefusedError("FormatViolation") from None


def _rejection(action: str) -> JsonObject:
    """Actions whose answer has no status are refused."""
    if action in ("SetVariables", "GetVariables"):
        raise CallRefusedError("InternalError")
    return REJECTED


def set_charging_profile(station: Station, payload: JsonObject, now: datetime) -> JsonObject:
    """K01."""
    if station.faults.ignores_profiles:
        return ACCEPTED
    return _installed(station, int(payload["evseId"]), payload["chargingProfile"], now)


def clear_charging_profile(station: Station, payload: JsonObject, now: datetime) -> JsonObject:
    """K10."""
    criteria = dict(payload.get("chargingProfileCriteria", {}))
    if "chargingProfileId" in payload:
        criteria["chargingProfileId"] = [payload["chargingProfileId"]]
    found = station.stack.find(criteria, criteria.get("evseId"))
    station.stack.remove(found)
    station.refresh_limit(now)
    return {"status": "Accepted" if found else "Unknown"}


def get_charging_profiles(station: Station, payload: JsonObject, _: datetime) -> JsonObject:
    """K09: the profiles follow in ReportChargingProfiles."""
    found = station.stack.find(payload["chargingProfile"], payload.get("evseId"))
    for report in messages.profile_reports(int(payload["requestId"]), found):
        station.replies.append(Call("ReportChargingProfiles", report))
    station.wake()
    return {"status": "Accepted" if found else "NoProfiles"}


def get_composite_schedule(station: Station, payload: JsonObject, now: datetime) -> JsonObject:
    """K08; EVSE 0 is the station's grid connection, here the same as its one EVSE."""
    evse_id, duration_s = int(payload["evseId"]), int(payload["duration"])
    if evse_id not in (0, station.evse.evse_id) or duration_s <= 0:
        return REJECTED
    unit = payload.get("chargingRateUnit", "W")
    per_watt = 1.0 if unit == "W" else 1.0 / (station.spec.voltage_v * station.spec.phases)
    transaction = station.evse.transaction
    periods = station.stack.composite(
        station.evse.evse_id,
        now,
        duration_s,
        station.spec.max_charge_w,
        transaction.started_at if transaction else None,
    )
    return ACCEPTED | {
        "schedule": {
            "evseId": evse_id,
            "duration": duration_s,
            "scheduleStart": format_time(now),
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": [
                {"startPeriod": start_s, "limit": round(limit_w * per_watt, 1)}
                for start_s, limit_w in periods
            ],
        }
    }


def set_variables(station: Station, payload: JsonObject, now: datetime) -> JsonObject:
    """B05."""
    results = [station.device.set(row) for row in payload["setVariableData"]]
    station.sampling_changed(now)
    return {"setVariableResult": results}


def get_variables(station: Station, payload: JsonObject, _: datetime) -> JsonObject:
    """B06."""
    return {"getVariableResult": [station.device.get(row) for row in payload["getVariableData"]]}


def get_base_report(station: Station, payload: JsonObject, now: datetime) -> JsonObject:
    """B07: the variables follow in NotifyReport."""
    if payload["reportBase"] not in ("FullInventory", "ConfigurationInventory"):
        return {"status": "NotSupported"}
    rows = list(station.device.report(payload["reportBase"] == "ConfigurationInventory"))
    for report in messages.reports(int(payload["requestId"]), now, rows):
        station.replies.append(Call("NotifyReport", report))
    station.wake()
    return ACCEPTED


def request_start_transaction(station: Station, payload: JsonObject, now: datetime) -> JsonObject:
    """F01, F02: only for a vehicle that is plugged in and waits."""
    evse_id = int(payload.get("evseId", station.evse.evse_id))
    profile = payload.get("chargingProfile")
    if profile is not None:
        station.stack.parsed(evse_id, profile)  # unreadable: nothing is started
    if station.registration is not Registration.ACCEPTED or evse_id != station.evse.evse_id:
        return REJECTED
    token, remote_id = str(payload["idToken"]["idToken"]), int(payload["remoteStartId"])
    transaction = station.begin_transaction("RemoteStart", now, token, remote_id)
    if transaction is None:
        return REJECTED
    if profile is not None:
        own = profile | {"transactionId": transaction.transaction_id}
        _installed(station, evse_id, own, now)
    return ACCEPTED | {"transactionId": transaction.transaction_id}


def request_stop_transaction(station: Station, payload: JsonObject, now: datetime) -> JsonObject:
    """F03: the vehicle stays plugged in and gets nothing more."""
    running, occupant = station.evse.transaction, station.evse.occupant
    if running is None or running.transaction_id != payload["transactionId"]:
        return REJECTED
    if station.faults.charges_on:
        return ACCEPTED
    if occupant is not None:
        occupant.stopped = True
    station.end_transaction("RemoteStop", "Remote", now)
    return ACCEPTED


def get_transaction_status(station: Station, payload: JsonObject, _: datetime) -> JsonObject:
    """E14."""
    events = [call.payload for call in station.queue if call.action == "TransactionEvent"]
    wanted = payload.get("transactionId")
    if wanted is None:
        return {"messagesInQueue": bool(events)}
    running = station.evse.transaction
    return {
        "ongoingIndicator": running is not None and running.transaction_id == wanted,
        "messagesInQueue": any(e["transactionInfo"]["transactionId"] == wanted for e in events),
    }


def reset(station: Station, payload: JsonObject, now: datetime) -> JsonObject:
    """B11, B12."""
    waits = {"OnIdle": True, "Immediate": False}[payload["type"]]
    if waits and station.evse.transaction is not None:
        station.reset_when_idle = True
        return {"status": "Scheduled"}
    station.end_transaction("ResetCommand", "ImmediateReset", now)
    station.reboot("RemoteReset", now)
    return ACCEPTED


def change_availability(station: Station, payload: JsonObject, now: datetime) -> JsonObject:
    """G03, G04: a running transaction ends first."""
    if payload.get("evse", {}).get("id", station.evse.evse_id) != station.evse.evse_id:
        return REJECTED
    operative = {"Operative": True, "Inoperative": False}[payload["operationalStatus"]]
    if not operative and station.evse.transaction is not None:
        station.inoperative_when_idle = True
        return {"status": "Scheduled"}
    station.inoperative_when_idle, station.evse.operative = False, operative
    station.notify_status(now)
    station.authorize(now)
    return ACCEPTED


def unlock_connector(station: Station, payload: JsonObject, _: datetime) -> JsonObject:
    """F05."""
    here = (station.evse.evse_id, messages.CONNECTOR_ID)
    if (payload["evseId"], payload["connectorId"]) != here:
        return {"status": "UnknownConnector"}
    running = station.evse.transaction is not None
    return {"status": "OngoingAuthorizedTransaction" if running else "Unlocked"}


def trigger_message(station: Station, payload: JsonObject, now: datetime) -> JsonObject:
    """F06."""
    evse = station.evse
    match payload["requestedMessage"]:
        case "BootNotification":
            if station.registration is Registration.ACCEPTED:
                return REJECTED
            station.boot_reason, station.boot_due_at = "Triggered", now
        case "Heartbeat":
            station.replies.append(Call("Heartbeat", {}))
        case "StatusNotification":
            call = Call("StatusNotification", messages.status_notification(evse, now))
            station.replies.append(call)
        case "MeterValues":
            station.meter_values(now, "Trigger", station.replies)
        case "TransactionEvent" if evse.transaction is not None:
            station.transaction_event("Updated", "Trigger", now, "Trigger")
        case "TransactionEvent":
            return REJECTED
        case _:
            return {"status": "NotImplemented"}
    station.wake()
    return ACCEPTED


def data_transfer(station: Station, payload: JsonObject, now: datetime) -> JsonObject:
    """P01: of vendors' messages only a model's own is known."""
    if str(payload["vendorId"]) != vendor.VENDOR_ID or not station.model.takes_currents:
        return {"status": "UnknownVendorId"}
    if payload.get("messageId") != vendor.MESSAGE_ID:
        return {"status": "UnknownMessageId"}
    data = payload["data"]
    told = orjson.loads(data) if isinstance(data, str) else data
    if station.evse.transaction is None or told["evse"] != station.evse.evse_id:
        return REJECTED
    station.vendor = vendor.setpoint_of(told, station.spec, now)
    station.refresh_limit(now)
    return ACCEPTED


def clear_cache(_: Station, __: JsonObject, ___: datetime) -> JsonObject:
    """C11: there is no cache to clear."""
    return REJECTED


def _installed(station: Station, evse_id: int, profile: JsonObject, now: datetime) -> JsonObject:
    if station.faults.keeps_leases:
        profile = _endless(profile)
    refusal = station.stack.install(evse_id, profile, _transactions(station.evse))
    if refusal is not None:
        return REJECTED | {"statusInfo": {"reasonCode": refusal.value}}
    _watch_negative(station, profile)
    station.refresh_limit(now)
    return ACCEPTED


def _endless(profile: JsonObject) -> JsonObject:
    """What is left of it for a station that does not look at ends."""
    schedules = [
        {name: value for name, value in one.items() if name != "duration"}
        for one in profile["chargingSchedule"]
    ]
    kept = {name: value for name, value in profile.items() if name != "validTo"}
    return kept | {"chargingSchedule": schedules}


def _transactions(evse: Evse) -> dict[int, str]:
    return {evse.evse_id: evse.transaction.transaction_id} if evse.transaction else {}


def _watch_negative(station: Station, profile: JsonObject) -> None:
    """A charge-only station takes a negative limit for no limit: nobody should ever send one."""
    if station.model.negative_limit is NegativeLimit.DISCHARGES:
        return
    periods = profile["chargingSchedule"][0]["chargingSchedulePeriod"]
    lowest = min(float(period.get("limit", 0.0)) for period in periods)
    if lowest < 0:
        station.incident("negative_limit", f"limit {lowest:g} read as no limit")


ROUTES: Final[dict[str, Callable[[Station, JsonObject, datetime], JsonObject]]] = {
    "SetVariables": set_variables,
    "GetVariables": get_variables,
    "GetBaseReport": get_base_report,
    "Reset": reset,
    "ClearCache": clear_cache,
    "GetTransactionStatus": get_transaction_status,
    "RequestStartTransaction": request_start_transaction,
    "RequestStopTransaction": request_stop_transaction,
    "UnlockConnector": unlock_connector,
    "TriggerMessage": trigger_message,
    "ChangeAvailability": change_availability,
    "GetCompositeSchedule": get_composite_schedule,
    "SetChargingProfile": set_charging_profile,
    "GetChargingProfiles": get_charging_profiles,
    "ClearChargingProfile": clear_charging_profile,
    "DataTransfer": data_transfer,
}
