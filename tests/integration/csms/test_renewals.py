"""A02: a certificate that nears its end is renewed without anybody asking for it."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select, update

from csms.clock import wall_now
from csms.domain.commands import CommandKind
from csms.renewals import MOST_AT_ONCE, Renewals
from csms.store import renewals, tables
from tests import pki
from tests.conformance.station import Payload, ScriptedStation, connected
from tests.integration.csms.conftest import Hub, until

pytestmark = pytest.mark.integration

ACCEPTED = {"status": "Accepted"}


async def signed(hub: Hub, station_id: str, not_after: datetime, status: str = "accepted") -> None:
    """A certificate of a year that ends at `not_after`."""
    since = not_after - timedelta(days=365)
    row = {
        "certificate_id": uuid4(),
        "station_id": station_id,
        "certificate_type": "ChargingStationCertificate",
        "csr": "",
        "requested_at": since,
        "status": status,
        "chain": "",
        "not_after": not_after,
        "status_at": since,
    }
    async with hub.engine.begin() as conn:
        await conn.execute(insert(tables.station_certificate).values(row))


async def asked(hub: Hub, station_id: str) -> list[Payload]:
    rows = await hub.rows(tables.command, station_id)
    return [row["payload"] for row in rows if row["kind"] == CommandKind.TRIGGER_MESSAGE]


async def test_a_station_is_asked_once_and_has_a_new_one(hub: Hub, tmp_path: Path) -> None:
    station_id, password = await hub.new_station()
    end = wall_now() + timedelta(days=20)
    await signed(hub, station_id, end)
    async with connected(hub.url, station_id, password, "2.0.1") as station:
        station.answers |= {"TriggerMessage": ACCEPTED, "CertificateSigned": ACCEPTED}
        await station.boot()
        await hub.csms.renewals.step()
        await hub.csms.renewals.step()
        await heard(station, "SignChargingStationCertificate")
        use = {"certificateType": "ChargingStationCertificate"}
        csr = pki.signing_request(tmp_path, station_id)
        assert await station.call("SignCertificate", {"csr": csr, **use}) == ACCEPTED
        await station.heard_of("CertificateSigned")

        async def renewed() -> bool:
            rows = await hub.rows(tables.station_certificate, station_id)
            return [row["status"] for row in rows if row["not_after"] > end] == ["accepted"]

        await until(renewed)
        await hub.csms.renewals.step()
    assert len(await asked(hub, station_id)) == 1


async def heard(station: ScriptedStation, message: str) -> None:
    async def told() -> bool:
        return any(
            action == "TriggerMessage" and payload["requestedMessage"] == message
            for action, payload in station.heard
        )

    await until(told)


@pytest.mark.parametrize(
    ("days", "status", "times"),
    [
        (20, "accepted", 1),
        (200, "accepted", 0),  # not yet
        (-1, "accepted", 0),  # it is over: the station comes by it no more
        (20, "rejected", 0),  # it never had it
        (20, "revoked", 0),
    ],
)
async def test_only_what_a_station_holds_and_is_due_is_renewed(
    hub: Hub, days: int, status: str, times: int
) -> None:
    station_id, _ = await hub.new_station()
    await signed(hub, station_id, wall_now() + timedelta(days=days), status)
    await hub.csms.renewals.step()
    assert len(await asked(hub, station_id)) == times


async def test_one_that_a_newer_one_follows_is_left_to_end(hub: Hub) -> None:
    station_id, _ = await hub.new_station()
    for days in (20, 300):
        await signed(hub, station_id, wall_now() + timedelta(days=days))
    await hub.csms.renewals.step()
    assert await asked(hub, station_id) == []


async def test_few_at_once_and_the_first_to_end_first(hub: Hub) -> None:
    async with hub.engine.begin() as conn:  # of other tests
        await conn.execute(update(tables.station_certificate).values(status="revoked"))
    woken: list[str] = []
    renewals = Renewals(hub.engine, hub.csms.clock, woken.append)
    stations = [(await hub.new_station())[0] for _ in range(MOST_AT_ONCE + 2)]
    for days, station_id in enumerate(reversed(stations), 1):
        await signed(hub, station_id, wall_now() + timedelta(days=days))
    await renewals.step()
    assert woken == stations[:1:-1]
    await renewals.step()
    assert woken == stations[::-1]


async def ended(hub: Hub, station_id: str, status: str, hours_ago: int) -> None:
    """The last time that it was asked ended like this."""
    at = hub.csms.clock.now() - timedelta(hours=hours_ago)
    mine = tables.command.c.station_id == station_id
    async with hub.engine.begin() as conn:
        last = select(func.max(tables.command.c.created_at)).where(mine).scalar_subquery()
        await conn.execute(
            update(tables.command)
            .where(mine, tables.command.c.created_at == last)
            .values(status=status, created_at=at, finished_at=at)
        )


async def test_a_station_that_made_nothing_of_it_is_asked_again(hub: Hub) -> None:
    station_id, _ = await hub.new_station()
    await signed(hub, station_id, wall_now() + timedelta(days=20))
    other, _ = await hub.new_station()
    await signed(hub, other, wall_now() + timedelta(days=20))
    await hub.csms.renewals.step()
    await ended(hub, other, "refused", hours_ago=48)
    for times, hours_ago in ((1, 30), (2, 3), (3, 2)):  # the third one waits for four hours
        assert len(await asked(hub, station_id)) == times
        await ended(hub, station_id, "confirmed", hours_ago)
        await hub.csms.renewals.step()
        await hub.csms.renewals.step()
    assert len(await asked(hub, station_id)) == 3
    assert len(await asked(hub, other)) == 1  # it said that it would not


async def test_only_those_in_the_last_part_of_their_life_are_read(hub: Hub) -> None:
    async with hub.engine.begin() as conn:  # of other tests
        await conn.execute(update(tables.station_certificate).values(status="revoked"))
    now, young_id, old_id = wall_now(), (await hub.new_station())[0], (await hub.new_station())[0]
    await signed(hub, young_id, now + timedelta(days=123))
    await signed(hub, old_id, now + timedelta(days=121))  # a third of a year, not due for all
    async with hub.engine.connect() as conn:
        found = await renewals.ageing_certificates(conn, now)
    assert [one.station_id for one in found] == [old_id]
