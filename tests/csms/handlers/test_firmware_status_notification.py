"""L01."""

import pytest

from csms.domain.facts import Noticed


@pytest.mark.parametrize(
    ("payload", "severity"),
    [
        ({"status": "Installed", "requestId": 1}, "info"),
        ({"status": "InvalidSignature"}, "warning"),
    ],
)
async def test_l01_the_state_of_an_update_is_kept(hub, payload, severity):
    assert await hub.tell("FirmwareStatusNotification", payload) == {}
    (notice,) = hub.kept(Noticed)
    assert (notice.kind, notice.payload, notice.severity) == (
        "FirmwareStatusNotification",
        payload,
        severity,
    )
