"""N09, N10: what a station knows of a customer."""

from csms.domain.facts_people import CustomerPartTold

PART = {
    "requestId": 9,
    "seqNo": 0,
    "generatedAt": "2026-03-01T08:00:00Z",
    "data": "three sessions",
    "tbc": True,
}


async def test_n09_the_parts_of_a_report_are_kept(hub):
    assert await hub.tell("NotifyCustomerInformation", PART) == {}
    last = {**PART, "seqNo": 1, "data": "one card"} | {"tbc": False}
    assert await hub.tell("NotifyCustomerInformation", last) == {}
    parts = hub.kept(CustomerPartTold)
    assert [(part.seq_no, part.data, part.more_follows) for part in parts] == [
        (0, "three sessions", True),
        (1, "one card", False),
    ]
