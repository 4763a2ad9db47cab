"""What the CSMS accepts: a Command is a row with priority, deadline and, for setpoints, a fence.

A Setpoint is the one signed number per EVSE that plans and controllers speak in; how a station is
told (its dialect) is ours to know. Every other command carries the payload of its OCPP action.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

from csms.domain.ids import ChargingStationId, EvseId, TransactionId


class CommandPriority(IntEnum):
    """Lower goes first. One call at a time is in flight to a station, so the order matters."""

    SAFETY = 0
    DISPATCH = 1
    OPERATOR = 2
    PROVISIONING = 3
    REPORT = 4


class CommandStatus(StrEnum):
    """`UNKNOWN`: it may have reached the station; treat the worst case as true."""

    PENDING = "pending"
    SENT = "sent"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"


class CommandKind(StrEnum):
    """`SetSetpoint`, `Provision` (measurands, floor profile, base report of a station that is
    Pending), `OfferSchedule` (tell an EVSE again what holds there, as its vehicle asks: K15),
    `SetNetworkConfiguration` (a SetNetworkProfile by way of variables: B09 of 2.1),
    `SetTransactionLimit` (`{transactionId, transactionLimit}`, told with an event's answer: E16),
    or the OCPP 2.x action whose request the payload is."""

    SET_SETPOINT = "SetSetpoint"
    PROVISION = "Provision"
    SET_CHARGING_PROFILE = "SetChargingProfile"
    CLEAR_CHARGING_PROFILE = "ClearChargingProfile"
    GET_CHARGING_PROFILES = "GetChargingProfiles"
    GET_COMPOSITE_SCHEDULE = "GetCompositeSchedule"
    SET_VARIABLES = "SetVariables"
    GET_VARIABLES = "GetVariables"
    GET_BASE_REPORT = "GetBaseReport"
    GET_REPORT = "GetReport"
    SET_NETWORK_PROFILE = "SetNetworkProfile"
    SET_NETWORK_CONFIGURATION = "SetNetworkConfiguration"
    SET_MONITORING_BASE = "SetMonitoringBase"
    SET_MONITORING_LEVEL = "SetMonitoringLevel"
    SET_VARIABLE_MONITORING = "SetVariableMonitoring"
    CLEAR_VARIABLE_MONITORING = "ClearVariableMonitoring"
    GET_MONITORING_REPORT = "GetMonitoringReport"
    GET_TRANSACTION_STATUS = "GetTransactionStatus"
    OFFER_SCHEDULE = "OfferSchedule"
    SET_TRANSACTION_LIMIT = "SetTransactionLimit"
    CLEAR_CACHE = "ClearCache"
    SEND_LOCAL_LIST = "SendLocalList"
    GET_LOCAL_LIST_VERSION = "GetLocalListVersion"
    REQUEST_START_TRANSACTION = "RequestStartTransaction"
    REQUEST_STOP_TRANSACTION = "RequestStopTransaction"
    TRIGGER_MESSAGE = "TriggerMessage"
    RESET = "Reset"
    CHANGE_AVAILABILITY = "ChangeAvailability"
    UNLOCK_CONNECTOR = "UnlockConnector"
    SET_DEFAULT_TARIFF = "SetDefaultTariff"
    GET_TARIFFS = "GetTariffs"
    CLEAR_TARIFFS = "ClearTariffs"
    CHANGE_TRANSACTION_TARIFF = "ChangeTransactionTariff"
    UPDATE_DYNAMIC_SCHEDULE = "UpdateDynamicSchedule"
    USE_PRIORITY_CHARGING = "UsePriorityCharging"
    NOTIFY_ALLOWED_ENERGY_TRANSFER = "NotifyAllowedEnergyTransfer"
    AFRR_SIGNAL = "AFRRSignal"
    GET_PERIODIC_EVENT_STREAM = "GetPeriodicEventStream"
    ADJUST_PERIODIC_EVENT_STREAM = "AdjustPeriodicEventStream"
    SET_DER_CONTROL = "SetDERControl"
    GET_DER_CONTROL = "GetDERControl"
    CLEAR_DER_CONTROL = "ClearDERControl"
    NOTIFY_WEB_PAYMENT_STARTED = "NotifyWebPaymentStarted"
    REQUEST_BATTERY_SWAP = "RequestBatterySwap"
    RENEW_PASSWORD = "RenewPassword"
    ISSUE_CERTIFICATE = "IssueCertificate"
    CERTIFICATE_SIGNED = "CertificateSigned"
    UPGRADE_SECURITY_PROFILE = "UpgradeSecurityProfile"
    UPDATE_FIRMWARE = "UpdateFirmware"
    PUBLISH_FIRMWARE = "PublishFirmware"
    UNPUBLISH_FIRMWARE = "UnpublishFirmware"
    INSTALL_CERTIFICATE = "InstallCertificate"
    DELETE_CERTIFICATE = "DeleteCertificate"
    GET_INSTALLED_CERTIFICATE_IDS = "GetInstalledCertificateIds"
    GET_LOG = "GetLog"
    RESERVE_NOW = "ReserveNow"
    CANCEL_RESERVATION = "CancelReservation"
    COST_UPDATED = "CostUpdated"
    CUSTOMER_INFORMATION = "CustomerInformation"
    SET_DISPLAY_MESSAGE = "SetDisplayMessage"
    GET_DISPLAY_MESSAGES = "GetDisplayMessages"
    CLEAR_DISPLAY_MESSAGE = "ClearDisplayMessage"
    DATA_TRANSFER = "DataTransfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setpoint:
    """Payload of `SetSetpoint`: a lease on the power of one EVSE.

    `setpoint_w` is signed, + into the vehicle; as a positive number it is an upper limit. It ends
    at `until`; what remains then is the floor profile. `responds`: the vehicle may go beyond it as
    its station's curve of the frequency says. `transaction_id`: whose energy a discharge is of; for
    another vehicle it is refused. None: for whoever is there.
    """

    setpoint_w: float
    until: datetime
    reason: str = ""
    responds: bool = False
    transaction_id: TransactionId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`version` is the fence: the connection's owner refuses one not above the last it sent."""

    command_id: UUID
    station_id: ChargingStationId
    kind: CommandKind
    payload: dict[str, Any]
    priority: CommandPriority
    created_at: datetime
    deadline_at: datetime
    evse_id: EvseId | None = None
    version: int | None = None
    requested_by: str = "hub"
