"""What OCPP 1.6 calls by other names than 2.0.1. Pure."""

from typing import Final

from simulator.profiles import JsonObject

PURPOSES: Final = {
    "ChargePointMaxProfile": "ChargingStationMaxProfile",
    "TxDefaultProfile": "TxDefaultProfile",
    "TxProfile": "TxProfile",
}
REASONS: Final = {
    "DeAuthorized": "DeAuthorized",
    "EVDisconnected": "EVDisconnected",
    "ImmediateReset": "HardReset",
    "PowerLoss": "PowerLoss",
    "Remote": "Remote",
}
"""ReasonEnumType → Reason; what is not there is Other."""
KEYS: Final = {
    "HeartbeatInterval": ("OCPPCommCtrlr", "HeartbeatInterval"),
    "TransactionMessageAttempts": ("OCPPCommCtrlr", "MessageAttempts"),
    "TransactionMessageRetryInterval": ("OCPPCommCtrlr", "MessageAttemptInterval"),
    "MeterValueSampleInterval": ("SampledDataCtrlr", "TxUpdatedInterval"),
    "MeterValuesSampledData": ("SampledDataCtrlr", "TxUpdatedMeasurands"),
    "StopTxnSampledData": ("SampledDataCtrlr", "TxEndedMeasurands"),
    "ClockAlignedDataInterval": ("AlignedDataCtrlr", "Interval"),
    "MeterValuesAlignedData": ("AlignedDataCtrlr", "Measurands"),
    "ChargeProfileMaxStackLevel": ("SmartChargingCtrlr", "ProfileStackLevel"),
    "ChargingScheduleMaxPeriods": ("SmartChargingCtrlr", "PeriodsPerSchedule"),
}
"""Configuration key → the variable of the device model that it is (1.6, chapter 9)."""
FIXED: Final = {
    "NumberOfConnectors": "1",
    "ChargingScheduleAllowedChargingRateUnit": "Current,Power",
    "SupportedFeatureProfiles": "Core,SmartCharging,RemoteTrigger",
}


def meter_values(values: list[JsonObject]) -> list[JsonObject]:
    """MeterValues whose samples say their value as text and their unit by its name alone."""
    return [one | {"sampledValue": [_sample(s) for s in one["sampledValue"]]} for one in values]


def _sample(told: JsonObject) -> JsonObject:
    sample = {
        key: told[key] for key in ("context", "measurand", "location", "phase") if key in told
    }
    unit = told.get("unitOfMeasure", {}).get("unit")
    return sample | {"value": str(told["value"])} | ({"unit": unit} if unit else {})


def profile_201(told: JsonObject, transaction_id: str | None, now: str) -> JsonObject:
    """A csChargingProfiles object as a ChargingProfileType; `transaction_id` is the station's own.
    An Absolute schedule without a start begins now. Raises KeyError."""
    schedule = dict(told["chargingSchedule"]) | {"id": told["chargingProfileId"]}
    if told["chargingProfileKind"] != "Relative":
        schedule.setdefault("startSchedule", now)
    profile: JsonObject = {
        key: told[key]
        for key in ("stackLevel", "chargingProfileKind", "recurrencyKind", "validFrom", "validTo")
        if key in told
    }
    profile |= {
        "id": told["chargingProfileId"],
        "chargingProfilePurpose": PURPOSES[told["chargingProfilePurpose"]],
        "chargingSchedule": [schedule],
    }
    return profile | ({"transactionId": transaction_id} if transaction_id else {})
