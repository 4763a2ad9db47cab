"""B07."""

from csms.domain.facts import StationBooted, VariablesReported
from csms.domain.facts_device_model import ReportPartReceived

RATE_UNIT = {
    "component": {"name": "SmartChargingCtrlr"},
    "variable": {"name": "RateUnit"},
    "variableAttribute": [{"value": "A,W", "persistent": True}],
    "variableCharacteristics": {
        "dataType": "MemberList",
        "valuesList": "A,W",
        "supportsMonitoring": False,
    },
}


def part(seq_no, *, more):
    return {
        "requestId": 1,
        "generatedAt": "2026-03-01T08:00:00Z",
        "seqNo": seq_no,
        "tbc": more,
        "reportData": [RATE_UNIT],
    }


async def test_b07_each_part_is_kept_and_the_last_is_told(hub):
    await hub.tell("NotifyReport", part(0, more=True))
    assert hub.store.events == []
    assert await hub.tell("NotifyReport", part(1, more=False)) == {}
    assert len(hub.store.events) == 1
    rows = [row for fact in hub.kept(VariablesReported) for row in fact.rows]
    assert {(row.component, row.variable, row.value) for row in rows} == {
        ("SmartChargingCtrlr", "RateUnit", "A,W")
    }


async def test_b07_what_a_variable_is_comes_with_its_value(hub):
    await hub.tell("NotifyReport", part(0, more=False))
    (told,) = hub.kept(VariablesReported)
    (row,), (characteristics,) = told.rows, told.characteristics
    assert (row.persistent, row.constant, row.connector_id) == (True, None, 0)
    assert (characteristics.data_type, characteristics.values_list) == ("MemberList", "A,W")
    assert str(characteristics.key) == "SmartChargingCtrlr.RateUnit"


async def test_b07_a_part_is_kept_as_told_under_its_number(hub):
    await hub.tell("NotifyReport", part(3, more=True))
    (kept,) = hub.kept(ReportPartReceived)
    assert (kept.request_id, kept.seq_no, kept.more_follows) == (1, 3, True)
    assert kept.content == [RATE_UNIT]


async def test_b07_a_report_of_nothing_is_a_part_too(hub):
    told = {"requestId": 4, "generatedAt": "2026-03-01T08:00:00Z", "seqNo": 0}
    assert await hub.tell("NotifyReport", told) == {}
    (kept,) = hub.kept(ReportPartReceived)
    assert (kept.content, kept.more_follows) == ([], False)


async def test_b03_a_rejected_station_reports_nothing(hub):
    rejected = StationBooted(
        station_id=hub.station_id,
        at=hub.now,
        vendor="v",
        model="m",
        registration_status="Rejected",
        provisioned=False,
    )
    await hub.store.commit([rejected])
    assert (await hub.tell("NotifyReport", part(0, more=False))).code == "SecurityError"
    assert hub.kept(ReportPartReceived) == []
