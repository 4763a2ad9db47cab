"""Revocation lists (CRL, RFC 5280 §5): what one says of a certificate known by its hashes.

A list counts if the issuer of the certificate signed it and if it is of now. Whoever is on it is
revoked, be it of a part (§5.2.5) or a delta (§5.2.4); who is not is good only if it covers all that
the issuer issued (or all that names this distribution point): the fault names what it leaves out.
A delta is read on its complete list. Lists that one authority makes for others are faults.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from cryptography import x509

from csms.domain.certificates import CertificateHash, DerFault
from csms.domain.ocsp import CLOCKS_DIFFER, FAULTS, LEAST_DIGEST_BYTES, OLDEST, is_issuer

PEM: Final = b"-----BEGIN"

_Ext = TypeVar("_Ext", bound=x509.ExtensionType)


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
    with _read():
        found = _checked(_loaded(told), asked, issuers, now)
        entry = _entry(found, asked)
        if not _revokes(entry) and (part := _part(found, url)):
            raise DerFault(part)
        return ListAnswer("revoked" if _revokes(entry) else "good", _until(found))


def read_delta(
    told: bytes,
    base: bytes,
    asked: CertificateHash,
    issuers: Iterable[x509.Certificate],
    now: datetime,
) -> ListAnswer:
    """What the delta `told` makes of the complete list `base` (§5.2.4), of which `read_list` has
    said that it counts. Raises DerFault: it is no delta, or not on this list."""
    with _read():
        complete = _loaded(base)
        found = _checked(_loaded(told), asked, issuers, now)
        _check_pair(found, complete)
        entry = _entry(found, asked)
        listed = _revokes(_entry(complete, asked)) if entry is None else _revokes(entry)
        until = min(_until(found), _until(complete))
        return ListAnswer("revoked" if listed else "good", until)


def deltas_of(told: bytes) -> tuple[str, ...]:
    """Where the deltas of a list are that can be read (FreshestCRL, §5.2.6)."""
    points = _value(_loaded(told), x509.FreshestCRL) or ()
    names = [name for point in points for name in point.full_name or ()]
    return tuple(one.value for one in names if isinstance(one, x509.UniformResourceIdentifier))


@contextmanager
def _read() -> Iterator[None]:
    try:
        yield
    except DerFault:
        raise
    except FAULTS as fault:
        raise DerFault("not a revocation list") from fault


def _loaded(told: bytes) -> x509.CertificateRevocationList:
    load = x509.load_pem_x509_crl if told.startswith(PEM) else x509.load_der_x509_crl
    return load(told)


def _checked(
    found: x509.CertificateRevocationList,
    asked: CertificateHash,
    issuers: Iterable[x509.Certificate],
    now: datetime,
) -> x509.CertificateRevocationList:
    """A list whose entries count; what it leaves out may say nothing."""
    _check_time(found, _until(found), now)
    _check_signature(found, asked, issuers)
    for one in found.extensions:  # §5.2: what is critical must be understood
        if one.critical and not isinstance(one.value, _UNDERSTOOD):
            raise DerFault(f"a list with a meaning of its own ({one.oid.dotted_string})")
    said = _value(found, x509.IssuingDistributionPoint)
    if said is not None and said.indirect_crl:  # its entries may be of others (§5.3.3)
        raise DerFault("a list of several issuers (indirectCRL)")
    return found


def _until(found: x509.CertificateRevocationList) -> datetime:
    return found.next_update_utc or found.last_update_utc + OLDEST


def _entry(
    found: x509.CertificateRevocationList, asked: CertificateHash
) -> x509.RevokedCertificate | None:
    return found.get_revoked_certificate_by_serial_number(int(asked.serial_number, 16))


def _revokes(entry: x509.RevokedCertificate | None) -> bool:
    """Only a delta takes one back (§5.3.1, removeFromCRL)."""
    if entry is None:
        return False
    for one in entry.extensions:
        if isinstance(one.value, x509.CRLReason):
            return one.value.reason is not x509.ReasonFlags.remove_from_crl
    return True


def _value(found: x509.CertificateRevocationList, kind: type[_Ext]) -> _Ext | None:
    for one in found.extensions:
        if isinstance(one.value, kind):
            return one.value
    return None


def _check_pair(
    delta: x509.CertificateRevocationList, base: x509.CertificateRevocationList
) -> None:
    """§6.3.3 (c): one scope, and no list between them is missing."""
    since = _value(delta, x509.DeltaCRLIndicator)
    number, newer = _value(base, x509.CRLNumber), _value(delta, x509.CRLNumber)
    if since is None or number is None or newer is None:
        raise DerFault("no delta, or lists without a number")
    points = [_value(one, x509.IssuingDistributionPoint) for one in (delta, base)]
    if points[0] != points[1] or delta.issuer != base.issuer:
        raise DerFault("a delta of another scope")
    if not since.crl_number <= number.crl_number <= newer.crl_number:
        raise DerFault("a delta on another list")


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


def _part(found: x509.CertificateRevocationList, url: str) -> str | None:
    """Of which part the list is (§5.2.4, §5.2.5, §6.3.3 (b)), in the standard's names; None: of
    all, or of all that names `url` as where its list is."""
    if _value(found, x509.DeltaCRLIndicator) is not None:
        return "a list of changes alone (deltaCRLIndicator)"
    said = _value(found, x509.IssuingDistributionPoint)
    if said is None:
        return None
    for name in _PARTS:
        if getattr(said, _PARTS[name]):
            return f"a list of a part ({name})"
    if said.full_name is not None and x509.UniformResourceIdentifier(url) not in said.full_name:
        return "a list of a part (distributionPoint)"
    return None


_UNDERSTOOD: Final = (x509.IssuingDistributionPoint, x509.DeltaCRLIndicator)
_PARTS: Final = {
    "onlyContainsUserCerts": "only_contains_user_certs",
    "onlyContainsCACerts": "only_contains_ca_certs",
    "onlyContainsAttributeCerts": "only_contains_attribute_certs",
    "onlySomeReasons": "only_some_reasons",
    "nameRelativeToCRLIssuer": "relative_name",
}
