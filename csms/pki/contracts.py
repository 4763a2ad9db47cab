"""What contract certificates are worth (OCPP 2.0.1, C07): OCSP or a revocation list for each, and
our roots for a chain.

A chain in PEM is checked up to the roots of the settings; one that a station has checked itself
comes as hashes. What cannot be verified does not hold (C07.FR.17).
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

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
from csms.domain.crl import ListAnswer
from csms.domain.ocsp import FAULTS, OcspAnswer
from csms.handlers.ports_security import AuthorityUnavailable, CertificateStatuses

UNKNOWN: Final = "unknown"
MOST_LISTS: Final = 2
Way = Callable[
    [CertificateHash, str, Sequence[x509.Certificate]], Awaitable[OcspAnswer | ListAnswer]
]


@dataclass(frozen=True, slots=True)
class Revocable:
    """A certificate and who knows whether it was revoked, in the order in which to ask."""

    certificate: CertificateHash
    responder_urls: tuple[str, ...]
    list_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedContracts:
    """Implements `handlers.ports.Contracts`."""

    statuses: CertificateStatuses
    roots: tuple[Path, ...] = ()

    async def status(
        self, certificates: Sequence[OcspQuery], chain_pem: str | None, now: datetime
    ) -> CertificateStatus:
        """Whether the chain, named by hashes or given in PEM, holds and none of it is revoked."""
        path: list[Certificate] = []
        try:
            if chain_pem is not None:
                chain = read_chain(chain_pem)
                if any(one.not_after < now for one in chain):
                    return CertificateStatus.EXPIRED
                path = self._verified(chain, now)
            issuers = [one.whole for one in path]
            asked = [*map(_by_hashes, certificates), *_revocable(path)]
            states = [await self._state(one, issuers) for one in asked]
        except (DerFault, AuthorityUnavailable, OSError):
            return CertificateStatus.CHAIN_ERROR
        if "revoked" in states:
            return CertificateStatus.REVOKED
        good = bool(states) and set(states) == {"good"}
        return CertificateStatus.ACCEPTED if good else CertificateStatus.CHAIN_ERROR

    async def _state(self, asked: Revocable, issuers: Sequence[x509.Certificate]) -> str:
        """By the first answer that counts: its responder's, else that of one of its lists."""
        ways: list[tuple[Way, str]] = [(self.statuses.ask, url) for url in asked.responder_urls]
        ways += [(self.statuses.look_up, url) for url in asked.list_urls]
        for way, url in ways:
            with suppress(AuthorityUnavailable, DerFault):
                return (await way(asked.certificate, url, issuers)).state
        return UNKNOWN

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


def _by_hashes(asked: OcspQuery) -> Revocable:
    certificate = CertificateHash(
        hash_algorithm=asked.hash_algorithm,
        issuer_name_hash=asked.issuer_name_hash,
        issuer_key_hash=asked.issuer_key_hash,
        serial_number=asked.serial_number,
    )
    return Revocable(certificate, (asked.responder_url,))


def _revocable(path: list[Certificate]) -> list[Revocable]:
    """What is to be asked: of the contract, and of each authority that says where. A contract that
    does not may still be one of ours. Raises DerFault.
    """
    found: list[Revocable] = []
    try:
        for certificate, issuer in pairwise(path):
            responders, lists = _responders(certificate.whole), _lists(certificate.whole)
            if not found and not responders and not lists:
                responders = ("",)
            if responders or lists:
                named = certificate_hash(certificate, issuer)
                found.append(Revocable(named, responders, lists))
    except FAULTS as fault:
        raise DerFault("certificates that we cannot name") from fault
    return found


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


def _responders(certificate: x509.Certificate) -> tuple[str, ...]:
    """The URL of its OCSP responder, if it names one."""
    try:
        told = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    except x509.ExtensionNotFound:
        return ()
    ocsp = AuthorityInformationAccessOID.OCSP
    return _urls(one.access_location for one in told.value if one.access_method == ocsp)[:1]


def _lists(certificate: x509.Certificate) -> tuple[str, ...]:
    """The URLs of whole lists that its own issuer publishes (RFC 5280 §4.2.1.13)."""
    try:
        told = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
    except x509.ExtensionNotFound:
        return ()
    whole = (one for one in told.value if one.reasons is None and one.crl_issuer is None)
    return _urls(name for one in whole for name in one.full_name or ())[:MOST_LISTS]


def _urls(names: Iterable[x509.GeneralName]) -> tuple[str, ...]:
    return tuple(one.value for one in names if isinstance(one, x509.UniformResourceIdentifier))
