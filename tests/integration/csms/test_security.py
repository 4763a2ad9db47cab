"""What the gate makes of passwords on their way, of revoked certificates and of the legacy line."""

from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import wall_now
from csms.store import credentials, security, tables
from csms.tls import LEGACY
from tests import pki
from tests.conformance.station import connected
from tests.conformance.test_block_a import admitted, own_certificate
from tests.conformance.tls import tls_bench
from tests.integration.csms.conftest import SECRET

pytestmark = pytest.mark.integration


async def test_old_and_new_password_count_until_the_new_one_is_used(
    database_url: str, redis_url: str, engine: AsyncEngine, tmp_path: Path
) -> None:
    """A station that did not answer may have taken any of the passwords on their way."""
    async with tls_bench(database_url, redis_url, engine, tmp_path) as bench:
        station_id, old = await bench.hub.new_station()
        station = await bench.join(bench.hub.url, (station_id, old), booted=True)
        offered = []
        for count in (2, 3):
            station.answers["SetVariables"] = lambda asked: {
                "setVariableResult": [
                    {
                        "attributeStatus": "RebootRequired",
                        "component": one["component"],
                        "variable": one["variable"],
                    }
                    for one in asked["setVariableData"]
                ]
            }
            asked = await bench.command(station, "RenewPassword", {})
            told = await station.heard_of("SetVariables", count)
            offered.append(told["setVariableData"][0]["attributeValue"])
            await bench.outcome(asked)
        await station.socket.close()
        first, second = offered
        url = bench.hub.url
        assert await admitted(url, (station_id, old))
        assert await admitted(url, (station_id, first))
        assert not await admitted(url, (station_id, old))
        assert await admitted(url, (station_id, second))
        assert not await admitted(url, (station_id, first))
        async with engine.connect() as conn:
            assert await credentials.verify(conn, SECRET, station_id, second)
        assert await bench.hub.rows(tables.station_password, station_id) == []


async def test_a_revoked_certificate_opens_no_line(
    database_url: str, redis_url: str, engine: AsyncEngine, tmp_path: Path
) -> None:
    async with tls_bench(database_url, redis_url, engine, tmp_path) as bench:
        identity = await bench.hub.new_station()
        shown = await own_certificate(bench, *identity)
        context = pki.client_context(tmp_path / "root.pem", shown)
        assert await admitted(bench.tls_url, identity, ssl=context)
        row = await bench.hub.row(tables.station_certificate, identity[0])
        async with engine.begin() as conn:
            assert await security.revoke(conn, row["certificate_id"], wall_now())
        assert not await admitted(bench.tls_url, identity, ssl=context)
        # nor does its password: the station has come with a certificate
        plain_tls = pki.client_context(tmp_path / "root.pem")
        assert not await admitted(bench.tls_url, identity, ssl=plain_tls)


async def test_rsa_key_exchange_has_a_port_of_its_own(
    database_url: str, redis_url: str, engine: AsyncEngine, tmp_path: Path
) -> None:
    certificate, key = pki.root(tmp_path, "rsa-root").server("rsa-server", "rsa:2048")
    settings = {
        "ocpp_tls_cert": str(certificate),
        "ocpp_tls_key": str(key),
        "ocpp_tls_legacy_port": 0,
    }
    async with tls_bench(database_url, redis_url, engine, tmp_path, **settings) as bench:
        assert bench.legacy_url is not None
        identity = await bench.hub.new_station()
        old = pki.client_context(tmp_path / "rsa-root.pem", ciphers=LEGACY)
        with pytest.raises(OSError):  # noqa: PT011 - however TLS says no
            async with connected(bench.tls_url, *identity, ssl=old):
                pass
        assert await admitted(bench.legacy_url, identity, ssl=old)
