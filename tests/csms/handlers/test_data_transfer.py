"""P02."""


async def test_p02_no_vendor_is_known(hub):
    told = await hub.tell("DataTransfer", {"vendorId": "acme", "data": {"any": ["thing"]}})
    assert told == {"status": "UnknownVendorId"}
