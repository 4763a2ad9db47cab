"""N01."""

import pytest

from csms.domain.facts import Noticed


@pytest.mark.parametrize(
    ("payload", "severity"),
    [
        ({"status": "Uploaded", "requestId": 1}, "info"),
        ({"status": "UploadFailure", "requestId": 1}, "warning"),
    ],
)
async def test_n01_the_state_of_an_upload_is_kept(hub, payload, severity):
    assert await hub.tell("LogStatusNotification", payload) == {}
    (notice,) = hub.kept(Noticed)
    assert (notice.kind, notice.payload, notice.severity) == (
        "LogStatusNotification",
        payload,
        severity,
    )
