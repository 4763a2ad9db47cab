"""N13."""

from csms.domain.facts_v21 import EventStreamClosed
from tests.csms.handlers.conftest import T0


async def test_n13_fr02_a_stream_ends(hub21):
    assert await hub21.tell("ClosePeriodicEventStream", {"id": 3}) == {}
    (closed,) = hub21.kept(EventStreamClosed)
    assert (closed.stream_id, closed.at) == (3, T0)
