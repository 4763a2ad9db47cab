"""Whether a contract's chain holds: its signatures, its authorities, its time, its revocation."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from csms.clock import wall_now
from csms.domain.certificates import CertificateHash
from csms.domain.contract import CertificateStatus
from csms.domain.ocsp import OcspAnswer, read_answer, request_for
from csms.pki.contracts import OcspContracts
from tests import pki
from tests.conformance.ocsp import ContractAuthority

NO_AUTHORITY = x509.BasicConstraints(ca=False, path_length=None)


class Responder:
    """The authority's own, without the wire."""

    def __init__(self, authority: ContractAuthority) -> None:
        self.authority = authority

    async def ask(
        self,
        certificate: CertificateHash,
        responder_url: str,
        issuers: Sequence[x509.Certificate] = (),
    ) -> OcspAnswer:
        assert responder_url == self.authority.url
        told = self.authority.respond(request_for(certificate))
        return read_answer(told, certificate, issuers, wall_now())


@pytest.fixture
def authority(tmp_path: Path) -> ContractAuthority:
    made = ContractAuthority(tmp_path, port=9)
    made.make_root()
    return made


async def judged(authority: ContractAuthority, chain: str, days: int = 0) -> CertificateStatus:
    contracts = OcspContracts(Responder(authority), (authority.root,))
    return await contracts.status([], chain, wall_now() + timedelta(days=days))


@pytest.mark.parametrize("revoked", [False, True])
async def test_a_chain_over_an_authority_between(
    authority: ContractAuthority, revoked: bool
) -> None:
    between = pki.Root(authority.folder, "root").authority("between")
    contract = authority.contract("DE-ABC", issuer="between", revoked=revoked)
    chain = contract + between.certificate.read_text()
    expected = CertificateStatus.REVOKED if revoked else CertificateStatus.ACCEPTED
    assert await judged(authority, chain) is expected
    assert authority.asked == 1  # the authority between names no responder
    assert await judged(authority, contract) is CertificateStatus.CHAIN_ERROR  # it is missing


async def test_a_certificate_that_is_no_authority_signs_no_contract(
    authority: ContractAuthority,
) -> None:
    between = pki.Root(authority.folder, "root").authority("between", NO_AUTHORITY)
    chain = authority.contract("DE-ABC", issuer="between") + between.certificate.read_text()
    assert await judged(authority, chain) is CertificateStatus.CHAIN_ERROR
    assert authority.asked == 0


async def test_a_forged_signature_does_not_hold(authority: ContractAuthority) -> None:
    namesake = ContractAuthority(authority.folder / "namesake", authority.port)
    namesake.folder.mkdir()
    namesake.make_root()  # the same name, another key
    forged = namesake.contract("DE-ABC")
    assert await judged(authority, forged) is CertificateStatus.CHAIN_ERROR


async def test_before_and_after_its_time_it_does_not_hold(authority: ContractAuthority) -> None:
    chain = authority.contract("DE-ABC")
    assert await judged(authority, chain) is CertificateStatus.ACCEPTED
    assert await judged(authority, chain, days=3) is CertificateStatus.EXPIRED
    assert await judged(authority, chain, days=-3) is CertificateStatus.CHAIN_ERROR


async def test_without_roots_no_chain_holds(authority: ContractAuthority) -> None:
    contracts = OcspContracts(Responder(authority))
    status = await contracts.status([], authority.contract("DE-ABC"), wall_now())
    assert status is CertificateStatus.CHAIN_ERROR


async def test_an_answer_that_somebody_else_signed_does_not_hold(
    authority: ContractAuthority,
) -> None:
    contract = authority.contract("DE-ABC")
    namesake = pki.root(authority.folder, "namesake")
    authority.answers_as = namesake.name
    assert await judged(authority, contract) is CertificateStatus.CHAIN_ERROR
    assert authority.asked == 1
