"""J01."""

from csms.domain.facts import ReadingsTaken


def values(*samples):
    return {
        "evseId": 1,
        "meterValue": [{"timestamp": "2026-03-01T08:00:00Z", "sampledValue": list(samples)}],
    }


async def test_j01_readings_outside_a_transaction_are_kept(hub):
    assert await hub.tell("MeterValues", values({"value": 12})) == {}
    (taken,) = hub.kept(ReadingsTaken)
    assert (taken.evse_id, taken.transaction_id, taken.readings[0].import_wh) == (1, None, 12)


async def test_what_holds_nothing_of_use_is_acknowledged(hub):
    assert await hub.tell("MeterValues", values({"value": 50, "measurand": "Frequency"})) == {}
    assert hub.store.facts == []
