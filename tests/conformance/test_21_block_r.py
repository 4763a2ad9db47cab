"""Block R of OCPP 2.1: DER controls and what is in force of them."""

import pytest

from csms.domain.commands import CommandStatus
from csms.store import tables
from tests.conformance.conftest import Bench, until
from tests.conformance.station import ScriptedStation
from tests.conformance.v2x import now

pytestmark = pytest.mark.integration
CURVE = {"yUnit": "PctMaxW", "curveData": [{"x": 50.2, "y": 100}, {"x": 51.5, "y": 0}]}


def droop(control_id: str, priority: int, **more: object) -> dict:
    values = {"priority": priority, "overFreq": 50.2, "underFreq": 49.8, "overDroop": 5,
              "underDroop": 5, "responseTime": 2}  # fmt: skip
    return {
        "isDefault": not more,
        "controlId": control_id,
        "controlType": "FreqDroop",
        "freqDroop": values | more,
    }


async def controls(bench: Bench, station: ScriptedStation) -> dict[str, dict]:
    rows = await bench.hub.rows(tables.der_control, station.station_id)
    return {row["control_id"]: row for row in rows}


async def confirmed(bench: Bench, station: ScriptedStation, kind: str, payload: dict) -> None:
    done = await bench.outcome(await bench.command(station, kind, payload))
    assert done.status is CommandStatus.CONFIRMED, done.reason


async def test_tc21_r_107_csms_configures_der_controls_and_tracks_what_they_supersede(
    bench: Bench,
) -> None:
    station = await bench.station("2.1")
    await confirmed(bench, station, "SetDERControl", droop("old", 5))
    assert await station.heard_of("SetDERControl") == droop("old", 5)
    station.answers["SetDERControl"] = {"status": "Accepted", "supersededIds": ["old"]}
    await confirmed(bench, station, "SetDERControl", droop("new", 1))
    held = await controls(bench, station)
    assert (held["old"]["superseded"], held["new"]["superseded"]) == (True, False)
    assert (held["new"]["priority"], held["new"]["payload"]["overFreq"]) == (1, 50.2)

    # one that comes too late is superseded by its own answer (R04.FR.08)
    station.answers["SetDERControl"] = {"status": "Accepted", "supersededIds": ["weak"]}
    await confirmed(bench, station, "SetDERControl", droop("weak", 9))
    assert (await controls(bench, station))["weak"]["superseded"]

    asked = await bench.command(station, "GetDERControl", {"controlType": "FreqDroop"})
    request_id = (await station.heard_of("GetDERControl"))["requestId"]
    await bench.outcome(asked)
    told = {"id": "new", "isDefault": True, "isSuperseded": True}
    report = {
        "requestId": request_id,
        "freqDroop": [told | {"freqDroop": droop("", 1)["freqDroop"]}],
    }
    assert await station.call("ReportDERControl", report) == {}
    assert (await controls(bench, station))["new"]["superseded"]

    await confirmed(
        bench, station, "ClearDERControl", {"isDefault": True, "controlType": "FreqDroop"}
    )
    assert await controls(bench, station) == {}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"isDefault": True, "freqDroop": droop("", 1, duration=60)["freqDroop"]},
         "default_control_with_time"),
        ({"controlType": "Gradients", "isDefault": False, "freqDroop": None,
          "gradient": {"priority": 1, "gradient": 1, "softGradient": 1}},
         "only_as_default_control"),
        ({"curve": CURVE | {"priority": 1}}, "control_of_other_type"),
        ({"controlType": "FixedVar"}, "control_missing"),
    ],
    ids=["R04.FR.12", "R04.FR.14", "R04.FR.16", "R04.FR.16 none"],
)  # fmt: skip
async def test_tc21_r_107_csms_sends_no_control_that_the_standard_forbids(
    bench: Bench, changes: dict, why: str
) -> None:
    station = await bench.station("2.1")
    payload = {k: v for k, v in (droop("c", 1) | changes).items() if v is not None}
    done = await bench.outcome(await bench.command(station, "SetDERControl", payload))
    assert (done.status, done.reason) == (CommandStatus.REFUSED, why)
    assert "SetDERControl" not in [action for action, _ in station.heard]


async def test_tc21_r_107_csms_a_clear_of_what_is_not_there_leaves_nothing(bench: Bench) -> None:
    station = await bench.station("2.1")
    await confirmed(bench, station, "SetDERControl", droop("a", 1))
    station.answers["ClearDERControl"] = {"status": "NotFound"}
    payload = {"isDefault": True, "controlId": "a"}
    done = await bench.outcome(await bench.command(station, "ClearDERControl", payload))
    assert (done.status, done.reason) == (CommandStatus.REFUSED, "NotFound")
    assert await controls(bench, station) == {}


async def test_tc21_r_108_csms_hears_of_a_der_event(bench: Bench) -> None:
    station = await bench.station("2.1")
    at = now()
    for name, priority in (("a", 1), ("b", 2)):
        await confirmed(
            bench, station, "SetDERControl", droop(name, priority, startTime=at, duration=600)
        )
    await station.call("NotifyDERStartStop", {"controlId": "b", "started": True, "timestamp": at})
    takes_over = {"controlId": "a", "started": True, "timestamp": at, "supersededIds": ["b"]}
    assert await station.call("NotifyDERStartStop", takes_over) == {}
    held = await controls(bench, station)
    assert (held["a"]["superseded"], held["b"]["superseded"]) == (False, True)
    assert held["a"]["started_at"] is not None
    await station.call(
        "NotifyDERStartStop", {"controlId": "a", "started": False, "timestamp": now()}
    )
    assert (await controls(bench, station))["a"]["ended_at"] is not None

    alarm = {"controlType": "VoltWatt", "gridEventFault": "OverVoltage", "timestamp": at}
    assert await station.call("NotifyDERAlarm", alarm) == {}
    over = {"controlType": "VoltWatt", "alarmEnded": True, "timestamp": now()}
    assert await station.call("NotifyDERAlarm", over) == {}

    async def noticed() -> bool:
        rows = await bench.hub.rows(tables.station_notice, station.station_id)
        told = [row["severity"] for row in rows if row["kind"] == "NotifyDERAlarm"]
        return sorted(told) == ["info", "warning"]

    assert await until(noticed)
