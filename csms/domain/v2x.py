"""What a station of OCPP 2.1 says that it can: V2XChargingCtrlr and SmartChargingCtrlr (block Q).

What it does not say it cannot.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class OperationMode(StrEnum):
    """OperationModeEnumType: who says what power flows in a period."""

    IDLE = "Idle"
    CHARGING_ONLY = "ChargingOnly"
    CENTRAL_SETPOINT = "CentralSetpoint"
    EXTERNAL_SETPOINT = "ExternalSetpoint"
    EXTERNAL_LIMITS = "ExternalLimits"
    CENTRAL_FREQUENCY = "CentralFrequency"
    LOCAL_FREQUENCY = "LocalFrequency"
    LOCAL_LOAD_BALANCING = "LocalLoadBalancing"


class Support(StrEnum):
    """The variables of SmartChargingCtrlr that say whether a part of 2.1 is there."""

    DYNAMIC_PROFILES = "SupportsDynamicProfiles"
    MAX_OFFLINE_DURATION = "SupportsMaxOfflineDuration"
    LOCAL_TIME = "SupportsUseLocalTime"
    RANDOMIZED_DELAY = "SupportsRandomizedDelay"
    LIMIT_AT_SOC = "SupportsLimitAtSoC"
    EVSE_SLEEP = "SupportsEvseSleep"


BALANCING: Final = ("UpperThreshold", "LowerThreshold", "UpperOffset", "LowerOffset")
SMART_CHARGING: Final = "SmartChargingCtrlr"
V2X_CHARGING: Final = "V2XChargingCtrlr"
BIDIRECTIONAL: Final = ("AC_BPT", "AC_BPT_DER", "AC_DER", "DC_BPT", "DC_ACDP_BPT")
"""EnergyTransferModeEnumType: with these a vehicle may give back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class V2xAbilities:
    """Of one EVSE. `energy_transfer` is what its vehicle asked for (None: it has not said)."""

    modes: frozenset[str] = frozenset()
    supports: frozenset[Support] = frozenset()
    purposes: frozenset[str] = frozenset()
    balances: bool = False
    """Does it know its thresholds, and one above the other, to balance loads by (Q09.FR.02)?"""
    highest_external_id: int = 0
    """MaxExternalConstraintsId: profile ids up to here are the station's own (K01.FR.80)."""
    energy_transfer: str | None = None

    @classmethod
    def told(
        cls,
        variables: Mapping[str, str],
        energy_transfer: str | None = None,
        listed: frozenset[str] = frozenset(),
    ) -> "V2xAbilities":
        """From `component.variable` → actual value; `listed` are the modes of a model that is known
        to have them, where it says nothing of them itself."""
        highest = variables.get(f"{SMART_CHARGING}.MaxExternalConstraintsId", "")
        modes = variables.get(f"{V2X_CHARGING}.SupportedOperationModes")
        return cls(
            modes=_modes(modes, variables.get(f"{V2X_CHARGING}.Enabled"), listed),
            supports=frozenset(
                one for one in Support if _true(variables.get(f"{SMART_CHARGING}.{one.value}"))
            ),
            purposes=_members(variables.get(f"{SMART_CHARGING}.SupportedAdditionalPurposes")),
            balances=_balances(variables),
            highest_external_id=int(highest) if highest.isdecimal() else 0,
            energy_transfer=energy_transfer,
        )

    @property
    def takes_discharge(self) -> bool:
        """Can the EVSE be told a negative setpoint? Only if station and vehicle have both said so:
        a vehicle that has not said, or said a word that we do not know, only charges."""
        able = OperationMode.CENTRAL_SETPOINT in self.modes
        return able and self.energy_transfer in BIDIRECTIONAL


def energy_transfers(*, v2x: bool) -> tuple[str, ...]:
    """The EnergyTransferModeEnumType that a vehicle may use which may, or may not, give back."""
    charging = ("AC_single_phase", "AC_two_phase", "AC_three_phase", "DC", "DC_ACDP", "WPT")
    return (*charging, *BIDIRECTIONAL) if v2x else charging


_NONE: Final[frozenset[str]] = frozenset()
SAID_BY_LIST: Final = frozenset({OperationMode.CHARGING_ONLY, OperationMode.CENTRAL_SETPOINT})
"""The modes of a model that is listed for setpoints and has no V2XChargingCtrlr."""
NO_V2X: Final = V2xAbilities()


def _balances(variables: Mapping[str, str]) -> bool:
    names = [f"{V2X_CHARGING}.LocalLoadBalancing[{name}]" for name in BALANCING]
    try:
        upper, lower, *_ = (float(variables[name]) for name in names)
    except (KeyError, ValueError):
        return False
    return upper > lower


def _modes(told: str | None, enabled: str | None, listed: frozenset[str]) -> frozenset[str]:
    if told is None and enabled is None:
        return listed
    return _members(told) if _true(enabled) else _NONE


def _members(member_list: str | None) -> frozenset[str]:
    return frozenset(one.strip() for one in (member_list or "").split(",") if one.strip())


def _true(value: str | None) -> bool:
    return value is not None and value.strip().lower() == "true"
