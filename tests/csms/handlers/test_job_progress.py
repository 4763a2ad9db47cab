"""What stations say of long work goes to the job that they name."""

import pytest

from csms.domain.errors import StoreUnavailable
from csms.domain.facts import Noticed
from csms.domain.facts_jobs import JobProgressed


@pytest.mark.parametrize(
    ("action", "kind", "status"),
    [
        ("FirmwareStatusNotification", "UpdateFirmware", "Downloading"),
        ("PublishFirmwareStatusNotification", "PublishFirmware", "Downloading"),
        ("LogStatusNotification", "GetLog", "Uploading"),
    ],
)
async def test_the_request_id_names_the_job(hub, action, kind, status):
    assert await hub.tell(action, {"status": status, "requestId": 9}) == {}
    (progress,) = hub.kept(JobProgressed)
    assert (progress.kind, progress.request_id, progress.status) == (kind, 9, status)
    assert (progress.at, progress.answered) == (hub.now, False)


@pytest.mark.parametrize("payload", [{"status": "Idle"}, {"status": "Idle", "requestId": 9}])
async def test_idle_is_the_state_of_the_station_and_of_no_job(hub, payload):
    assert await hub.tell("LogStatusNotification", payload) == {}
    assert hub.kept(JobProgressed) == []
    assert len(hub.kept(Noticed)) == 1


async def test_nothing_is_acknowledged_while_the_store_is_away(hub):
    hub.store.broken = True
    with pytest.raises(StoreUnavailable):
        await hub.tell("LogStatusNotification", {"status": "Uploading", "requestId": 9})
