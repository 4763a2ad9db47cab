"""Block M of OCPP 2.1: certificates in vehicles and their status."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.conformance import test_block_m as twin_m
from tests.conformance.conftest import shared_loop_fixture
from tests.conformance.test_block_m import tls, with_pool
from tests.conformance.tls import TlsBench, tls_bench

__all__ = ["tls", "with_pool"]
pytestmark = pytest.mark.integration
CONTRACTS = (b"one", b"two", b"three")


async def test_tc21_m_24_csms_certificate_status(tls: TlsBench) -> None:
    await twin_m.test_tc_m_24_csms_certificate_status(replace(tls, version="2.1"))


async def test_tc21_m_26_csms_install_a_contract_certificate_in_a_vehicle(
    with_pool: TlsBench,
) -> None:
    await twin_m.contract(replace(with_pool, version="2.1"), "Install")


async def test_tc21_m_28_csms_update_a_contract_certificate_in_a_vehicle(
    with_pool: TlsBench,
) -> None:
    await twin_m.contract(replace(with_pool, version="2.1"), "Update")


@shared_loop_fixture()
async def with_contracts(
    database_url: str, redis_url: str, engine: AsyncEngine, tmp_path: Path
) -> AsyncIterator[TlsBench]:
    """A pool that has three contracts for a vehicle of ISO 15118-20, if it says whose it wants."""
    told = json.dumps({"exiResponses": [base64.b64encode(one).decode() for one in CONTRACTS]})
    asked = b'"maximumContractCertificateChains":10,"prioritizedEMAIDs":["UKABC123456789"]'
    with twin_m.http_server({asked: (200, told.encode())}) as url:
        settings = {"contract_pool_url": url}
        async with tls_bench(database_url, redis_url, engine, tmp_path, **settings) as bench:
            yield replace(bench, version="2.1")


async def test_tc21_m_100_csms_contracts_of_a_vehicle_one_by_one(with_contracts: TlsBench) -> None:
    """The same request until nothing remains; then it begins anew."""
    station = await with_contracts.station()
    asked = {
        "iso15118SchemaVersion": "urn:iso:std:iso:15118:-20:CommonMessages",
        "action": "Install",
        "exiRequest": twin_m.EXI_REQUEST,
        "maximumContractCertificateChains": 10,
        "prioritizedEMAIDs": ["UKABC123456789"],
    }
    for remaining, contract in ((2, b"one"), (1, b"two"), (0, b"three"), (2, b"one")):
        told = await station.call("Get15118EVCertificate", asked)
        assert (told["status"], told["remainingContracts"]) == ("Accepted", remaining)
        assert base64.b64decode(told["exiResponse"]) == contract
    unknown = asked | {"prioritizedEMAIDs": ["UKXYZ000000000"], "exiRequest": "bm9uZQ=="}
    assert (await station.call("Get15118EVCertificate", unknown))["status"] == "Failed"
