"""An administrator starts a campaign, everybody may watch it, an administrator may stop it."""

import httpx
import pytest

from tests.web.conftest import approve, ask, key
from tests.web.seed import STATION

pytestmark = pytest.mark.integration

ASKED = {
    "name": "2.4",
    "firmware": {
        "location": "https://firmware.example/one-2.4.bin",
        "signing_certificate": "-----BEGIN CERTIFICATE-----",
        "signature": "c2ln",
        "install_at": "2026-03-01T22:00:00+01:00",
    },
    "station_ids": [STATION],
}


async def test_a_campaign_is_started_watched_and_stopped(
    admin: httpx.AsyncClient, second: httpx.AsyncClient, viewer: httpx.AsyncClient
) -> None:
    answer = await approve(second, await ask(admin, "firmware.campaign", ASKED))
    assert answer.status_code == 200, answer.text
    made = answer.json()["answer"]
    assert (made["status"], made["stage"], made["stages_pct"]) == ("running", 0, [5, 25, 100])
    assert made["firmware"]["installDateTime"] == "2026-03-01T21:00:00Z"
    assert [one["progress"] for one in made["stations"]] == ["waiting"]
    path = f"/firmware/campaigns/{made['campaign_id']}"
    assert (await viewer.get(path)).json() == made
    listed = (await viewer.get("/firmware/campaigns")).json()["items"]
    assert [one["campaign_id"] for one in listed] == [made["campaign_id"]]
    stopped = (await admin.post(f"{path}/stop", headers=key("stop"))).json()
    assert (stopped["status"], stopped["reason"]) == ("stopped", "by user:admin")
    again = await admin.post(f"{path}/stop", headers=key("stop"))
    assert (again.status_code, again.json()) == (200, stopped)
    assert (await admin.post(f"{path}/stop", headers=key())).status_code == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"station_ids": ["nobody"]}, "station_ids"),
        ({"station_ids": [STATION, STATION]}, "station_ids"),
        ({"stages_pct": [50, 10]}, "stages_pct"),
        ({"stages_pct": [0]}, "stages_pct.0"),
        ({"firmware": {"location": "https://firmware.example/x"}}, "firmware.signature"),
    ],
)
async def test_a_campaign_that_cannot_be_is_refused(
    admin: httpx.AsyncClient, second: httpx.AsyncClient, change: dict[str, object], field: str
) -> None:
    answer = await ask(admin, "firmware.campaign", ASKED | change)
    assert answer.status_code == 422
    assert any(one["field"].endswith(field) for one in answer.json()["errors"]), answer.text


async def test_asked_twice_under_one_key_there_is_one_campaign(
    admin: httpx.AsyncClient, second: httpx.AsyncClient
) -> None:
    first = await ask(admin, "firmware.campaign", ASKED, "k")
    again = await ask(admin, "firmware.campaign", ASKED, "k")
    assert (again.status_code, again.json()) == (201, first.json())
    assert (await admin.get("/firmware/campaigns")).json()["items"] == []
    assert (await approve(second, first)).status_code == 200
    assert (await approve(second, again)).status_code == 409
    (made,) = (await admin.get("/firmware/campaigns")).json()["items"]
    elsewhere = f"/firmware/campaigns/{made['campaign_id']}/stop"
    assert (await admin.post(elsewhere, headers=key("k"))).status_code == 422


async def test_only_administrators_start_and_stop(operator: httpx.AsyncClient) -> None:
    assert (await ask(operator, "firmware.campaign", ASKED)).status_code == 403
    assert (await operator.get("/firmware/campaigns")).status_code == 200
