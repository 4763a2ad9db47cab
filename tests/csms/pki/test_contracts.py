"""Whether a contract's chain holds: its signatures, its authorities, its time, its revocation."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from csms.clock import wall_now
from csms.domain.certificates import CertificateHash
from csms.domain.contract import CertificateStatus
from csms.domain.crl import ListAnswer, read_list
from csms.domain.ocsp import OcspAnswer, read_answer, request_for
from csms.handlers.ports_security import AuthorityUnavailable
from csms.pki.contracts import CheckedContracts
from tests import pki
from tests.conformance.ocsp import ContractAuthority

NO_AUTHORITY = x509.BasicConstraints(ca=False, path_length=None)


class Responder:
    """The authority's own, without the wire."""

    def __init__(self, authority: ContractAuthority, lists: dict[str, bytes] | None = None) -> None:
        self.authority = authority
        self.lists = lists or {}
        self.away = lists is not None

    async def ask(
        self,
        certificate: CertificateHash,
        responder_url: str,
        issuers: Sequence[x509.Certificate] = (),
    ) -> OcspAnswer:
        assert responder_url == self.authority.url
        if self.away:
            raise AuthorityUnavailable(responder_url)
        told = self.authority.respond(request_for(certificate))
        return read_answer(told, certificate, issuers, wall_now())

    async def look_up(
        self, certificate: CertificateHash, list_url: str, issuers: Sequence[x509.Certificate] = ()
    ) -> ListAnswer:
        if list_url not in self.lists:
            raise AuthorityUnavailable(list_url)
        return read_list(self.lists[list_url], certificate, issuers, list_url, wall_now())


@pytest.fixture
def authority(tmp_path: Path) -> ContractAuthority:
    made = ContractAuthority(tmp_path, port=9)
    made.make_root()
    return made


async def judged(authority: ContractAuthority, chain: str, days: int = 0) -> CertificateStatus:
    contracts = CheckedContracts(Responder(authority), (authority.root,))
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
    contracts = CheckedContracts(Responder(authority))
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


LIST = "http://lists.example/root.crl"
HERE = x509.DistributionPoint([x509.UniformResourceIdentifier(LIST)], None, None, None)
ELSEWHERE = x509.DistributionPoint(
    [x509.UniformResourceIdentifier("http://away.example/")], None, None, None
)


@pytest.mark.parametrize("responder", [False, True])
@pytest.mark.parametrize("revoked", [False, True])
async def test_a_list_tells_where_no_responder_does(
    authority: ContractAuthority, revoked: bool, responder: bool
) -> None:
    root = pki.Root(authority.folder, "root")
    named = [x509.CRLDistributionPoints([ELSEWHERE, HERE])]
    if responder:  # it names one, which is away
        away = x509.UniformResourceIdentifier(authority.url)
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, away)
        named.append(x509.AuthorityInformationAccess([access]))
    contract = root.sign(pki.signing_request(authority.folder, "DE-ABC"), *named)
    serial_number = x509.load_pem_x509_certificate(contract.encode()).serial_number
    lists = {LIST: pki.revocation_list(root, *([serial_number] if revoked else []))}

    async def judged_by(lists: dict[str, bytes]) -> CertificateStatus:
        contracts = CheckedContracts(Responder(authority, lists), (authority.root,))
        return await contracts.status([], contract, wall_now())

    expected = CertificateStatus.REVOKED if revoked else CertificateStatus.ACCEPTED
    assert await judged_by(lists) is expected
    assert await judged_by({}) is CertificateStatus.CHAIN_ERROR  # nobody knows


async def test_an_authority_between_may_be_revoked_by_a_list(authority: ContractAuthority) -> None:
    root = pki.Root(authority.folder, "root")
    between = pki.Root(authority.folder, "between")
    csr = pki.signing_request(authority.folder, "between")
    named = x509.CRLDistributionPoints([HERE])
    between.certificate.write_text(root.sign(csr, pki.AUTHORITY, named))
    chain = authority.contract("DE-ABC", issuer="between") + between.certificate.read_text()
    responder = Responder(authority, {})
    responder.away = False
    contracts = CheckedContracts(responder, (authority.root,))
    assert await contracts.status([], chain, wall_now()) is CertificateStatus.CHAIN_ERROR
    responder.lists[LIST] = pki.revocation_list(root)
    assert await contracts.status([], chain, wall_now()) is CertificateStatus.ACCEPTED
    responder.lists[LIST] = pki.revocation_list(root, between.issuer.serial_number)
    assert await contracts.status([], chain, wall_now()) is CertificateStatus.REVOKED
