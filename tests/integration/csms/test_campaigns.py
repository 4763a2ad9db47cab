"""A firmware campaign over real stations: by stages, and no further after too many failures."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from csms.clock import wall_now
from csms.domain.campaign import Progress
from csms.store import campaigns
from csms.store.campaigns import NewCampaign
from tests.conformance.conftest import Bench
from tests.conformance.station import ScriptedStation
from tests.integration.csms.conftest import Hub

pytestmark = pytest.mark.integration

FIRMWARE = {
    "location": "https://firmware.example/one.bin",
    "retrieveDateTime": "2026-03-01T08:00:00Z",
    "signingCertificate": "-----BEGIN CERTIFICATE-----",
    "signature": "c2ln",
}


@pytest.fixture
async def bench(hub: Hub) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        yield Bench(hub, stack)


async def started(
    bench: Bench, stop_above_failed_pct: float
) -> tuple[NewCampaign, list[ScriptedStation]]:
    stations = [await bench.station() for _ in range(4)]
    new = NewCampaign(
        campaign_id=uuid4(),
        name="one",
        firmware=FIRMWARE,
        stages_pct=[25.0, 100.0],
        stop_above_failed_pct=stop_above_failed_pct,
        station_ids=[one.station_id for one in stations],
        created_by="test",
    )
    async with bench.hub.engine.begin() as conn:
        await campaigns.create(conn, new, wall_now())
    return new, stations


async def ends(station: ScriptedStation, status: str) -> None:
    told = await station.heard_of("UpdateFirmware")
    assert told["firmware"] == FIRMWARE
    await station.call(
        "FirmwareStatusNotification", {"status": status, "requestId": told["requestId"]}
    )


async def asked(bench: Bench, new: NewCampaign) -> list[str]:
    async with bench.hub.engine.connect() as conn:
        members = await campaigns.members(conn, new.campaign_id, wall_now())
    return [one.station_id for one in members if one.progress is not Progress.WAITING]


async def state(bench: Bench, new: NewCampaign) -> tuple[str, str | None, int]:
    async with bench.hub.engine.connect() as conn:
        row = await campaigns.get(conn, new.campaign_id)
    assert row is not None
    return row["status"], row["reason"], row["stage"]


async def test_the_second_stage_waits_for_the_first(bench: Bench) -> None:
    new, stations = await started(bench, 10.0)
    step = bench.hub.csms.campaigns.step
    await step()
    await step()
    assert await asked(bench, new) == new.station_ids[:1]
    await ends(stations[0], "Installed")
    await step()
    assert await asked(bench, new) == new.station_ids
    for station in stations[1:]:
        await ends(station, "Installed")
    await step()
    assert await state(bench, new) == ("finished", "4 of 4 installed", 2)
    assert [action for action, _ in stations[0].heard].count("UpdateFirmware") == 1


async def test_a_failure_stops_it_before_it_spreads(bench: Bench) -> None:
    new, stations = await started(bench, 10.0)
    step = bench.hub.csms.campaigns.step
    await step()
    await ends(stations[0], "InstallationFailed")
    await step()
    await step()
    assert await state(bench, new) == ("stopped", "1 of 1 failed", 1)
    assert await asked(bench, new) == new.station_ids[:1]
