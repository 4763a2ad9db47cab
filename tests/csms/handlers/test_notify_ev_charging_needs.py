"""K15."""

from datetime import UTC, datetime, timedelta

from csms.domain.charging_state import ChargingState
from csms.domain.commands import CommandKind
from csms.domain.facts import ChargingNeedsTold

NEEDS = {
    "requestedEnergyTransfer": "AC_three_phase",
    "departureTime": "2026-03-01T17:00:00Z",
    "acChargingParameters": {
        "energyAmount": 20_000,
        "evMinCurrent": 6,
        "evMaxCurrent": 16,
        "evMaxVoltage": 230,
    },
}


async def test_k15_needs_are_kept_and_told_and_the_schedule_follows(hub):
    told = await hub.tell("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": NEEDS})
    assert told == {"status": "Processing"}
    (needs,) = hub.kept(ChargingNeedsTold)
    assert (needs.energy_wh, needs.max_charge_w) == (20_000, 11_040)
    (event,) = hub.store.events
    assert event.departure_at == datetime(2026, 3, 1, 17, tzinfo=UTC)


async def test_k15_fr08_what_holds_is_offered_within_a_minute(hub):
    await hub.tell("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": NEEDS})
    (offer,) = hub.store.commands
    assert (offer.kind, offer.evse_id) == (CommandKind.OFFER_SCHEDULE, 1)
    assert offer.deadline_at - hub.now <= timedelta(seconds=60)


async def test_k17_needs_told_again_are_answered_again(hub):
    for _ in range(2):
        await hub.tell("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": NEEDS})
        hub.later(30)
    assert len(hub.store.commands) == 2


async def test_the_whole_station_has_no_vehicle(hub):
    told = await hub.tell("NotifyEVChargingNeeds", {"evseId": 0, "chargingNeeds": NEEDS})
    assert told == {"status": "Rejected"}
    assert hub.store.facts == []


async def test_a_station_whose_smart_charging_is_off_hears_that_no_schedule_comes(hub, hub21):
    hub.store.charging = ChargingState(variables={"Enabled": "False"})
    asked = {"evseId": 1, "chargingNeeds": NEEDS}
    assert await hub21.tell("NotifyEVChargingNeeds", asked) == {"status": "Rejected"}  # K15.FR.04
    edition_20 = {name: NEEDS[name] for name in ("requestedEnergyTransfer", "departureTime")}
    edition_20 |= {"v2xChargingParameters": {"maxChargePower": 11_000}}
    told = await hub21.tell("NotifyEVChargingNeeds", asked | {"chargingNeeds": edition_20})
    assert told == {"status": "NoChargingProfile"}  # K19.FR.04
    assert len(hub.kept(ChargingNeedsTold)) == 2
    assert hub.store.commands == []
