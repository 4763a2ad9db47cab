"""Notices keep their own time if they have one, and always that of their arrival."""

from datetime import timedelta

from csms.domain.facts import Noticed


async def test_a_notice_with_a_time_of_its_own_keeps_it(hub):
    then = hub.now - timedelta(hours=2)
    told = {"type": "ResetOrReboot", "timestamp": then.isoformat()}
    await hub.tell("SecurityEventNotification", told)
    (notice,) = hub.kept(Noticed)
    assert (notice.at, notice.received_at) == (then, hub.now)


async def test_a_notice_without_a_time_is_of_its_arrival(hub):
    await hub.tell("LogStatusNotification", {"status": "Uploading", "requestId": 1})
    assert hub.kept(Noticed)[0].at == hub.now
