"""B: what the station answers is learned; what it would regret is not sent."""

import pytest

from csms.domain.commands import CommandKind, CommandStatus
from csms.domain.device_model import VariableKey
from csms.domain.facts import VariablesReported
from csms.domain.facts_device_model import NetworkProfileSet, ReportAsked

SLOTS = VariableKey(component="OCPPCommCtrlr", variable="NetworkConfigurationPriority")
ACTIVE = VariableKey(component="OCPPCommCtrlr", variable="ActiveNetworkProfile")
PROFILE = VariableKey(component="SecurityCtrlr", variable="SecurityProfile")
DATA = {
    "messageTimeout": 30,
    "ocppCsmsUrl": "wss://csms.example",
    "ocppInterface": "Wired0",
    "ocppTransport": "JSON",
    "ocppVersion": "OCPP20",
    "securityProfile": 2,
    "apn": {
        "apn": "net",
        "apnUserName": "u",
        "apnPassword": "p",
        "simPin": 1234,
        "apnAuthentication": "CHAP",
    },
}


def kept(bench, kind):
    return [fact for fact in bench.store.facts if isinstance(fact, kind)]


def setting(name, value):
    return {"attributeValue": value, "component": {"name": "C"}, "variable": {"name": name}}


async def test_b05_what_the_station_took_is_known_and_what_it_refused_is_not(bench):
    bench.station.answers["SetVariables"] = {
        "setVariableResult": [
            {
                "attributeStatus": status,
                "component": {"name": "C"},
                "variable": {"name": name},
            }
            for name, status in (("b", "RebootRequired"), ("a", "Rejected"))
        ]
    }
    outcome = await bench.run(
        CommandKind.SET_VARIABLES, setVariableData=[setting("a", "1"), setting("b", "2")]
    )
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "Rejected: C.a")
    (learned,) = kept(bench, VariablesReported)
    (row,) = learned.rows
    assert (row.variable, row.value, learned.told_by) == ("b", "2", "SetVariables")


async def test_b05_a_station_may_spell_names_in_its_own_way(bench):
    answer = {"component": {"name": "c"}, "variable": {"name": "A"}, "attributeStatus": "Accepted"}
    bench.station.answers["SetVariables"] = {"setVariableResult": [answer]}
    await bench.run(CommandKind.SET_VARIABLES, setVariableData=[setting("a", "1")])
    (learned,) = kept(bench, VariablesReported)
    assert [row.value for row in learned.rows] == ["1"]


@pytest.mark.parametrize("name", ["BasicAuthPassword", "basicauthpassword", "AuthorizationKey"])
async def test_a01_a_password_is_not_set_as_a_variable_however_it_is_spelled(bench, name):
    outcome = await bench.run(CommandKind.SET_VARIABLES, setVariableData=[setting(name, "x" * 20)])
    assert outcome.reason == "renew_password_does_this"
    assert bench.station.heard == []


async def test_b05_fr13_a_variable_is_not_set_twice_in_one_request(bench):
    outcome = await bench.run(
        CommandKind.SET_VARIABLES, setVariableData=[setting("a", "1"), setting("a", "2")]
    )
    assert outcome.reason == "named_twice: C.a"
    assert bench.station.heard == []


@pytest.mark.parametrize("data", [None, "odd", [7], [{}]])
async def test_b05_an_odd_list_is_a_bad_payload(bench, data):
    outcome = await bench.run(CommandKind.SET_VARIABLES, setVariableData=data)
    assert outcome.reason.startswith("bad_payload")


async def test_b07_a_report_gets_a_number_if_it_has_none(bench):
    outcome = await bench.run(CommandKind.GET_BASE_REPORT, reportBase="SummaryInventory")
    asked = kept(bench, ReportAsked)[-1]
    (request,) = bench.station.requests("GetBaseReport")
    assert request["requestId"] == asked.request_id == 7  # of the command's id
    assert (asked.base, asked.status) == ("SummaryInventory", "Accepted")
    assert outcome.response["reports"] == [{"status": "Accepted", "requestId": 7}]


