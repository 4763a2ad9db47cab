"""A small site, and a CSMS that talks to a station without a network and checks every payload."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import ocpp
from jsonschema.validators import validator_for

from simulator import requests
from simulator.call import Call
from simulator.evse import Occupant
from simulator.faults import Faults
from simulator.site import LoadSpec, SiteSpec, StationSpec, load_site
from simulator.station import Station
from simulator.vehicle import Vehicle, VehicleSpec

NOON = datetime(2026, 3, 24, 12, tzinfo=UTC)
SITES = Path(__file__).parents[2] / "sites"
SCHEMAS = Path(ocpp.__file__).parent
FLOOR_W = 1400.0


def ev36zero() -> SiteSpec:
    """The demo site."""
    return load_site(SITES / "ev36zero.toml")


def depot() -> SiteSpec:
    """The small site."""
    return load_site(SITES / "depot.toml")


def bare_site(**changes: Any) -> SiteSpec:
    """A site with a load and nothing else, unless told."""
    given: dict[str, Any] = {
        "site_id": "bare",
        "time_zone": "Europe/London",
        "latitude_deg": 54.9,
        "longitude_deg": -1.5,
        "grid_connection": ev36zero().grid_connection,
        "load": LoadSpec(max_w=1000.0, profile_w=(500.0,) * 48),
    }
    return SiteSpec(**(given | changes))


def station_spec(model: str = "Bidirectional-11") -> StationSpec:
    """A station of a model."""
    return StationSpec(
        station_id="s-01",
        index=0,
        vendor="V2GHubSim",
        model=model,
        max_charge_w=22_080.0 if model == "AC-22" else 11_000.0,
        max_discharge_w=10_000.0 if model in ("Bidirectional-11", "V2X-11", "Vendor-11") else 0.0,
        min_charge_w=1380.0,
        phases=3,
        voltage_v=230.0,
    )


def vehicle_spec(**changes: Any) -> VehicleSpec:
    """A 40 kWh vehicle that can give power back."""
    given: dict[str, Any] = {
        "vehicle_id": "ev-1",
        "id_token": "EV00000001",
        "capacity_wh": 40_000.0,
        "max_charge_w": 11_000.0,
        "max_discharge_w": 10_000.0,
    }
    return VehicleSpec(**(given | changes))


def occupant(soc_ratio: float = 0.5, **changes: Any) -> Occupant:
    """Such a vehicle, ready to be plugged in."""
    spec = vehicle_spec(**changes)
    return Occupant(Vehicle(spec, soc_ratio * spec.capacity_wh), remaining_wh=8_000.0)


def profile(profile_id: int, limit_w: float, **changes: Any) -> dict[str, Any]:
    """A TxDefaultProfile from the wire; `changes` by the names of the wire, `duration` and
    `periods` go into its schedule."""
    schedule: dict[str, Any] = {
        "id": profile_id,
        "startSchedule": "2026-03-24T00:00:00Z",
        "chargingRateUnit": changes.pop("unit", "W"),
        "chargingSchedulePeriod": [
            {"startPeriod": start, "limit": limit}
            for start, limit in changes.pop("periods", ((0, limit_w),))
        ],
    }
    if "duration" in changes:
        schedule["duration"] = changes.pop("duration")
    if "start" in changes:
        schedule["startSchedule"] = changes.pop("start")
    return {
        "id": profile_id,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule],
    } | changes


@lru_cache
def validator(name: str, version: str = "2.0.1") -> Any:
    """The official schema of a request or response."""
    folder = SCHEMAS / f"v{version.replace('.', '')}" / "schemas"
    schema = json.loads((folder / f"{name}.json").read_text(encoding="utf-8-sig"))
    return validator_for(schema)(schema)


def ordinary_answer(call: Call, now: datetime) -> dict[str, Any]:
    """What a friendly CSMS answers."""
    match call.action:
        case "BootNotification":
            return {"status": "Accepted", "interval": 300, "currentTime": now.isoformat()}
        case "Authorize":
            return {"idTokenInfo": {"status": "Accepted"}}
        case "NotifyEVChargingNeeds":
            return {"status": "Accepted"}
        case _:
            return {}


@dataclass
class Csms:
    """Steps a station and talks to it; `heard` are the calls it made, in order."""

    station: Station
    now: datetime = NOON
    answers: Callable[[Call, datetime], dict[str, Any]] = ordinary_answer
    heard: list[Call] = field(default_factory=list)

    def run(self, seconds: float = 1.0) -> None:
        """Let time pass; answer what the station calls."""
        for _ in range(round(seconds)):
            self.now += timedelta(seconds=1)
            self.station.step(self.now, 1.0)
            self.hear()

    def hear(self) -> None:
        """Answer every call that the station has to make now."""
        while (call := self.station.next_call(self.now)) is not None:
            validator(f"{call.action}Request").validate(call.payload)
            call.sent = True
            self.heard.append(call)
            self.station.answered(call, self.answers(call, self.now), self.now)

    def connect(self) -> None:
        """Open the connection and let the station boot."""
        self.station.connected(self.now)
        self.hear()

    def call(self, action: str, **payload: Any) -> dict[str, Any]:
        """Call the station."""
        validator(f"{action}Request").validate(payload)
        answer = requests.answer(self.station, action, payload, self.now)
        validator(f"{action}Response").validate(answer)
        return answer

    def set_profile(self, raw: dict[str, Any], evse_id: int = 1) -> str:
        """SetChargingProfile; the status."""
        answer = self.call("SetChargingProfile", evseId=evse_id, chargingProfile=raw)
        return str(answer["status"])

    def lease(self, limit_w: float, **changes: Any) -> str:
        """A TxProfile for the running transaction."""
        transaction = self.station.evse.transaction
        assert transaction is not None
        raw = profile(
            100,
            limit_w,
            chargingProfilePurpose="TxProfile",
            transactionId=transaction.transaction_id,
            **changes,
        )
        return self.set_profile(raw)

    def actions(self) -> list[str]:
        """What was heard, by name; transaction events with their type."""
        return [
            call.payload["eventType"] if call.action == "TransactionEvent" else call.action
            for call in self.heard
        ]

    def events(self) -> list[dict[str, Any]]:
        """The transaction events heard."""
        return [call.payload for call in self.heard if call.action == "TransactionEvent"]


def charging(model: str = "Bidirectional-11", soc_ratio: float = 0.5) -> Csms:
    """A station with its floor, and a vehicle that charges on it."""
    csms = Csms(Station(station_spec(model)))
    csms.connect()
    assert csms.set_profile(profile(1, FLOOR_W), evse_id=0) == "Accepted"
    csms.station.plug_in(occupant(soc_ratio), csms.now)
    csms.run(5)
    return csms


def set_faults(csms: Csms, **faults: Any) -> None:
    """Let the station misbehave from now on."""
    csms.station.faults = Faults(**faults)
    csms.station.refresh_limit(csms.now)
