"""Block C, contract certificates (C07): an authority, its OCSP responder, and our judgement."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import Clock
from csms.domain.authorization import AuthorizationStatus
from csms.main import build
from tests.conformance.conftest import Bench, shared_loop_fixture
from tests.conformance.ocsp import ContractAuthority, authority
from tests.conformance.people import Session, token
from tests.conformance.station import Payload
from tests.integration.csms.conftest import Hub, settings_for

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Contracts:
    """A csms that trusts an authority of contracts."""

    bench: Bench
    authority: ContractAuthority


@shared_loop_fixture()
async def contracts(
    database_url: str, redis_url: str, engine: AsyncEngine, tmp_path: Path
) -> AsyncIterator[Contracts]:
    stopping, listening = asyncio.Event(), asyncio.get_running_loop().create_future()
    async with AsyncExitStack() as stack:
        trusted = await stack.enter_async_context(authority(tmp_path))
        more = {"ocsp_hosts": "127.0.0.1", "contract_roots": str(trusted.root)}
        settings = settings_for(database_url, redis_url, state_dir=tmp_path, **more)
        csms = await build(settings, Clock(), stack)
        serving = asyncio.create_task(csms.serve(stopping, listening.set_result))
        await asyncio.wait([serving, listening], return_when=asyncio.FIRST_COMPLETED)
        hub = Hub(csms, engine, f"ws://127.0.0.1:{listening.result()}")
        async with AsyncExitStack() as stations:
            yield Contracts(Bench(hub, stations), trusted)
        stopping.set()
        await serving


async def present(contracts: Contracts, contract: Payload, emaid: Payload) -> Payload:
    """Authorize with certificates; if it is accepted, start a transaction."""
    station = await contracts.bench.station()
    told = await station.call("Authorize", {"idToken": emaid, **contract})
    if told["idTokenInfo"]["status"] == "Accepted":
        started = await Session(station).tell("Started", "Authorized", id_token=emaid)
        assert started["idTokenInfo"]["status"] == "Accepted"
    return told


async def test_tc_c_50_csms_a_good_contract_by_its_hashes(contracts: Contracts) -> None:
    emaid = await token(contracts.bench, type_="eMAID")
    pem = contracts.authority.contract(emaid["idToken"])
    hashes = {"iso15118CertificateHashData": contracts.authority.hash_data(pem)}
    told = await present(contracts, hashes, emaid)
    assert (told["idTokenInfo"]["status"], told["certificateStatus"]) == ("Accepted", "Accepted")
    assert contracts.authority.asked == 1


async def test_tc_c_51_csms_a_revoked_contract_by_its_hashes(contracts: Contracts) -> None:
    emaid = await token(contracts.bench, type_="eMAID")
    pem = contracts.authority.contract(emaid["idToken"], revoked=True)
    hashes = {"iso15118CertificateHashData": contracts.authority.hash_data(pem)}
    told = await present(contracts, hashes, emaid)
    assert told["idTokenInfo"]["status"] == "Invalid"
    assert told["certificateStatus"] == "CertificateRevoked"
    assert contracts.authority.asked == 1


async def test_tc_c_52_csms_a_good_contract_by_its_chain(contracts: Contracts) -> None:
    emaid = await token(contracts.bench, type_="eMAID")
    chain = {"certificate": contracts.authority.contract(emaid["idToken"])}
    told = await present(contracts, chain, emaid)
    assert (told["idTokenInfo"]["status"], told["certificateStatus"]) == ("Accepted", "Accepted")
    assert contracts.authority.asked == 1


async def test_c07_fr13_a_cancelled_contract_with_a_good_chain(contracts: Contracts) -> None:
    emaid = await token(contracts.bench, AuthorizationStatus.BLOCKED, type_="eMAID")
    chain = {"certificate": contracts.authority.contract(emaid["idToken"])}
    told = await present(contracts, chain, emaid)
    assert told["idTokenInfo"]["status"] == "Blocked"
    assert told["certificateStatus"] == "ContractCancelled"


async def test_c07_fr17_a_chain_of_somebody_else(contracts: Contracts, tmp_path: Path) -> None:
    emaid = await token(contracts.bench, type_="eMAID")
    stranger = ContractAuthority(tmp_path / "stranger", port=contracts.authority.port)
    stranger.folder.mkdir()
    stranger.make_root()
    chain = {"certificate": stranger.contract(emaid["idToken"])}
    told = await present(contracts, chain, emaid)
    assert told["idTokenInfo"]["status"] == "Invalid"
    assert told["certificateStatus"] == "CertChainError"
