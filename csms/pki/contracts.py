"""What contract certificates are worth (OCPP 2.0.1, C07): OCSP for each, and our roots for a chain.

A chain in PEM is checked up to the roots of the settings; one that a station has checked itself
comes as hashes. What cannot be verified does not hold (C07.FR.17).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from csms.domain.certificates import (
    Certificate,
    CertificateHash,
    DerFault,
    certificate_hash,
    certificate_of,
    read_chain,
)
from csms.domain.contract import CertificateStatus, OcspQuery
from csms.domain.ocsp import FAULTS
from csms.handlers.ports_security import AuthorityUnavailable, CertificateStatuses


@dataclass(frozen=True, slots=True)
class OcspContracts:
    """Implements `handlers.ports.Contracts`."""

    statuses: CertificateStatuses
    roots: tuple[Path, ...] = ()

    async def status(
        self, certificates: Sequence[OcspQuery], chain_pem: str | None, now: datetime
    ) -> CertificateStatus:
        """Whether the chain, named by hashes or given in PEM, holds and none of it is revoked."""
        queries = list(certificates)
        path: list[Certificate] = []
        try:
            if chain_pem is not None:
                chain = read_chain(chain_pem)
                if any(one.not_after < now for one in chain):
                    return CertificateStatus.EXPIRED
                path = self._verified(chain, now)
                queries += _queries(path)
            issuers = [one.whole for one in path]
            states = [await self._state(one, issuers) for one in queries]
        except (DerFault, AuthorityUnavailable, OSError):
            return CertificateStatus.CHAIN_ERROR
        if "revoked" in states:
            return CertificateStatus.REVOKED
        good = bool(states) and set(states) == {"good"}
        return CertificateStatus.ACCEPTED if good else CertificateStatus.CHAIN_ERROR

    async def _state(self, asked: OcspQuery, issuers: Sequence[x509.Certificate]) -> str:
        """Raises AuthorityUnavailable, DerFault."""
        certificate = CertificateHash(
            hash_algorithm=asked.hash_algorithm,
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=asked.serial_number,
        )
        return (await self.statuses.ask(certificate, asked.responder_url, issuers)).state

    def _verified(self, chain: list[Certificate], now: datetime) -> list[Certificate]:
        """The path along which the signatures lead to one of our roots.

        Raises AuthorityUnavailable, OSError; DerFault: they do not lead there.
        """
        if not self.roots:
            raise AuthorityUnavailable("no roots of contracts are configured")
        trusted = [one for path in self.roots for one in read_chain(path.read_text())]
        try:
            return _path(chain, trusted, now)
        except (*FAULTS, VerificationError) as fault:
            raise DerFault("the chain does not lead to a root of ours") from fault


def _queries(path: list[Certificate]) -> list[OcspQuery]:
    """What to ask the responders: of the contract itself, and of each authority that names one.

    Raises DerFault.
    """
    try:
        return [
            _query(certificate_hash(certificate, issuer), where)
            for number, (certificate, issuer) in enumerate(pairwise(path))
            if (where := _responder(certificate.whole)) or number == 0
        ]
    except FAULTS as fault:
        raise DerFault("certificates that we cannot name") from fault


def _path(chain: list[Certificate], trusted: list[Certificate], now: datetime) -> list[Certificate]:
    """From the contract to a root (RFC 5280 §6). Raises VerificationError.

    The profile of ISO 15118 is not that of web servers: an authority is known by its basic
    constraints and its key's usage, and of a contract's extensions none is asked for.
    """
    authorities = (
        ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _is_authority)
        .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _signs_certificates)
    )
    policy = PolicyBuilder().store(Store([one.whole for one in trusted])).time(now)
    policy = policy.extension_policies(
        ca_policy=authorities, ee_policy=ExtensionPolicy.permit_all()
    )
    contract, *others = (one.whole for one in chain)
    found = policy.build_client_verifier().verify(contract, others)
    return [certificate_of(one) for one in found.chain]


def _is_authority(_: Policy, __: x509.Certificate, told: x509.BasicConstraints) -> None:
    if not told.ca:
        raise ValueError("not an authority")


def _signs_certificates(_: Policy, __: x509.Certificate, told: x509.KeyUsage | None) -> None:
    if told is not None and not told.key_cert_sign:
        raise ValueError("a key that signs no certificates")


def _responder(certificate: x509.Certificate) -> str:
    """The URL of its OCSP responder; "": it names none."""
    try:
        told = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    except x509.ExtensionNotFound:
        return ""
    urls = (
        one.access_location.value
        for one in told.value
        if one.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(one.access_location, x509.UniformResourceIdentifier)
    )
    return next(urls, "")


def _query(named: CertificateHash, responder_url: str) -> OcspQuery:
    return OcspQuery(
        hash_algorithm=named.hash_algorithm,
        issuer_name_hash=named.issuer_name_hash,
        issuer_key_hash=named.issuer_key_hash,
        serial_number=named.serial_number,
        responder_url=responder_url,
    )
