"""B: a station is made ready with what it can measure, but never without a floor."""

import pytest

from csms.domain.commands import CommandKind, CommandStatus
from csms.domain.errors import CallTimeout, ConnectionLost, StoreUnavailable
from csms.domain.facts import StationProvisioned
from csms.domain.variables import MEASURANDS

UPDATED = "SampledDataCtrlr.TxUpdatedMeasurands"


def marked(bench):
    return [fact for fact in bench.store.facts if isinstance(fact, StationProvisioned)]


async def test_variables_then_floor_then_mark_then_boot_then_report(bench):
    outcome = await bench.run(CommandKind.PROVISION)
    assert outcome.status is CommandStatus.CONFIRMED
    assert [action for action, _ in bench.station.heard] == [
        "SetVariables",
        "SetChargingProfile",
        "TriggerMessage",
        "GetBaseReport",
    ]
    assert len(marked(bench)) == 1
    assert outcome.response[UPDATED] == ",".join(MEASURANDS)
    (trigger,) = bench.station.requests("TriggerMessage")
    assert trigger == {"requestedMessage": "BootNotification"}


async def test_the_floor_is_a_default_profile_of_the_whole_station_without_end(bench):
    bench.can(floor_w=1500.0)
    await bench.run(CommandKind.PROVISION)
    (floor,) = bench.station.requests("SetChargingProfile")
    profile = floor["chargingProfile"]
    assert (floor["evseId"], profile["chargingProfilePurpose"]) == (0, "TxDefaultProfile")
    assert "validTo" not in profile
    (schedule,) = profile["chargingSchedule"]
    assert "duration" not in schedule
    assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 1500.0}]


async def test_the_sample_interval_is_the_stations_own(bench):
    bench.can(sample_interval_s=17)
    outcome = await bench.run(CommandKind.PROVISION)
    assert outcome.response["SampledDataCtrlr.TxUpdatedInterval"] == "17"


@pytest.mark.parametrize(
    ("rejected", "kept", "lost"),
    [
        (("SoC",), "Energy.Active.Export.Register", "SoC"),
        (
            ("Energy.Active.Export.Register", "Power.Active.Export"),
            "SoC",
            "Energy.Active.Export.Register",
        ),
        (("SoC", "Power.Active.Export"), "Voltage", "SoC"),
        (("Voltage",), "Power.Active.Import", "Voltage"),
        (("Power.Active.Import",), "Energy.Active.Import.Register", "Power.Active.Import"),
    ],
)
async def test_a_station_is_asked_for_less_until_it_agrees(bench, rejected, kept, lost):
    bench.station.rejects_words = rejected
    outcome = await bench.run(CommandKind.PROVISION)
    assert outcome.status is CommandStatus.CONFIRMED
    words = outcome.response[UPDATED].split(",")
    assert kept in words
    assert lost not in words


@pytest.mark.parametrize("action", ["SetVariables", "TriggerMessage", "GetBaseReport"])
async def test_all_but_the_floor_may_be_refused(bench, refused, action):
    bench.station.answers[action] = refused
    assert (await bench.run(CommandKind.PROVISION)).status is CommandStatus.CONFIRMED
    assert len(marked(bench)) == 1


async def test_a_station_that_knows_only_amps_gets_its_floor_in_amps(bench):
    bench.station.knows_units = ("A",)
    assert (await bench.run(CommandKind.PROVISION)).status is CommandStatus.CONFIRMED
    (floor,) = bench.station.profiles.values()
    assert floor.charging_profile.charging_schedule[0].charging_rate_unit == "A"


async def test_without_a_floor_a_station_stays_pending(bench):
    bench.station.knows_units = ()
    outcome = await bench.run(CommandKind.PROVISION)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "floor_refused")
    assert marked(bench) == []
    assert bench.station.requests("TriggerMessage") == []


@pytest.mark.parametrize("error", [CallTimeout(sent=True), ConnectionLost()])
async def test_a_floor_that_nobody_answered_is_no_floor(bench, error):
    bench.station.answers["SetChargingProfile"] = error
    assert (await bench.run(CommandKind.PROVISION)).status is CommandStatus.UNKNOWN
    assert marked(bench) == []


async def test_a_lost_store_is_not_swallowed(bench):
    bench.store.broken = True
    with pytest.raises(StoreUnavailable):
        await bench.run(CommandKind.PROVISION)


def setting(value):
    component, variable = {"name": "SampledDataCtrlr"}, {"name": "TxUpdatedMeasurands"}
    return {"attributeValue": value, "component": component, "variable": variable}


@pytest.mark.parametrize(
    ("value", "status", "reason"),
    [
        ("Voltage", CommandStatus.CONFIRMED, None),
        ("SoC", CommandStatus.REFUSED, f"Rejected: {UPDATED}"),
    ],
)
async def test_set_variables_is_refused_if_one_is(bench, value, status, reason):
    bench.station.rejects_words = ("SoC",)
    outcome = await bench.run(CommandKind.SET_VARIABLES, setVariableData=[setting(value)])
    assert (outcome.status, outcome.reason) == (status, reason)


async def test_get_variables_gives_the_values(bench):
    result = {
        "attributeStatus": "Accepted",
        "attributeValue": "60",
        "component": {"name": "SampledDataCtrlr"},
        "variable": {"name": "TxUpdatedInterval"},
    }
    bench.station.answers["GetVariables"] = {"getVariableResult": [result]}
    asked = {key: result[key] for key in ("component", "variable")}
    outcome = await bench.run(CommandKind.GET_VARIABLES, getVariableData=[asked])
    assert outcome.status is CommandStatus.CONFIRMED
    assert outcome.response["getVariableResult"][0]["attributeValue"] == "60"
