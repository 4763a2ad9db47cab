"""B01–B03: Pending until the floor is set, then Accepted; a new boot starts again."""

from dataclasses import replace

from csms.domain.commands import CommandKind
from csms.domain.facts import StationBooted
from csms.domain.station import BootPolicy


async def test_a_first_boot_is_pending_and_asks_for_provisioning(stranger):
    answer = await stranger.boot()
    assert (answer["status"], answer["interval"]) == ("Pending", 30)
    assert answer["currentTime"] == "2026-03-01T08:00:00Z"
    (command,) = stranger.store.commands
    assert command.kind is CommandKind.PROVISION
    assert command.deadline_at > stranger.now


async def test_the_boot_after_provisioning_is_accepted(stranger):
    await stranger.boot()
    await stranger.provisioned()
    answer = await stranger.boot("Triggered")
    assert (answer["status"], answer["interval"]) == ("Accepted", 300)
    assert len(stranger.store.commands) == 1


async def test_a_station_that_ignores_the_trigger_is_accepted_when_it_asks_again(stranger):
    await stranger.boot()
    await stranger.provisioned()
    assert (await stranger.boot("PowerUp"))["status"] == "Accepted"


async def test_a_new_boot_of_an_accepted_station_starts_again(hub):
    answer = await hub.boot("PowerUp")
    assert answer["status"] == "Pending"
    assert len(hub.store.commands) == 1
    assert hub.kept(StationBooted)[-1].provisioned is False


async def test_an_accepted_station_asked_for_its_boot_stays_accepted(hub):
    assert (await hub.boot("Triggered"))["status"] == "Accepted"
    assert hub.store.commands == []


async def test_asking_again_while_pending_does_not_pile_up_commands(stranger):
    await stranger.boot()
    for _ in range(20):
        stranger.later(30)
        assert (await stranger.boot())["status"] == "Pending"
    assert 4 <= len(stranger.store.commands) <= 8


async def test_two_real_boots_are_two_commands(hub):
    await hub.boot()
    await hub.provisioned()
    await hub.boot("Triggered")
    hub.later(1)
    await hub.boot()
    assert len(hub.store.commands) == 2


async def test_only_a_listed_model_gets_a_discharge_dialect(stranger):
    await stranger.boot(model="AC-11")
    await stranger.boot(model="Bidirectional-11")
    dialects = [fact.discharge_dialect for fact in stranger.kept(StationBooted)]
    assert dialects == [None, "negative_limit"]


async def test_the_platform_hears_of_a_boot(stranger):
    await stranger.boot()
    (event,) = stranger.store.events
    assert event.connected


def policy(hub, policy):
    hub.store.states[hub.station_id] = replace(hub.store.states[hub.station_id], boot_policy=policy)


async def trusted(stranger):
    """Provisioned once, and its keeper trusts it since."""
    await stranger.boot()
    await stranger.provisioned()
    await stranger.boot("Triggered")
    policy(stranger, BootPolicy.ACCEPT)


async def test_b01_a_trusted_device_is_accepted_at_once_and_provisioned_behind(stranger):
    await trusted(stranger)
    stranger.later(3600)
    assert (await stranger.boot("PowerUp"))["status"] == "Accepted"
    assert stranger.kept(StationBooted)[-1].provisioned is True
    assert stranger.store.commands[-1].payload == {"accepted": True}
    assert len(stranger.store.commands) == 2


async def test_b02_other_hardware_under_the_same_name_starts_again(stranger):
    await trusted(stranger)
    assert (await stranger.boot("PowerUp", model="Other"))["status"] == "Pending"


async def test_b02_who_was_never_provisioned_is_not_trusted(stranger):
    await stranger.boot()
    policy(stranger, BootPolicy.ACCEPT)
    assert (await stranger.boot("PowerUp"))["status"] == "Pending"


async def test_b03_a_rejected_station_is_not_called_and_may_come_back_later(hub):
    policy(hub, BootPolicy.REJECT)
    answer = await hub.boot()
    assert (answer["status"], answer["interval"]) == ("Rejected", 300)
    assert hub.store.commands == []
    assert (await hub.tell("Heartbeat", {})).code == "SecurityError"


async def test_b03_once_it_is_let_in_again_it_is_provisioned_first(hub):
    policy(hub, BootPolicy.REJECT)
    await hub.boot()
    policy(hub, BootPolicy.PROVISION)
    assert (await hub.boot())["status"] == "Pending"
    assert len(hub.store.commands) == 1
