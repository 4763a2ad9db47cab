"""What a charging station can do, as far as a setpoint must know it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from csms.domain.charging_profile import RateUnit as RateUnit
from csms.domain.discharge import DischargeDialect
from csms.domain.frequency import Curve
from csms.domain.quirks import STANDARD, Quirks, checked
from csms.domain.units import NOMINAL_V, PHASES
from csms.domain.v2x import NO_V2X, V2xAbilities
from csms.domain.vendor_message import VendorMessage


class OcppVersion(StrEnum):
    """The versions that stations speak; a station may change it from one socket to the next."""

    V16 = "1.6"
    V201 = "2.0.1"
    V21 = "2.1"


class BootPolicy(StrEnum):
    """How a station is received that boots (B01 to B03).

    `PROVISION`: Pending until floor and measurands are set again. `ACCEPT`: a device that we have
    provisioned before is accepted at once and provisioned right after, because profiles survive a
    reboot (K01.FR.27). `REJECT`: not served at all.
    """

    PROVISION = "provision"
    ACCEPT = "accept"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Which hardware and firmware speaks under a station's identity."""

    vendor: str
    model: str
    firmware_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StationAbilities:
    """Facts of one station; the defaults are the safe ones."""

    discharge_dialect: DischargeDialect = DischargeDialect.NONE
    discharge_proven_at: datetime | None = None
    rate_unit: RateUnit = RateUnit.W
    phases: int = PHASES
    voltage_v: float = NOMINAL_V
    floor_w: float = 1_400.0
    sample_interval_s: int = 60
    quirks: Quirks = STANDARD
    v2x: V2xAbilities = NO_V2X
    frequency_response: Curve = ()
    """What it shall add to setpoints by itself, where it can (Q08)."""
    vendor_message: VendorMessage | None = None
    """How a listed model is told setpoints by DataTransfer."""
    device: str = ""
    """Vendor, model and firmware: what is learned of one device says nothing of another."""

    def with_quirk(self, name: str, value: Any) -> "StationAbilities":
        """The same station with one quirk more. Raises ValueError if there is no such quirk."""
        quirks = replace(self.quirks, **{name: checked(name, value)})
        unit = self.rate_unit if self.rate_unit in quirks.rate_units else quirks.rate_units[0]
        return replace(self, quirks=quirks, rate_unit=unit)


def supply_phases(told: str | None) -> int:
    """From the variable SupplyPhases, which is 0 for DC: three, unless it tells of fewer."""
    return int(told) if told in ("1", "2") else PHASES


def phases_of_rotation(told: str | None) -> dict[int, int]:
    """Connector → phases, from ConnectorPhaseRotation of OCPP 1.6 (9.1.9: "0.RST, 1.RTS"; without a
    number: of all, 0). Only an order of three phases says something: `NotApplicable` is a single
    phase as well as DC."""
    phases = {}
    for one in (told or "").split(","):
        number, _, rotation = one.strip().rpartition(".")
        if sorted(rotation.upper()) == ["R", "S", "T"] and (number.isdecimal() or not number):
            phases[int(number or 0)] = PHASES
    return phases


def rate_unit(member_list: str | None, quirks: Quirks = STANDARD) -> RateUnit:
    """From SmartChargingCtrlr.RateUnit (a member list such as "A,W"): W unless only A is there, or
    W is known not to be accepted."""
    units = {unit.strip() for unit in (member_list or "").split(",")}
    told = RateUnit.A if RateUnit.A in units and RateUnit.W not in units else RateUnit.W
    return told if told in quirks.rate_units else quirks.rate_units[0]
