"""An administrator starts a campaign, everybody may watch it, an administrator may stop it."""

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.web.conftest import People
from tests.web.seed import STATION
from web.roles import Role

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


@pytest.fixture
async def admin(people: People) -> httpx.AsyncClient:
    return await people.user(Role.ADMIN)


async def test_a_campaign_is_started_watched_and_stopped(
    admin: httpx.AsyncClient, viewer: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    answer = await admin.post("/firmware/campaigns", json=ASKED)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["status"], made["stage"], made["stages_pct"]) == ("running", 0, [5, 25, 100])
    assert made["firmware"]["installDateTime"] == "2026-03-01T21:00:00Z"
    assert [one["progress"] for one in made["stations"]] == ["waiting"]
    path = f"/firmware/campaigns/{made['campaign_id']}"
    assert (await viewer.get(path)).json() == made
    listed = (await viewer.get("/firmware/campaigns")).json()["items"]
    assert [one["campaign_id"] for one in listed] == [made["campaign_id"]]
    stopped = (await admin.post(f"{path}/stop")).json()
    assert (stopped["status"], stopped["reason"]) == ("stopped", "by user:admin")
    assert (await admin.post(f"{path}/stop")).status_code == 409


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
    admin: httpx.AsyncClient, change: dict[str, object], field: str
) -> None:
    answer = await admin.post("/firmware/campaigns", json=ASKED | change)
    assert answer.status_code == 422
    assert any(one["field"].endswith(field) for one in answer.json()["errors"]), answer.text


async def test_only_administrators_start_and_stop(operator: httpx.AsyncClient) -> None:
    assert (await operator.post("/firmware/campaigns", json=ASKED)).status_code == 403
    assert (await operator.get("/firmware/campaigns")).status_code == 200
