"""A tongue per OCPP version: the station behaves as 2.0.1 says, a tongue puts it in other words.

2.1 repeats 2.0.1 for all that a station of ours does, but for setpoints and what a vehicle that
gives power back asks for; 1.6 has its own module.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Protocol

from simulator import local_modes, messages, profiles, requests
from simulator.call import Call
from simulator.device_model import OPERATION_MODES
from simulator.profiles import JsonObject
from simulator.station import Station
from simulator.v16.tongue import Tongue16


class Tongue(Protocol):
    """One station's; it may remember what was said."""

    def say(self, call: Call) -> tuple[str, JsonObject] | None:
        """Action and payload on the wire; None: the version has no words for it."""

    def heard(self, call: Call, answer: JsonObject) -> JsonObject:
        """The CSMS's answer to `call`, in the words of 2.0.1. Raises KeyError if it is none."""

    def hear(self, action: str, payload: JsonObject, now: datetime) -> JsonObject:
        """The answer to a call of the CSMS. Raises requests.CallRefusedError."""

    def named(self, transaction_id: str) -> str | None:
        """What the CSMS calls a transaction of the station's; None: it has not said."""


class Tongue201:
    """The station's own."""

    def __init__(self, station: Station) -> None:
        self._station = station

    def say(self, call: Call) -> tuple[str, JsonObject] | None:
        """As it is."""
        return call.action, call.payload

    def heard(self, call: Call, answer: JsonObject) -> JsonObject:
        """As it is."""
        return answer

    def hear(self, action: str, payload: JsonObject, now: datetime) -> JsonObject:
        """As it is."""
        return requests.answer(self._station, action, payload, now)

    def named(self, transaction_id: str) -> str | None:
        """As it is."""
        return transaction_id


class Tongue21(Tongue201):
    """OCPP 2.1: a negative setpoint is what a negative limit is to the station within. Only a model
    with V2XChargingCtrlr takes setpoints, and asks for what its vehicle may give back (Q01)."""

    def __init__(self, station: Station) -> None:
        super().__init__(station)
        self._allowed: frozenset[str] | None = None

    def say(self, call: Call) -> tuple[str, JsonObject] | None:
        """As it is, but for the needs of a vehicle that can give power back."""
        if call.action == "NotifyEVChargingNeeds":
            return call.action, self._two_way(call.payload)
        return super().say(call)

    def heard(self, call: Call, answer: JsonObject) -> JsonObject:
        """As it is; what energy transfers a card allows is kept."""
        if call.action == "Authorize":
            allowed = answer.get("allowedEnergyTransfer")
            self._allowed = None if allowed is None else frozenset(allowed)
        return super().heard(call, answer)

    def hear(self, action: str, payload: JsonObject, now: datetime) -> JsonObject:
        """As it is; profiles that 2.1 forbids here are rejected by name."""
        match action:
            case "SetChargingProfile":
                if reason := self._refusal(payload.get("chargingProfile", {})):
                    return requests.REJECTED | {"statusInfo": {"reasonCode": reason}}
            case "GetCompositeSchedule":
                return _in_setpoints(super().hear(action, payload, now))
            case "NotifyAllowedEnergyTransfer":
                return self._renegotiate(frozenset(payload["allowedEnergyTransfer"]))
        return super().hear(action, payload, now)

    def _two_way(self, payload: JsonObject) -> JsonObject:
        """Q01.FR.03: the magnitudes of ISO 15118-20, positive both ways."""
        two_way, occupant = self._station.model.two_way_transfer, self._station.evse.occupant
        allowed = self._allowed is None or two_way in self._allowed
        if two_way is None or occupant is None or not allowed:
            return payload
        vehicle, needs = occupant.vehicle.spec, payload["chargingNeeds"]
        if not vehicle.max_discharge_w:
            return payload
        told = {
            "requestedEnergyTransfer": two_way,
            "availableEnergyTransfer": [needs["requestedEnergyTransfer"], two_way],
            "controlMode": "DynamicControl",
            "v2xChargingParameters": {
                "maxChargePower": vehicle.max_charge_w,
                "maxDischargePower": vehicle.max_discharge_w,
                "evMaxEnergyRequest": round(vehicle.capacity_wh - occupant.vehicle.energy_wh),
            },
        }
        return payload | {"chargingNeeds": needs | told}

    def _renegotiate(self, allowed: frozenset[str]) -> JsonObject:
        """Q02: the vehicle asks again for what it may now use."""
        station, self._allowed = self._station, allowed
        occupant = station.evse.occupant
        if occupant is None or station.evse.transaction is None:
            return requests.REJECTED
        needs = messages.charging_needs(station.evse, occupant, station.spec, station.model)
        if needs is not None:
            station.queue.append(Call("NotifyEVChargingNeeds", needs))
        return requests.ACCEPTED

    def _refusal(self, profile: JsonObject) -> str | None:
        """The reason code of K01.FR.115 and 121, and of a limit below zero."""
        if profile.get("chargingProfileKind") == "Dynamic":
            return "UnsupportedKind"
        modes = OPERATION_MODES if self._station.model.two_way_transfer else ("ChargingOnly",)
        for schedule in profile.get("chargingSchedule", []):
            for period in schedule.get("chargingSchedulePeriod", []):
                if period.get("operationMode", "ChargingOnly") not in modes:
                    return "InvalidOperationMode"
                if reason := local_modes.refusal(period, schedule):
                    return reason
                if period.get("limit", 0.0) < 0:
                    return profiles.Refusal.INVALID_SCHEDULE
        return None


def _in_setpoints(answer: JsonObject) -> JsonObject:
    """A composite schedule whose negative limits are said as setpoints."""
    if "schedule" not in answer:
        return answer
    periods = [_setpoint(period) for period in answer["schedule"]["chargingSchedulePeriod"]]
    return answer | {"schedule": answer["schedule"] | {"chargingSchedulePeriod": periods}}


def _setpoint(period: JsonObject) -> JsonObject:
    if period["limit"] >= 0:
        return period
    told = {"operationMode": "CentralSetpoint", "setpoint": period["limit"]}
    return told | {"startPeriod": period["startPeriod"]}


def _tongue_201(station: Station) -> Tongue:
    """A model with V2XChargingCtrlr speaks of V2X in the words of 2.1, whatever its link."""
    return Tongue201(station) if station.model.two_way_transfer is None else Tongue21(station)


TONGUES: Final[Mapping[str, Callable[[Station], Tongue]]] = {
    "1.6": Tongue16,
    "2.0.1": _tongue_201,
    "2.1": Tongue21,
}
