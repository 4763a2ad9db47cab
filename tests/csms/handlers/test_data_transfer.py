"""P02: what we do not understand is kept and said so; what a vendor's handler knows is its own."""

from csms.domain.facts import Noticed
from csms.domain.messages import DataTransfer, DataTransferAnswer
from csms.handlers.data_transfer import DataTransferHandler
from tests.csms.handlers.conftest import STATION, T0


class Echo:
    async def handle(self, station_id, request, now):
        return DataTransferAnswer("Accepted", {"echo": request.data})


async def test_p02_fr06_no_vendor_is_known(hub):
    told = await hub.tell("DataTransfer", {"vendorId": "acme", "data": {"any": ["thing"]}})
    assert told == {"status": "UnknownVendorId"}
    (kept,) = hub.kept(Noticed)
    assert kept.payload == {"vendorId": "acme", "messageId": None, "data": {"any": ["thing"]}}


async def test_p02_fr07_a_known_vendors_unknown_message(hub):
    handler = DataTransferHandler(hub.store, {"acme": {"hello": Echo()}})
    told = await handler.handle(STATION, DataTransfer("acme", "bye"), T0)
    assert told == DataTransferAnswer("UnknownMessageId")


async def test_p02_fr08_a_known_message_is_its_handlers(hub):
    handler = DataTransferHandler(hub.store, {"acme": {"hello": Echo()}})
    told = await handler.handle(STATION, DataTransfer("acme", "hello", 3), T0)
    assert told == DataTransferAnswer("Accepted", {"echo": 3})
    assert hub.kept(Noticed) == []
