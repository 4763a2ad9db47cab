"""Payloads of the calls that a simulated station makes (OCPP 2.0.1). Pure."""

from datetime import datetime
from typing import Final

from simulator.evse import Evse, Occupant, RunningTransaction
from simulator.models import StationModel
from simulator.profiles import JsonObject, Profile, format_time
from simulator.sessions import Tells
from simulator.site import StationSpec

CONNECTOR_ID: Final = 1
REPORT_ROWS: Final = 12


def boot_notification(spec: StationSpec, model: StationModel, reason: str) -> JsonObject:
    """BootNotificationRequest."""
    return {
        "reason": reason,
        "chargingStation": {
            "model": model.name,
            "vendorName": spec.vendor,
            "serialNumber": f"SIM-{spec.index + 1:05d}",
            "firmwareVersion": model.firmware_version,
        },
    }


def status_notification(evse: Evse, now: datetime) -> JsonObject:
    """StatusNotificationRequest of the EVSE's one connector."""
    return {
        "timestamp": format_time(now),
        "connectorStatus": evse.connector_status,
        "evseId": evse.evse_id,
        "connectorId": CONNECTOR_ID,
    }


def id_token(token: str) -> JsonObject:
    """IdTokenType of a card."""
    return {"idToken": token, "type": "ISO14443"}


def meter_value(
    evse: Evse, now: datetime, context: str, wanted: frozenset[str], tells_soc: bool
) -> JsonObject | None:
    """MeterValueType with those of the `wanted` measurands that the station has, or None."""
    rows = {
        "Energy.Active.Import.Register": (round(evse.import_wh, 1), "Wh"),
        "Energy.Active.Export.Register": (round(evse.export_wh, 1), "Wh"),
        "Power.Active.Import": (round(max(0.0, evse.power_w), 1), "W"),
        "Power.Active.Export": (round(max(0.0, -evse.power_w), 1), "W"),
        "Power.Offered": (round(max(0.0, evse.offered_w), 1), "W"),
        "Voltage": (evse.spec.voltage_v, "V"),
    }
    samples: list[JsonObject] = [
        {
            "value": value,
            "measurand": measurand,
            "context": context,
            "location": "Outlet",
            "unitOfMeasure": {"unit": unit},
        }
        for measurand, (value, unit) in rows.items()
        if measurand in wanted
    ]
    soc_pct = evse.soc_pct
    if tells_soc and soc_pct is not None and "SoC" in wanted:
        samples.append(
            {
                "value": round(soc_pct, 1),
                "measurand": "SoC",
                "context": context,
                "location": "EV",
                "unitOfMeasure": {"unit": "Percent"},
            }
        )
    return {"timestamp": format_time(now), "sampledValue": samples} if samples else None


def transaction_event(
    event_type: str,
    trigger: str,
    now: datetime,
    transaction: RunningTransaction,
    sample: JsonObject | None,
) -> JsonObject:
    """TransactionEventRequest; takes the next sequence number of the transaction."""
    info: JsonObject = {
        "transactionId": transaction.transaction_id,
        "chargingState": transaction.charging_state.value,
    }
    if transaction.remote_start_id is not None:
        info["remoteStartId"] = transaction.remote_start_id
    payload: JsonObject = {
        "eventType": event_type,
        "timestamp": format_time(now),
        "triggerReason": trigger,
        "seqNo": transaction.take_seq_no(),
        "transactionInfo": info,
    }
    if sample is not None:
        payload["meterValue"] = [sample]
    return payload


def charging_needs(
    evse: Evse, occupant: Occupant, spec: StationSpec, model: StationModel
) -> JsonObject | None:
    """NotifyEVChargingNeedsRequest, or None if neither vehicle nor driver tells the station."""
    tells = occupant.tells is Tells.STATION and occupant.session is not None
    if not model.tells_soc and not tells:
        return None
    vehicle = occupant.vehicle
    most_a = round(vehicle.spec.max_charge_w / spec.voltage_v / spec.phases)
    needs: JsonObject = {"requestedEnergyTransfer": model.energy_transfer}
    if model.tells_soc:
        needs["dcChargingParameters"] = {
            "evMaxCurrent": round(vehicle.spec.max_charge_w / 400.0),
            "evMaxVoltage": 400,
            "evMaxPower": round(vehicle.spec.max_charge_w),
            "stateOfCharge": round(100 * vehicle.soc_ratio),
            "evEnergyCapacity": round(vehicle.spec.capacity_wh),
        } | ({"energyAmount": round(occupant.remaining_wh)} if tells else {})
    else:
        needs["acChargingParameters"] = {
            "energyAmount": round(occupant.remaining_wh),
            "evMinCurrent": 6,
            "evMaxCurrent": most_a,
            "evMaxVoltage": round(spec.voltage_v),
        }
    if tells and occupant.session is not None:
        needs["departureTime"] = format_time(occupant.session.told_departure_at)
    return {"evseId": evse.evse_id, "chargingNeeds": needs}


def reports(request_id: int, now: datetime, rows: list[JsonObject]) -> list[JsonObject]:
    """NotifyReportRequests, `REPORT_ROWS` variables each."""
    parts = [rows[start : start + REPORT_ROWS] for start in range(0, len(rows), REPORT_ROWS)]
    return [
        {
            "requestId": request_id,
            "generatedAt": format_time(now),
            "seqNo": number,
            "tbc": number + 1 < len(parts),
            "reportData": part,
        }
        for number, part in enumerate(parts)
    ]


def profile_reports(request_id: int, profiles: list[Profile]) -> list[JsonObject]:
    """ReportChargingProfilesRequests, one per EVSE that holds some."""
    evse_ids = sorted({profile.evse_id for profile in profiles})
    return [
        {
            "requestId": request_id,
            "chargingLimitSource": "CSO",
            "evseId": evse_id,
            "chargingProfile": [p.raw for p in profiles if p.evse_id == evse_id],
            "tbc": evse_id != evse_ids[-1],
        }
        for evse_id in evse_ids
    ]
