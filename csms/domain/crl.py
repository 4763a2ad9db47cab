"""Revocation lists (CRL, RFC 5280 §5): what one says of a certificate known by its hashes.

A list counts if the issuer of the certificate signed it, if it is of now, and if it covers all
that the issuer issued (or all that names this distribution point): of what is not on a list of a
part, nothing is known. Deltas and lists that one authority makes for another are faults.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509

from csms.domain.certificates import CertificateHash, DerFault
from csms.domain.ocsp import CLOCKS_DIFFER, FAULTS, LEAST_DIGEST_BYTES, OLDEST, is_issuer

PEM: Final = b"-----BEGIN"


@dataclass(frozen=True, slots=True)
class ListAnswer:
    """`state` of the certificate we asked for, "good" or "revoked", and until when that holds."""

    state: str
    until: datetime


def read_list(
    told: bytes,
    asked: CertificateHash,
    issuers: Iterable[x509.Certificate],
    url: str,
    now: datetime,
) -> ListAnswer:
    """What the list that `url` gave (DER, or PEM as some publish it) says of `asked`, whose issuer
    is one of `issuers`. Raises DerFault: no list, not of now, not of the issuer, not of all."""
    try:
        load = x509.load_pem_x509_crl if told.startswith(PEM) else x509.load_der_x509_crl
        found = load(told)
        until = found.next_update_utc or found.last_update_utc + OLDEST
        _check_time(found, until, now)
        _check_signature(found, asked, issuers)
        _check_scope(found, url)
        listed = found.get_revoked_certificate_by_serial_number(int(asked.serial_number, 16))
        return ListAnswer("good" if listed is None else "revoked", until)
    except DerFault:
        raise
    except FAULTS as fault:
        raise DerFault("not a revocation list") from fault


def _check_time(found: x509.CertificateRevocationList, until: datetime, now: datetime) -> None:
    if not found.last_update_utc - CLOCKS_DIFFER <= now <= until + CLOCKS_DIFFER:
        raise DerFault("the list is not of now")


def _check_signature(
    found: x509.CertificateRevocationList,
    asked: CertificateHash,
    issuers: Iterable[x509.Certificate],
) -> None:
    issuer = next((one for one in issuers if is_issuer(one, asked)), None)
    if issuer is None:
        raise DerFault("we do not know who issued the certificate")
    digest = found.signature_hash_algorithm
    if digest is not None and digest.digest_size < LEAST_DIGEST_BYTES:
        raise DerFault("a hash that can be forged")
    named = found.issuer == issuer.subject and _signs_lists(issuer)
    if not named or not _is_signed(found, issuer):
        raise DerFault("the issuer of the certificate did not sign the list")


def _is_signed(found: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    try:
        return found.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except TypeError:  # a key that signs nothing
        return False


def _signs_lists(issuer: x509.Certificate) -> bool:
    """§6.3.3 (f): an issuer that says what its key is for says so."""
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _check_scope(found: x509.CertificateRevocationList, url: str) -> None:
    """§5.2: what is critical must be understood, and no list may be taken for more than it is."""
    for one in found.extensions:
        if isinstance(one.value, x509.IssuingDistributionPoint):
            if not _is_of_all(one.value, url):
                raise DerFault("a list of a part")
        elif one.critical:  # a delta (§5.2.4) says so like this, too
            raise DerFault("a list with a meaning of its own")


def _is_of_all(said: x509.IssuingDistributionPoint, url: str) -> bool:
    """§5.2.5, §6.3.3 (b): of all that names `url` as where its list is."""
    part = (
        said.only_contains_user_certs
        or said.only_contains_ca_certs
        or said.only_contains_attribute_certs
        or said.only_some_reasons
        or said.indirect_crl
        or said.relative_name
    )
    named = said.full_name is None or x509.UniformResourceIdentifier(url) in said.full_name
    return named and not part
