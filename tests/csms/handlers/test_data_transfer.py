"""P02: what we do not understand is kept, and said so."""

import pytest

from csms.domain.facts import Noticed


@pytest.mark.parametrize("message", [{}, {"messageId": "hello"}])
async def test_p02_fr06_no_vendor_is_known(hub, message):
    told = await hub.tell(
        "DataTransfer", {"vendorId": "acme", "data": {"any": ["thing"]}} | message
    )
    assert told == {"status": "UnknownVendorId"}
    (kept,) = hub.kept(Noticed)
    assert kept.payload == {
        "vendorId": "acme",
        "messageId": message.get("messageId"),
        "data": {"any": ["thing"]},
    }
