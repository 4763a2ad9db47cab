"""A tongue per OCPP version: the station behaves as 2.0.1 says, a tongue puts it in other words.

2.1 repeats 2.0.1 for all that a station of ours does, but for setpoints, which it says by their
own name; 1.6 has its own module.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Protocol

from simulator import requests
from simulator.profiles import JsonObject
from simulator.station import Call, Station
from simulator.v16.tongue import Tongue16


class Tongue(Protocol):
    """One station's; it may remember what was said."""

    def say(self, call: Call) -> tuple[str, JsonObject] | None:
        """Action and payload on the wire; None: the version has no words for it."""

    def heard(self, call: Call, answer: JsonObject) -> JsonObject:
        """The CSMS's answer to `call`, in the words of 2.0.1. Raises KeyError if it is none."""

    def hear(self, action: str, payload: JsonObject, now: datetime) -> JsonObject:
        """The answer to a call of the CSMS. Raises requests.CallRefusedError."""


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


class Tongue21(Tongue201):
    """OCPP 2.1. A CentralSetpoint is a limit that the vehicle follows to the letter."""

    def hear(self, action: str, payload: JsonObject, now: datetime) -> JsonObject:
        """With setpoints as limits; kinds that are not supported are rejected by name."""
        if action == "SetChargingProfile":
            profile = payload.get("chargingProfile", {})
            if profile.get("chargingProfileKind") == "Dynamic":
                info = {"reasonCode": "UnsupportedKind"}
                return {"status": "Rejected", "statusInfo": info}
            payload = payload | {"chargingProfile": _in_limits(profile)}
        if action == "NotifyAllowedEnergyTransfer":
            return {"status": "Accepted"}
        return super().hear(action, payload, now)


def _in_limits(profile: JsonObject) -> JsonObject:
    schedules = [
        schedule | {"chargingSchedulePeriod": [_limit(one) for one in periods]}
        for schedule in profile.get("chargingSchedule", [])
        if (periods := schedule.get("chargingSchedulePeriod")) is not None
    ]
    return profile | {"chargingSchedule": schedules}


def _limit(period: JsonObject) -> JsonObject:
    return period | {"limit": period["setpoint"]} if "setpoint" in period else period


TONGUES: Final[Mapping[str, Callable[[Station], Tongue]]] = {
    "1.6": Tongue16,
    "2.0.1": Tongue201,
    "2.1": Tongue21,
}
