"""S01–S03."""

from csms.domain.facts_v21 import BatterySwapped

REQUEST = {
    "requestId": 7,
    "eventType": "BatteryIn",
    "idToken": {"idToken": "GOOD", "type": "ISO14443"},
    "batteryData": [{"evseId": 2, "serialNumber": "B-1", "soC": 12.5, "soH": 93}],
}


async def test_s_a_battery_that_came_in_is_kept_with_its_state(hub21):
    assert await hub21.tell("BatterySwap", REQUEST) == {}
    (swap,) = hub21.kept(BatterySwapped)
    assert (swap.request_id, swap.event, swap.id_token) == (7, "BatteryIn", "GOOD")
    (battery,) = swap.batteries
    assert (battery.evse_id, battery.serial_number) == (2, "B-1")
    assert (battery.soc_pct, battery.soh_pct) == (12.5, 93.0)


async def test_a_2_0_1_station_knows_no_such_message(hub):
    assert (await hub.tell("BatterySwap", REQUEST)).code == "NotImplemented"