async def test_b07_a_base_that_is_not_supported_is_refused_and_known(bench):
    bench.station.answers["GetBaseReport"] = {"status": "NotSupported"}
    outcome = await bench.run(CommandKind.GET_BASE_REPORT, reportBase="SummaryInventory")
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "NotSupported")
    assert [one.status for one in kept(bench, ReportAsked)] == ["Asked", "NotSupported"]


async def test_b08_fr06_a_long_report_is_asked_for_in_parts_with_numbers_of_their_own(bench):
    limit = VariableKey(
        component="DeviceDataCtrlr", variable="ItemsPerMessage", variable_instance="GetReport"
    )
    bench.model.values[limit] = "2"
    wanted = [{"component": {"name": f"c{number}"}} for number in range(3)]
    await bench.run(
        CommandKind.GET_REPORT,
        requestId=40,
        componentVariable=wanted,
        componentCriteria=["Problem"],
    )
    first, second = bench.station.requests("GetReport")
    assert (first["requestId"], second["requestId"]) == (40, 41)
    assert first["componentVariable"] + second["componentVariable"] == wanted
    assert second["componentCriteria"] == ["Problem"]
    _, one, _, other = kept(bench, ReportAsked)
    assert (one.request_id, other.request_id) == (40, 41)
    assert one.command_id == other.command_id


async def network(bench, slot=1):
    return await bench.run(
        CommandKind.SET_NETWORK_PROFILE, configurationSlot=slot, connectionData=DATA
    )


async def test_b09_the_slot_is_kept_without_its_secrets(bench):
    assert (await network(bench)).status is CommandStatus.CONFIRMED
    (profile,) = kept(bench, NetworkProfileSet)
    assert profile.slot == 1
    assert profile.connection_data["apn"] == {
        "apn": "net",
        "apnUserName": "u",
        "apnAuthentication": "CHAP",
    }
    (sent,) = bench.station.requests("SetNetworkProfile")
    assert sent["connectionData"]["apn"]["apnPassword"] == "p"


@pytest.mark.parametrize(
    ("values", "lists", "reason"),
    [
        ({}, {SLOTS: "0,2"}, "slot_unknown: the station has 0, 2"),
        ({ACTIVE: "1"}, {SLOTS: "0,1"}, "slot_in_use"),
        ({PROFILE: "3"}, {}, "less_security: the station has profile 3"),
    ],
)
async def test_b09_what_would_lose_the_station_is_not_sent(bench, values, lists, reason):
    bench.model.values.update(values)
    bench.model.lists.update(lists)
    outcome = await network(bench)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, reason)
    assert bench.station.heard == []


async def test_b09_a_refused_profile_is_not_kept(bench):
    bench.station.answers["SetNetworkProfile"] = {"status": "Failed"}
    assert (await network(bench)).reason == "Failed"
    assert kept(bench, NetworkProfileSet) == []


@pytest.mark.parametrize(("told", "sent"), [("false", 0), ("true", 1), (None, 1)])
async def test_b11_an_evse_that_cannot_be_reset_alone_is_not_asked(bench, told, sent):
    if told is not None:
        key = VariableKey(component="EVSE", variable="AllowReset", evse_id=1)
        bench.model.values[key] = told
    outcome = await bench.run(CommandKind.RESET, type="OnIdle", evseId=1)
    assert len(bench.station.requests("Reset")) == sent
    assert (outcome.reason == "evse_reset_not_allowed") is (sent == 0)


async def test_a_password_that_a_station_tells_goes_nowhere(bench):
    bench.station.answers["GetVariables"] = {
        "getVariableResult": [
            {
                "attributeStatus": "Accepted",
                "attributeValue": "secret",
                "component": {"name": "SecurityCtrlr"},
                "variable": {"name": "BasicAuthPassword"},
            }
        ]
    }
    asked = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    outcome = await bench.run(CommandKind.GET_VARIABLES, getVariableData=[asked])
    assert outcome.status is CommandStatus.CONFIRMED
    assert "secret" not in str(outcome.response)
