"""O03, O04: what a station shows, part by part."""

from csms.domain.facts_people import DisplayMessagesTold, DisplayReportEnded

HELLO = {
    "id": 1,
    "priority": "InFront",
    "state": "Idle",
    "endDateTime": "2026-03-02T08:00:00Z",
    "message": {"format": "UTF8", "content": "Hello"},
}


async def test_o03_each_part_is_kept_and_the_last_ends_the_report(hub):
    part = {"requestId": 5, "messageInfo": [HELLO], "tbc": True}
    assert await hub.tell("NotifyDisplayMessages", part) == {}
    (told,) = hub.kept(DisplayMessagesTold)
    (message,) = told.messages
    assert (message.message_id, message.priority, message.state) == (1, "InFront", "Idle")
    assert message.message["message"]["content"] == "Hello"
    assert hub.kept(DisplayReportEnded) == []
    await hub.tell("NotifyDisplayMessages", {"requestId": 5, "messageInfo": [{**HELLO, "id": 2}]})
    assert [fact.request_id for fact in hub.kept(DisplayReportEnded)] == [5]


async def test_o03_a_station_without_messages_says_so(hub):
    assert await hub.tell("NotifyDisplayMessages", {"requestId": 5}) == {}
    assert hub.kept(DisplayMessagesTold) == []
    assert len(hub.kept(DisplayReportEnded)) == 1
