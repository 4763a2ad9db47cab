"""A station in the words of OCPP 1.6: every frame of both sides valid by the official schemas."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import ocpp
import pytest
from jsonschema import Draft4Validator

from simulator.requests import CallRefusedError
from simulator.station import Registration, Station
from simulator.v16.tongue import Tongue16
from tests.simulator.makers import NOON, occupant, station_spec

SCHEMAS = Path(ocpp.__file__).parent / "v16" / "schemas"


@lru_cache
def validator(name: str) -> Draft4Validator:
    return Draft4Validator(json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8-sig")))


@dataclass
class Csms16:
    """Steps a station and hears what it says, in 1.6."""

    station: Station = field(default_factory=lambda: Station(station_spec("AC-11")))
    now: datetime = NOON
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tongue = Tongue16(self.station)
        self.station.connected(self.now)
        self.hear()

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += timedelta(seconds=1)
            self.station.step(self.now, 1.0)
            self.hear()

    def hear(self) -> None:
        while (call := self.station.next_call(self.now)) is not None:
            call.sent = True
            told = self.tongue.say(call)
            if told is None:
                self.station.unsaid(call)
                continue
            validator(told[0]).validate(told[1])
            self.heard.append(told)
            answer = self.tongue.heard(call, self._answer(told[0]))
            self.station.answered(call, answer, self.now)

    def _answer(self, action: str) -> dict[str, Any]:
        token = {"idTagInfo": {"status": "Accepted"}}
        match action:
            case "BootNotification":
                return {"status": "Accepted", "interval": 300, "currentTime": NOON.isoformat()}
            case "StartTransaction":
                return token | {"transactionId": 4711}
            case "Authorize" | "StopTransaction":
                return token
        return {}

    def call(self, action: str, **payload: Any) -> dict[str, Any]:
        validator(action).validate(payload)
        answer = self.tongue.hear(action, payload, self.now)
        validator(f"{action}Response").validate(answer)
        return answer

    def said(self, action: str) -> list[dict[str, Any]]:
        return [payload for name, payload in self.heard if name == action]


def profile(limit_w: float, purpose: str = "TxProfile", **changes: Any) -> dict[str, Any]:
    schedule = {
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit_w}],
    }
    return {
        "chargingProfileId": 5,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": schedule,
    } | changes


@pytest.fixture
def csms() -> Csms16:
    made = Csms16()
    made.station.plug_in(occupant(), made.now)
    made.run(5)
    return made


def test_a_session_is_a_start_meter_values_and_a_stop(csms: Csms16) -> None:
    assert csms.station.registration is Registration.ACCEPTED
    csms.run(120)
    taken_wh = csms.station.evse.import_wh
    csms.station.unplug(csms.now)
    csms.run(1)
    (start,), (stop,) = csms.said("StartTransaction"), csms.said("StopTransaction")
    assert (start["idTag"], start["meterStart"]) == ("EV00000001", 0)
    assert stop["transactionId"] == 4711
    assert stop["meterStop"] == round(taken_wh)
    assert stop["reason"] == "EVDisconnected"
    assert {one["transactionId"] for one in csms.said("MeterValues")} == {4711}
    statuses = [one["status"] for one in csms.said("StatusNotification")]
    assert statuses[0] == "Available"
    assert "Charging" in statuses
    assert statuses[-1] == "Available"


def test_what_is_sent_late_tells_the_register_of_its_own_time(csms: Csms16) -> None:
    """The line is down while one vehicle leaves and the next one comes and charges; no
    samples go with the stop."""
    csms.call("ChangeConfiguration", key="StopTxnSampledData", value="")
    csms.run(120)
    taken_wh, station = csms.station.evse.import_wh, csms.station
    station.disconnected(csms.now)
    station.unplug(csms.now)
    station.plug_in(occupant(), csms.now)
    for _ in range(300):
        csms.now += timedelta(seconds=1)
        station.step(csms.now, 1.0)
    assert round(station.evse.import_wh) > round(taken_wh)
    station.connected(csms.now)
    csms.run(1)
    assert csms.said("StopTransaction")[0]["meterStop"] == round(taken_wh)
    assert csms.said("StartTransaction")[1]["meterStart"] == round(taken_wh)


def test_a_stop_tells_the_samples_that_were_asked_for(csms: Csms16) -> None:
    wanted = "Energy.Active.Import.Register,Energy.Active.Export.Register"
    told = csms.call("ChangeConfiguration", key="StopTxnSampledData", value=wanted)
    assert told == {"status": "Accepted"}
    csms.run(60)
    csms.station.unplug(csms.now)
    csms.run(1)
    (value,) = csms.said("StopTransaction")[0]["transactionData"]
    assert [one["measurand"] for one in value["sampledValue"]] == wanted.split(",")
    assert {one["context"] for one in value["sampledValue"]} == {"Transaction.End"}


def test_a_stop_tells_no_samples_where_none_were_asked_for(csms: Csms16) -> None:
    csms.call("ChangeConfiguration", key="StopTxnSampledData", value="")
    csms.station.unplug(csms.now)
    csms.run(1)
    assert "transactionData" not in csms.said("StopTransaction")[0]


def test_a_profile_limits_the_running_transaction_and_clearing_it_does_not(csms: Csms16) -> None:
    told = csms.call("SetChargingProfile", connectorId=1, csChargingProfiles=profile(5_000))
    assert told == {"status": "Accepted"}
    csms.run(2)
    assert csms.station.evse.power_w == 5_000
    composite = csms.call("GetCompositeSchedule", connectorId=1, duration=60, chargingRateUnit="W")
    (period,) = composite["chargingSchedule"]["chargingSchedulePeriod"]
    assert period["limit"] == 5_000
    assert csms.call("ClearChargingProfile", id=5) == {"status": "Accepted"}
    csms.run(2)
    assert csms.station.evse.power_w > 5_000


def test_a_profile_of_another_transaction_is_rejected(csms: Csms16) -> None:
    other = profile(5_000, transactionId=1)
    assert csms.call("SetChargingProfile", connectorId=1, csChargingProfiles=other) == {
        "status": "Rejected"
    }


def test_configuration_is_the_device_model_by_other_names(csms: Csms16) -> None:
    told = csms.call("ChangeConfiguration", key="MeterValueSampleInterval", value="10")
    assert told == {"status": "Accepted"}
    answer = csms.call("GetConfiguration", key=["MeterValueSampleInterval", "Colour"])
    assert answer["configurationKey"][0]["value"] == "10"
    assert answer["unknownKey"] == ["Colour"]
    assert csms.call("ChangeConfiguration", key="Colour", value="x")["status"] == "NotSupported"
    before = len(csms.said("MeterValues"))
    csms.run(30)
    assert len(csms.said("MeterValues")) == before + 3


def test_a_remote_stop_names_the_number_that_the_csms_gave(csms: Csms16) -> None:
    assert csms.call("RemoteStopTransaction", transactionId=1) == {"status": "Rejected"}
    assert csms.call("RemoteStopTransaction", transactionId=4711) == {"status": "Accepted"}
    csms.run(1)
    assert csms.said("StopTransaction")[0]["reason"] == "Remote"


@pytest.mark.parametrize(
    ("action", "payload", "status"),
    [
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}, "Accepted"),
        ("TriggerMessage", {"requestedMessage": "FirmwareStatusNotification"}, "NotImplemented"),
        ("UnlockConnector", {"connectorId": 1}, "UnlockFailed"),
        ("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}, "Scheduled"),
        ("Reset", {"type": "Soft"}, "Accepted"),
        ("DataTransfer", {"vendorId": "x"}, "UnknownVendorId"),
        ("ClearCache", {}, "Rejected"),
        ("RemoteStartTransaction", {"idTag": "x"}, "Rejected"),
    ],
)
def test_it_answers(csms: Csms16, action: str, payload: dict[str, Any], status: str) -> None:
    assert csms.call(action, **payload)["status"] == status


@pytest.mark.parametrize(
    ("action", "code"), [("GetDiagnostics", "NotImplemented"), ("Reset", "FormationViolation")]
)
def test_what_it_cannot_answer_is_refused(csms: Csms16, action: str, code: str) -> None:
    with pytest.raises(CallRefusedError, match=code):
        csms.tongue.hear(action, {"type": "Warm"}, csms.now)
