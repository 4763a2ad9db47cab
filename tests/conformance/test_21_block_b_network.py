"""Block B09 of OCPP 2.1: network profiles, by their own message and by variables."""

from typing import Any

import pytest

from csms.domain.commands import CommandStatus
from csms.store import tables
from csms.store.device_model import network_slots
from tests.conformance.conftest import Bench
from tests.conformance.station import Payload, ScriptedStation

pytestmark = pytest.mark.integration
DATA = {
    "messageTimeout": 30,
    "ocppCsmsUrl": "wss://csms.example/ocpp",
    "ocppInterface": "Wireless0",
    "ocppTransport": "JSON",
    "ocppVersion": "OCPP21",
    "securityProfile": 2,
    "identity": "cs-0815",
    "basicAuthPassword": "another-password-of-it",
}
APN = {"apn": "internet.example", "apnAuthentication": "PAP", "useOnlyPreferredNetwork": True}
IN_WORDS = {
    "MessageTimeout": "30",
    "OcppCsmsUrl": "wss://csms.example/ocpp",
    "OcppInterface": "Wireless0",
    "OcppTransport": "JSON",
    "OcppVersion": "OCPP21",
    "SecurityProfile": "2",
    "Identity": "cs-0815",
    "BasicAuthPassword": "another-password-of-it",
    "Apn": "internet.example",
    "ApnAuthentication": "PAP",
    "UseOnlyPreferredNetwork": "true",
    "ApnEnabled": "true",
    "VpnEnabled": "false",
}


async def kept(bench: Bench, station: ScriptedStation) -> dict[int, dict[str, Any]]:
    async with bench.hub.engine.connect() as conn:
        return await network_slots(conn, station.station_id)


async def test_tc21_b_100_csms_set_network_profile_with_identity_and_password(
    bench21: Bench,
) -> None:
    station = await bench21.station()
    payload = {"configurationSlot": 1, "connectionData": DATA}
    asked = await bench21.command(station, "SetNetworkProfile", payload)
    assert await station.expect("SetNetworkProfile", {"status": "Accepted"}) == payload
    assert (await bench21.outcome(asked)).status is CommandStatus.CONFIRMED
    held = (await kept(bench21, station))[1]
    assert held == {name: DATA[name] for name in DATA if name != "basicAuthPassword"}


class Slots:
    """NetworkConfigurationPriority and the variables of each slot, as a station keeps them."""

    def __init__(self, station: ScriptedStation, priority: str, refuses: str = "") -> None:
        self.priority, self.refuses = priority, refuses
        self.set: dict[str, dict[str, str]] = {}
        self.in_use: list[str] = []
        station.answers["GetVariables"] = self.told
        station.answers["SetVariables"] = self.taken

    def told(self, asked: Payload) -> Payload:
        (one,) = asked["getVariableData"]
        result = {**one, "attributeStatus": "Accepted", "attributeValue": self.priority}
        return {"getVariableResult": [result]}

    def taken(self, asked: Payload) -> Payload:
        results = []
        for one in asked["setVariableData"]:
            component, name = one["component"], one["variable"]["name"]
            status = "Rejected" if name == self.refuses else "Accepted"
            if component["name"] == "NetworkConfiguration":
                if component["instance"] in self.priority.split(","):  # B09.FR.22
                    status = "Rejected"
                self.set.setdefault(component["instance"], {})[name] = one["attributeValue"]
            else:
                self.priority = one["attributeValue"]
                self.in_use.append(self.priority)
            results.append(
                {"attributeStatus": status, "component": component, "variable": one["variable"]}
            )
        return {"setVariableResult": results}


async def test_tc21_b_105_csms_network_configuration_by_variables(bench21: Bench) -> None:
    """Out of use, then set, then in use as before (B09.FR.21); an APN is on, a VPN is off."""
    station = await bench21.station()
    slots = Slots(station, "0,1")
    payload = {"configurationSlot": 1, "connectionData": {**DATA, "apn": APN}}
    done = await bench21.outcome(await bench21.command(station, "SetNetworkConfiguration", payload))
    assert done.status is CommandStatus.CONFIRMED, done.reason
    assert slots.set == {"1": IN_WORDS}
    assert slots.in_use == ["0", "0,1"]
    held = (await kept(bench21, station))[1]
    assert (held["identity"], held["apn"]["apn"]) == ("cs-0815", "internet.example")
    assert "basicAuthPassword" not in held
    rows = await bench21.hub.rows(tables.variable, station.station_id)
    assert "another-password-of-it" not in [row["value"] for row in rows]


async def test_tc21_b_105_csms_a_slot_that_is_not_whole_stays_out_of_use(bench21: Bench) -> None:
    station = await bench21.station()
    slots = Slots(station, "0,1", refuses="Identity")
    payload = {"configurationSlot": 1, "connectionData": DATA}
    done = await bench21.outcome(await bench21.command(station, "SetNetworkConfiguration", payload))
    assert (done.status, done.reason) == (CommandStatus.REFUSED, "Rejected: Identity")
    assert slots.priority == "0"
    assert await kept(bench21, station) == {}


async def test_the_only_slot_in_use_is_not_touched(bench21: Bench) -> None:
    station = await bench21.station()
    slots = Slots(station, "1")
    payload = {"configurationSlot": 1, "connectionData": DATA}
    done = await bench21.outcome(await bench21.command(station, "SetNetworkConfiguration", payload))
    assert (done.status, done.reason) == (CommandStatus.REFUSED, "slot_in_use")
    assert (slots.set, slots.in_use) == ({}, [])


async def test_before_2_1_there_are_no_such_variables(bench: Bench) -> None:
    station = await bench.station()
    payload = {"configurationSlot": 1, "connectionData": DATA}
    done = await bench.outcome(await bench.command(station, "SetNetworkConfiguration", payload))
    assert (done.status, done.reason) == (CommandStatus.REFUSED, "needs_ocpp_2.1")
