"""N15."""

from datetime import timedelta

from csms.domain.facts_v21 import EventStreamRead
from tests.csms.handlers.conftest import T0, iso


async def test_n15_fr09_each_value_has_its_own_time(hub21):
    data = [{"t": 0, "v": "230.1"}, {"t": 1.5, "v": "230.4"}]
    payload = {"id": 3, "pending": 9, "basetime": iso(T0), "data": data}
    await hub21.tell("NotifyPeriodicEventStream", payload)
    (read,) = hub21.kept(EventStreamRead)
    assert (read.stream_id, read.pending) == (3, 9)
    assert [(one.at, one.value) for one in read.values] == [
        (T0, "230.1"),
        (T0 + timedelta(seconds=1.5), "230.4"),
    ]


async def test_an_offset_beyond_all_reason_stays_in_the_calendar(hub21):
    payload = {"id": 3, "pending": 0, "basetime": iso(T0), "data": [{"t": 1e300, "v": "1"}]}
    await hub21.tell("NotifyPeriodicEventStream", payload)
    (read,) = hub21.kept(EventStreamRead)
    assert read.values[0].at == T0 + timedelta(days=1)
