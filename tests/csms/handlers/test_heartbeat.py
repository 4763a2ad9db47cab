"""G02."""


async def test_g02_the_time_in_whole_seconds(hub):
    hub.later(1.75)
    assert await hub.tell("Heartbeat", {}) == {"currentTime": "2026-03-01T08:00:01Z"}
