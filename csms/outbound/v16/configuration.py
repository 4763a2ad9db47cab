"""B · the device model of OCPP 2 on top of the configuration keys of 1.6.

A key that has a variable in 2.x is called by that (part 2, appendix 3, names most of them); every
key can be called by its own name as a variable of component `Configuration`.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import UNSET

from csms.domain.facts import VariableRow
from csms.domain.station import phases_of_rotation
from csms.domain.variables import Variable
from csms.ocppj import types_v16 as wire
from csms.ocppj import types_v201 as asked
from csms.outbound.v16.voice import Voice

CONFIGURATION: Final = "Configuration"
KEYS: Final = {
    # A · security
    Variable("SecurityCtrlr", "BasicAuthPassword"): "AuthorizationKey",
    Variable("SecurityCtrlr", "SecurityProfile"): "SecurityProfile",
    Variable("SecurityCtrlr", "OrganizationName"): "CpoName",
    Variable("SecurityCtrlr", "AdditionalRootCertificateCheck"): "AdditionalRootCertificateCheck",
    Variable("SecurityCtrlr", "CertificateEntries"): "CertificateStoreMaxLength",
    Variable("SecurityCtrlr", "MaxCertificateChainSize"): "CertificateSignedMaxChainSize",
    # B · provisioning
    Variable("OCPPCommCtrlr", "HeartbeatInterval"): "HeartbeatInterval",
    Variable("OCPPCommCtrlr", "WebSocketPingInterval"): "WebSocketPingInterval",
    Variable("OCPPCommCtrlr", "ResetRetries"): "ResetRetries",
    Variable("OCPPCommCtrlr", "MessageAttempts"): "TransactionMessageAttempts",
    Variable("OCPPCommCtrlr", "MessageAttemptInterval"): "TransactionMessageRetryInterval",
    Variable("OCPPCommCtrlr", "UnlockOnEVSideDisconnect"): "UnlockConnectorOnEVSideDisconnect",
    Variable("DeviceDataCtrlr", "ItemsPerMessage"): "GetConfigurationMaxKeys",
    # C, D · authorization and local lists
    Variable("AuthCtrlr", "AuthorizeRemoteStart"): "AuthorizeRemoteTxRequests",
    Variable("AuthCtrlr", "LocalAuthorizeOffline"): "LocalAuthorizeOffline",
    Variable("AuthCtrlr", "LocalPreAuthorize"): "LocalPreAuthorize",
    Variable("AuthCtrlr", "OfflineTxForUnknownIdEnabled"): "AllowOfflineTxForUnknownId",
    Variable("AuthCacheCtrlr", "Enabled"): "AuthorizationCacheEnabled",
    Variable("LocalAuthListCtrlr", "Enabled"): "LocalAuthListEnabled",
    Variable("LocalAuthListCtrlr", "Entries"): "LocalAuthListMaxLength",
    Variable("LocalAuthListCtrlr", "ItemsPerMessage"): "SendLocalListMaxLength",
    # E · transactions
    Variable("TxCtrlr", "EVConnectionTimeOut"): "ConnectionTimeOut",
    Variable("TxCtrlr", "StopTxOnEVSideDisconnect"): "StopTransactionOnEVSideDisconnect",
    Variable("TxCtrlr", "StopTxOnInvalidId"): "StopTransactionOnInvalidId",
    Variable("TxCtrlr", "MaxEnergyOnInvalidId"): "MaxEnergyOnInvalidId",
    # H · reservation
    Variable("ReservationCtrlr", "NonEvseSpecific"): "ReserveConnectorZeroSupported",
    # J · metering
    Variable("SampledDataCtrlr", "TxUpdatedMeasurands"): "MeterValuesSampledData",
    Variable("SampledDataCtrlr", "TxUpdatedInterval"): "MeterValueSampleInterval",
    Variable("SampledDataCtrlr", "TxEndedMeasurands"): "StopTxnSampledData",
    Variable("AlignedDataCtrlr", "Measurands"): "MeterValuesAlignedData",
    Variable("AlignedDataCtrlr", "Interval"): "ClockAlignedDataInterval",
    Variable("AlignedDataCtrlr", "TxEndedMeasurands"): "StopTxnAlignedData",
    # K · smart charging
    Variable("SmartChargingCtrlr", "RateUnit"): "ChargingScheduleAllowedChargingRateUnit",
    Variable("SmartChargingCtrlr", "ProfileStackLevel"): "ChargeProfileMaxStackLevel",
    Variable("SmartChargingCtrlr", "PeriodsPerSchedule"): "ChargingScheduleMaxPeriods",
    Variable("SmartChargingCtrlr", "Entries"): "MaxChargingProfilesInstalled",
    Variable("SmartChargingCtrlr", "Phases3to1"): "ConnectorSwitch3to1PhaseSupported",
}
VARIABLES: Final = {key.lower(): variable for variable, key in KEYS.items()}
"""Stations spell keys in any case (9.1: case-insensitive)."""
PHASE_ROTATION: Final = "connectorphaserotation"
SECRETS: Final = frozenset({"authorizationkey"})
RATE_UNITS: Final = {"current": "A", "power": "W"}
"""ChargingScheduleAllowedChargingRateUnit says it in other words than ChargingRateUnit."""
_SET: Final[dict[str, asked.SetVariableStatusEnumType]] = {
    "Accepted": "Accepted",
    "RebootRequired": "RebootRequired",
    "NotSupported": "UnknownVariable",
}


async def configuration(voice: Voice) -> tuple[VariableRow, ...]:
    """All keys of a station as rows of its device model; what is secret without its value."""
    told: wire.GetConfigurationResponse = await voice.say(
        "GetConfiguration", wire.GetConfigurationRequest()
    )
    keys = told.configuration_key or ()
    return tuple([*(_row(one) for one in keys), *_supply_phases(keys)])


async def get_variables(
    voice: Voice, request: asked.GetVariablesRequest
) -> asked.GetVariablesResponse:
    """5.8: one question for all of them."""
    keys = [key_of(one.component, one.variable) for one in request.get_variable_data]
    wanted = tuple(dict.fromkeys(key for key in keys if key is not None))
    values: dict[str, str] = {}
    if wanted:
        told: wire.GetConfigurationResponse = await voice.say(
            "GetConfiguration", wire.GetConfigurationRequest(key=wanted)
        )
        values = {one.key.lower(): _value(one) for one in told.configuration_key or ()}
    results = [
        _got(one, None if key is None else values.get(key.lower()))
        for one, key in zip(request.get_variable_data, keys, strict=True)
    ]
    return asked.GetVariablesResponse(get_variable_result=tuple(results))


async def set_variables(
    voice: Voice, request: asked.SetVariablesRequest
) -> asked.SetVariablesResponse:
    """5.3: a call for each of them."""
    results = [await _set(voice, one) for one in request.set_variable_data]
    return asked.SetVariablesResponse(set_variable_result=tuple(results))


def key_of(component: asked.ComponentType, variable: asked.VariableType) -> str | None:
    """The configuration key of a variable of the station; None if 1.6 has none."""
    if component.evse:
        return None
    if component.name == CONFIGURATION:
        return variable.name
    return KEYS.get(Variable(component.name, variable.name))


async def _set(voice: Voice, one: asked.SetVariableDataType) -> asked.SetVariableResultType:
    def result(status: asked.SetVariableStatusEnumType) -> asked.SetVariableResultType:
        return asked.SetVariableResultType(
            attribute_status=status, component=one.component, variable=one.variable
        )

    if one.attribute_type not in (UNSET, "Actual"):
        return result("NotSupportedAttributeType")
    key = key_of(one.component, one.variable)
    if key is None:
        return result("UnknownVariable")
    change = wire.ChangeConfigurationRequest(key=key, value=one.attribute_value)
    told: wire.ChangeConfigurationResponse = await voice.say("ChangeConfiguration", change)
    return result(_SET.get(told.status, "Rejected"))


def _got(one: asked.GetVariableDataType, value: str | None) -> asked.GetVariableResultType:
    status: asked.GetVariableStatusEnumType = "UnknownVariable" if value is None else "Accepted"
    if one.attribute_type not in (UNSET, "Actual"):
        status, value = "NotSupportedAttributeType", None
    return asked.GetVariableResultType(
        attribute_status=status,
        attribute_value=UNSET if value is None else value,
        component=one.component,
        variable=one.variable,
    )


def _row(told: wire.ConfigurationKeyType) -> VariableRow:
    variable = VARIABLES.get(told.key.lower(), Variable(CONFIGURATION, told.key))
    return VariableRow(
        component=variable.component,
        variable=variable.name,
        value=None if told.key.lower() in SECRETS else _value(told),
        mutability="ReadOnly" if told.readonly else "ReadWrite",
    )


def _supply_phases(keys: Iterable[wire.ConfigurationKeyType]) -> Iterator[VariableRow]:
    """SupplyPhases of the connectors whose phase rotation tells them."""
    rotations = (one.value or None for one in keys if one.key.lower() == PHASE_ROTATION)
    for connector_id, phases in phases_of_rotation(next(rotations, None)).items():
        yield VariableRow(
            component="EVSE" if connector_id else "ChargingStation",
            variable="SupplyPhases",
            evse_id=connector_id,
            value=str(phases),
            mutability="ReadOnly",
        )


def _value(told: wire.ConfigurationKeyType) -> str:
    value = told.value or ""
    if VARIABLES.get(told.key.lower()) != Variable("SmartChargingCtrlr", "RateUnit"):
        return value
    units = [unit.strip() for unit in value.split(",")]
    return ",".join(RATE_UNITS.get(unit.lower(), unit) for unit in units)
