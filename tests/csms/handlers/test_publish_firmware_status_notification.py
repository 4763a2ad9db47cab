"""L03."""

import pytest

from csms.domain.facts import Noticed
from csms.domain.facts_jobs import JobKind, JobProgressed


@pytest.mark.parametrize(
    ("status", "severity"), [("Published", "info"), ("InvalidChecksum", "warning")]
)
async def test_l03_the_state_of_publishing_is_kept(hub, status, severity):
    payload = {"status": status, "requestId": 4, "location": ["https://controller.local/one"]}
    assert await hub.tell("PublishFirmwareStatusNotification", payload) == {}
    (notice,) = hub.kept(Noticed)
    assert (notice.payload, notice.severity) == (payload, severity)
    (progress,) = hub.kept(JobProgressed)
    assert (progress.kind, progress.request_id) == (JobKind.PUBLISH_FIRMWARE, 4)
    assert (progress.status, progress.detail) == (status, payload)
