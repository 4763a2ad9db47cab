"""DeviceModel: the variables of a simulated station (OCPP 2.0.1 part 2, chapter B). Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from simulator.models import StationModel
from simulator.profiles import HIGHEST_STACK_LEVEL, MOST_PERIODS, JsonObject
from simulator.site import StationSpec

READ_ONLY: Final = "ReadOnly"
READ_WRITE: Final = "ReadWrite"
WRITE_ONLY: Final = "WriteOnly"

MEASURANDS: Final = frozenset(
    {
        "Current.Export", "Current.Import", "Current.Offered", "Energy.Active.Export.Interval",
        "Energy.Active.Export.Register", "Energy.Active.Import.Interval",
        "Energy.Active.Import.Register", "Energy.Active.Net", "Energy.Apparent.Export",
        "Energy.Apparent.Import", "Energy.Apparent.Net", "Energy.Reactive.Export.Interval",
        "Energy.Reactive.Export.Register", "Energy.Reactive.Import.Interval",
        "Energy.Reactive.Import.Register", "Energy.Reactive.Net", "Frequency",
        "Power.Active.Export", "Power.Active.Import", "Power.Factor", "Power.Offered",
        "Power.Reactive.Export", "Power.Reactive.Import", "SoC", "Voltage",
    }
)  # fmt: skip
OPERATION_MODES: Final = (
    "ChargingOnly", "CentralSetpoint", "LocalFrequency", "LocalLoadBalancing",
)  # fmt: skip
BALANCING: Final = {
    "UpperThreshold": "20000", "LowerThreshold": "0", "UpperOffset": "-500", "LowerOffset": "500",
}  # fmt: skip
DEFAULT_MEASURANDS: Final = "Energy.Active.Import.Register,Power.Active.Import"


@dataclass(slots=True)
class Variable:
    """The Actual attribute of one variable."""

    value: str
    mutability: str = READ_ONLY
    data_type: str = "string"
    accepts: Callable[[str], bool] = lambda _: True


@dataclass(slots=True)
class DeviceModel:
    """Variables by (component, EVSE id or 0, name)."""

    variables: dict[tuple[str, int, str], Variable] = field(default_factory=dict)

    def text(self, component: str, name: str) -> str:
        """The value of a station-wide variable that exists."""
        return self.variables[component, 0, name].value

    def seconds(self, component: str, name: str) -> int:
        """The same, as whole seconds."""
        return int(self.text(component, name))

    def measurands(self, component: str, name: str) -> frozenset[str]:
        """The same, as a set of measurands."""
        return frozenset(filter(None, self.text(component, name).split(",")))

    def get(self, asked: JsonObject) -> JsonObject:
        """One GetVariableResultType."""
        status, variable = self._find(asked)
        answer = _named(asked, "attributeStatus", status)
        if variable is not None and variable.mutability == WRITE_ONLY:
            answer["attributeStatus"] = "Rejected"
        elif variable is not None:
            answer["attributeValue"] = variable.value
        return answer

    def set(self, asked: JsonObject) -> JsonObject:
        """One SetVariableResultType."""
        status, variable = self._find(asked)
        if variable is not None:
            value = str(asked["attributeValue"])
            if variable.mutability == READ_ONLY or not variable.accepts(value):
                status = "Rejected"
            else:
                variable.value = value
        return _named(asked, "attributeStatus", status)

    def report(self, settable_only: bool) -> Iterator[JsonObject]:
        """ReportDataType of each variable (or of those that can be set)."""
        for (component, evse_id, name), variable in self.variables.items():
            if settable_only and variable.mutability == READ_ONLY:
                continue
            attribute: JsonObject = {"type": "Actual", "mutability": variable.mutability}
            if variable.mutability != WRITE_ONLY:
                attribute["value"] = variable.value
            where: JsonObject = {"name": component}
            if evse_id:
                where["evse"] = {"id": evse_id}
            yield {
                "component": where,
                "variable": _variable(name),
                "variableAttribute": [attribute],
                "variableCharacteristics": {
                    "dataType": variable.data_type,
                    "supportsMonitoring": False,
                },
            }

    def _find(self, asked: JsonObject) -> tuple[str, Variable | None]:
        component, name = str(asked["component"]["name"]), _name(asked["variable"])
        evse_id = int(asked["component"].get("evse", {}).get("id", 0))
        variable = self.variables.get((component, evse_id, name))
        if variable is None:
            known = any(key[:2] == (component, evse_id) for key in self.variables)
            return ("UnknownVariable" if known else "UnknownComponent"), None
        if asked.get("attributeType", "Actual") != "Actual":
            return "NotSupportedAttributeType", None
        return "Accepted", variable


def make_device_model(spec: StationSpec, model: StationModel) -> DeviceModel:
    """The device model of a station fresh from the factory."""
    integer, boolean, members = "integer", "boolean", "MemberList"

    def setting(value: str, data_type: str, accepts: Callable[[str], bool]) -> Variable:
        return Variable(value, READ_WRITE, data_type, accepts)

    def samples(value: str) -> Variable:
        return setting(value, members, _are_measurands)

    registers = "Energy.Active.Import.Register"
    rows: dict[tuple[str, int, str], Variable] = {
        ("ChargingStation", 0, "Model"): Variable(model.name),
        ("ChargingStation", 0, "VendorName"): Variable(spec.vendor),
        ("ChargingStation", 0, "SupplyPhases"): Variable(str(spec.phases), data_type=integer),
        ("EVSE", 1, "Power"): Variable(f"{spec.max_charge_w:.0f}", data_type="decimal"),
        ("EVSE", 1, "SupplyPhases"): Variable(str(spec.phases), data_type=integer),
        ("Connector", 1, "ConnectorType"): Variable(model.connector_type),
        ("SampledDataCtrlr", 0, "Enabled"): Variable("true", data_type=boolean),
        ("SampledDataCtrlr", 0, "TxUpdatedInterval"): setting("60", integer, _is_count),
        ("SampledDataCtrlr", 0, "TxUpdatedMeasurands"): samples(DEFAULT_MEASURANDS),
        ("SampledDataCtrlr", 0, "TxStartedMeasurands"): samples(registers),
        ("SampledDataCtrlr", 0, "TxEndedMeasurands"): samples(registers),
        ("SampledDataCtrlr", 0, "TxEndedInterval"): setting("0", integer, _is_count),
        ("AlignedDataCtrlr", 0, "Enabled"): setting("true", boolean, _is_boolean),
        ("AlignedDataCtrlr", 0, "Interval"): setting("0", integer, _is_count),
        ("AlignedDataCtrlr", 0, "Measurands"): samples(DEFAULT_MEASURANDS),
        ("SmartChargingCtrlr", 0, "Enabled"): Variable("true", data_type=boolean),
        ("SmartChargingCtrlr", 0, "ProfileStackLevel"): Variable(
            str(HIGHEST_STACK_LEVEL), data_type=integer
        ),
        ("SmartChargingCtrlr", 0, "RateUnit"): Variable("A,W", data_type=members),
        ("SmartChargingCtrlr", 0, "PeriodsPerSchedule"): Variable(
            str(MOST_PERIODS), data_type=integer
        ),
        ("OCPPCommCtrlr", 0, "HeartbeatInterval"): setting("300", integer, _is_count),
        ("OCPPCommCtrlr", 0, "MessageAttempts"): setting("3", integer, _is_count),
        ("OCPPCommCtrlr", 0, "MessageAttemptInterval"): setting("30", integer, _is_count),
        ("AuthCtrlr", 0, "Enabled"): Variable("true", data_type=boolean),
        ("AuthCtrlr", 0, "OfflineTxForUnknownIdEnabled"): Variable("true", data_type=boolean),
        ("TxCtrlr", 0, "TxStartPoint"): Variable("Authorized", data_type=members),
        ("TxCtrlr", 0, "TxStopPoint"): Variable("EVConnected", data_type=members),
        ("SecurityCtrlr", 0, "BasicAuthPassword"): Variable("", WRITE_ONLY),
    }
    if model.two_way_transfer is not None:
        transfers = f"{model.energy_transfer},{model.two_way_transfer}"
        rows |= {
            ("V2XChargingCtrlr", 1, "Available"): Variable("true", data_type=boolean),
            ("V2XChargingCtrlr", 1, "Enabled"): setting("true", boolean, _is_boolean),
            ("V2XChargingCtrlr", 1, "SupportedEnergyTransferModes"): Variable(
                transfers, data_type=members
            ),
            ("V2XChargingCtrlr", 1, "SupportedOperationModes"): Variable(
                ",".join(OPERATION_MODES), data_type=members
            ),
        }
        rows |= {
            ("V2XChargingCtrlr", 1, f"LocalLoadBalancing[{name}]"): setting(
                value, "decimal", _is_number
            )
            for name, value in BALANCING.items()
        }
    return DeviceModel(rows)


def _name(variable: JsonObject) -> str:
    """With its instance, if it has one, in brackets."""
    instance = variable.get("instance")
    return str(variable["name"]) if instance is None else f"{variable['name']}[{instance}]"


def _variable(name: str) -> JsonObject:
    plain, _, instance = name.rstrip("]").partition("[")
    return {"name": plain, "instance": instance} if instance else {"name": plain}


def _named(asked: JsonObject, status_name: str, status: str) -> JsonObject:
    """A result that repeats what was asked for."""
    kept = {key: asked[key] for key in ("attributeType", "component", "variable") if key in asked}
    return kept | {status_name: status}


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _is_count(value: str) -> bool:
    return value.isdecimal()


def _is_boolean(value: str) -> bool:
    return value in ("true", "false")


def _are_measurands(value: str) -> bool:
    return frozenset(filter(None, value.split(","))) <= MEASURANDS
