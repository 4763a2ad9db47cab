"""B07."""

from csms.domain.facts import VariablesReported


def part(seq_no, *, more):
    variable = {
        "component": {"name": "SmartChargingCtrlr"},
        "variable": {"name": "RateUnit"},
        "variableAttribute": [{"value": "A,W"}],
    }
    return {
        "requestId": 1,
        "generatedAt": "2026-03-01T08:00:00Z",
        "seqNo": seq_no,
        "tbc": more,
        "reportData": [variable],
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
