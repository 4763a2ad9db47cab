"""N02 to N06: what the station took is known, element by element."""

import pytest

from csms.domain.commands import CommandKind, CommandStatus
from csms.domain.device_model import VariableKey
from csms.domain.facts_device_model import ReportAsked
from csms.domain.facts_monitoring import (
    MonitoringBaseSet,
    MonitoringLevelSet,
    MonitorsCleared,
    MonitorsKnown,
)


def kept(bench, kind):
    return [fact for fact in bench.store.facts if isinstance(fact, kind)]


def data(name, severity=5):
    return {
        "value": 10.0,
        "type": "UpperThreshold",
        "severity": severity,
        "component": {"name": "C"},
        "variable": {"name": name},
        "transaction": True,
    }


def result(name, status, **fields):
    return {
        "status": status,
        "type": "UpperThreshold",
        "severity": 5,
        "component": {"name": "C"},
        "variable": {"name": name},
        **fields,
    }


async def test_n04_each_monitor_is_known_by_the_id_that_the_station_gave(bench):
    bench.station.answers["SetVariableMonitoring"] = {
        "setMonitoringResult": [
            result("b", "Accepted", id=12),
            result("c", "Duplicate"),
            result("a", "Accepted", id=11),
        ]
    }
    outcome = await bench.run(
        CommandKind.SET_VARIABLE_MONITORING, setMonitoringData=[data("a"), data("b"), data("c")]
    )
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "Duplicate: C.c")
    (known,) = kept(bench, MonitorsKnown)
    assert known.ours
    assert {(one.monitor_id, one.key.variable) for one in known.monitors} == {(11, "a"), (12, "b")}
    assert all(one.value == 10.0 and one.during_transaction for one in known.monitors)


async def test_n04_a_station_may_spell_names_in_its_own_way(bench):
    bench.station.answers["SetVariableMonitoring"] = {
        "setMonitoringResult": [result("A", "Accepted", id=3)]
    }
    await bench.run(CommandKind.SET_VARIABLE_MONITORING, setMonitoringData=[data("a")])
    (known,) = kept(bench, MonitorsKnown)
    assert [(one.monitor_id, one.key.variable) for one in known.monitors] == [(3, "a")]


async def test_n04_fr09_no_more_monitors_than_the_station_takes(bench):
    limit = VariableKey(
        component="MonitoringCtrlr",
        variable="ItemsPerMessage",
        variable_instance="SetVariableMonitoring",
    )
    bench.model.values[limit] = "1"
    bench.station.answers["SetVariableMonitoring"] = lambda request: {
        "setMonitoringResult": [
            result(one.variable.name, "Accepted", id=ord(one.variable.name))
            for one in request.set_monitoring_data
        ]
    }
    outcome = await bench.run(
        CommandKind.SET_VARIABLE_MONITORING, setMonitoringData=[data("a"), data("b")]
    )
    assert outcome.status is CommandStatus.CONFIRMED
    assert len(bench.station.requests("SetVariableMonitoring")) == 2
    assert len(kept(bench, MonitorsKnown)[0].monitors) == 2


async def test_n06_what_is_cleared_or_unknown_is_gone_and_the_rest_stays(bench):
    words = ((1, "Accepted"), (2, "Rejected"), (3, "NotFound"))
    bench.station.answers["ClearVariableMonitoring"] = {
        "clearMonitoringResult": [{"id": one, "status": status} for one, status in words]
    }
    outcome = await bench.run(CommandKind.CLEAR_VARIABLE_MONITORING, id=[1, 2, 3])
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "Rejected: 2")
    (gone,) = kept(bench, MonitorsCleared)
    assert gone.monitor_ids == (1, 3)


@pytest.mark.parametrize(
    ("base", "cleared"), [("All", 0), ("FactoryDefault", 1), ("HardWiredOnly", 1)]
)
async def test_n03_a_base_other_than_all_ends_what_we_had_set(bench, base, cleared):
    await bench.run(CommandKind.SET_MONITORING_BASE, monitoringBase=base)
    assert kept(bench, MonitoringBaseSet)[0].monitoring_base == base
    assert [fact.monitor_ids for fact in kept(bench, MonitorsCleared)] == [None] * cleared


async def test_n03_a_refused_base_changes_nothing(bench):
    bench.station.answers["SetMonitoringBase"] = {"status": "NotSupported"}
    await bench.run(CommandKind.SET_MONITORING_BASE, monitoringBase="HardWiredOnly")
    assert bench.store.facts == []


async def test_n05_the_level_is_known_once_it_is_taken(bench):
    await bench.run(CommandKind.SET_MONITORING_LEVEL, severity=4)
    assert kept(bench, MonitoringLevelSet)[0].severity == 4
    bench.station.answers["SetMonitoringLevel"] = {"status": "Rejected"}
    await bench.run(CommandKind.SET_MONITORING_LEVEL, severity=9)
    assert len(kept(bench, MonitoringLevelSet)) == 1


async def test_n02_a_report_of_monitors_is_told_from_one_of_variables(bench):
    await bench.run(CommandKind.GET_MONITORING_REPORT, requestId=3)
    *_, asked = kept(bench, ReportAsked)
    assert (asked.base, asked.request_id) == ("Monitoring", 3)
