"""What a station's device model in memory says that it can, as the statements of the csms ask."""

from collections.abc import Mapping
from typing import Final

from csms.domain.device_model import VariableKey
from csms.domain.discharge import DischargeDialect
from csms.domain.v2x import SMART_CHARGING, V2X_CHARGING, OperationMode

Variables = Mapping[VariableKey, str]
"""Actual values by folded key."""
SPELT: Final = {one.lower(): one for one in (SMART_CHARGING, V2X_CHARGING)}
DIALECTS: Final = {
    "2.1": DischargeDialect.OCPP21.value,
    "2.0.1": DischargeDialect.OCPP201_V2X.value,
}


def v2x_dialect(told: Variables, ocpp_version: str | None) -> str:
    """As `statements.v21.BY_DEVICE_MODEL`: how a station that tells of V2X is told to discharge."""
    own = {
        (key.evse_id, key.variable): value
        for key, value in told.items()
        if key.component == V2X_CHARGING.lower()
    }
    announced = any(
        OperationMode.CENTRAL_SETPOINT in modes.replace(" ", "").split(",")
        and own.get((evse_id, "enabled"), "").lower() == "true"
        for (evse_id, variable), modes in own.items()
        if variable == "supportedoperationmodes"
    )
    none = DischargeDialect.NONE.value
    return DIALECTS.get(ocpp_version or "", none) if announced else none


def v2x_variables(
    told: Variables, spelt: Mapping[VariableKey, VariableKey], evse_id: int
) -> dict[str, str]:
    """As `v2x_variables` of `csms.store.setpoints.TARGET`; what the EVSE says of itself stands over
    what the station says."""
    ours = [key for key in told if key.component in SPELT and key.evse_id in (0, evse_id)]
    found = {}
    for key in sorted(ours, key=lambda one: one.evse_id):
        named = spelt[key]
        instance = f"[{named.variable_instance}]" if named.variable_instance else ""
        found[f"{SPELT[key.component]}.{named.variable}{instance}"] = told[key]
    return found
