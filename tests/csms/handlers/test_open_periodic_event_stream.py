"""N11."""

from csms.domain.facts_v21 import EventStreamOpened


async def test_n11_fr06_a_stream_is_accepted_and_tied_to_its_monitor(hub21):
    stream = {"id": 3, "variableMonitoringId": 12, "params": {"interval": 5, "values": 20}}
    told = await hub21.tell("OpenPeriodicEventStream", {"constantStreamData": stream})
    assert told == {"status": "Accepted"}
    (opened,) = hub21.kept(EventStreamOpened)
    assert (opened.stream_id, opened.variable_monitoring_id) == (3, 12)
    assert (opened.interval_s, opened.max_values) == (5, 20)
