"""Administrators say how secure a line must be, and take certificates back."""

from uuid import uuid4

import httpx
import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store.tables import station_certificate
from tests.web.conftest import approve, ask
from tests.web.seed import NOON, STATION

pytestmark = pytest.mark.integration


async def test_a_profile_rises_and_falls_by_an_administrators_word(
    admin: httpx.AsyncClient, operator: httpx.AsyncClient
) -> None:
    path = f"/stations/{STATION}/security"
    told = (await operator.get(path)).json()
    assert (told["security_profile"], told["common_names"]) == (1, [STATION])
    asked = {"security_profile": 3, "common_name": "SN-0815"}
    told = (await admin.put(path, json=asked)).json()
    assert (told["security_profile"], told["common_names"]) == (3, sorted([STATION, "SN-0815"]))
    assert (await admin.put(path, json={"security_profile": 2})).json()["security_profile"] == 2
    assert (await operator.put(path, json={"security_profile": 1})).status_code == 403
    assert (await admin.put(path, json={"security_profile": 4})).status_code == 422
    assert (await admin.get("/stations/nobody/security")).status_code == 404


async def test_a_certificate_is_taken_back(
    admin: httpx.AsyncClient, second: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    certificate_id = uuid4()
    row = {
        "certificate_id": certificate_id,
        "station_id": STATION,
        "certificate_type": "ChargingStationCertificate",
        "csr": "a request",
        "requested_at": NOON,
        "status": "accepted",
        "status_at": NOON,
        "serial_number": "1f",
        "chain": "a chain",
        "not_after": NOON,
    }
    async with engine.begin() as conn:
        await conn.execute(insert(station_certificate).values(row))
    asked = {"station_id": STATION, "certificate_id": str(certificate_id)}
    answer = await approve(second, await ask(admin, "certificate.revoke", asked))
    (signed,) = answer.json()["answer"]["signed"]
    assert (signed["status"], signed["serial_number"]) == ("revoked", "1f")
    other = asked | {"certificate_id": str(uuid4())}
    unknown = await ask(admin, "certificate.revoke", other)
    assert (await approve(second, unknown)).status_code == 404
