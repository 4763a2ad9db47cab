"""OCSP (RFC 6960): the request for one certificate known by its hashes, and what an answer says.

A station asks with hashes and a responder's URL (M06); who is asked, and how, is the shell's. An
answer counts if the issuer of the certificate signed it, or whom it delegated, and if it is of
now; any other is a fault, whatever it says. A request has no nonce: one answer serves all who ask.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, Hash, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from csms.domain.certificates import HASHES, UNREADABLE, CertificateHash, DerFault

CLOCKS_DIFFER: Final = timedelta(minutes=5)
OLDEST: Final = timedelta(days=1)
"""Of an answer that does not say until when it holds: newer ones are always there (§4.2.2.1)."""
LEAST_DIGEST_BYTES: Final = 32
FAULTS: Final = (*UNREADABLE, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)


@dataclass(frozen=True, slots=True)
class OcspAnswer:
    """`state` of the certificate we asked for: "good", "revoked" or "unknown"; `response` is the
    DER that says so, and it holds until `until`."""

    state: str
    response: bytes
    until: datetime


def named_by(asked: CertificateHash) -> tuple[bytes, bytes, int, HashAlgorithm]:
    """CertID (§4.1.1): the hashes of the issuer's name and key, the serial number, the algorithm.

    Raises DerFault for hashes that are none.
    """
    try:
        algorithm = HASHES[asked.hash_algorithm]
        name, key = bytes.fromhex(asked.issuer_name_hash), bytes.fromhex(asked.issuer_key_hash)
        serial = int(asked.serial_number, 16)
    except (ValueError, KeyError) as fault:
        raise DerFault("not hashes") from fault
    if serial < 0 or {len(name), len(key)} != {algorithm.digest_size}:
        raise DerFault("not hashes")
    return name, key, serial, algorithm


def request_for(asked: CertificateHash) -> bytes:
    """The DER of an unsigned OCSPRequest (§4.1.1). Raises DerFault for hashes that are none."""
    request = ocsp.OCSPRequestBuilder().add_certificate_by_hash(*named_by(asked)).build()
    return request.public_bytes(Encoding.DER)


def is_issuer(certificate: x509.Certificate, asked: CertificateHash) -> bool:
    """Are its name and its key those that issued `asked`? Raises DerFault."""
    *ours, _, algorithm = named_by(asked)
    return _hashes(certificate, algorithm) == tuple(ours)


def read_answer(
    response: bytes, asked: CertificateHash, issuers: Iterable[x509.Certificate], now: datetime
) -> OcspAnswer:
    """What a responder says of `asked`. Its issuer is one of `issuers`, or comes with the answer:
    the hashes tell which. Raises DerFault: an error, not about it, not of now, or not of the
    issuer (§3.2)."""
    try:
        told = ocsp.load_der_ocsp_response(response)
        said = _about(told, asked)
        until = said.next_update_utc or said.this_update_utc + OLDEST
        _check_time(said, until, now)
        _check_signature(told, asked, issuers, now)
        return OcspAnswer(said.certificate_status.name.lower(), response, until)
    except DerFault:
        raise
    except FAULTS as fault:
        raise DerFault("not an OCSP response") from fault


def _about(told: ocsp.OCSPResponse, asked: CertificateHash) -> ocsp.OCSPSingleResponse:
    if told.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise DerFault("the responder did not answer")
    ours = named_by(asked)[:3]
    for one in told.responses:
        if (one.issuer_name_hash, one.issuer_key_hash, one.serial_number) == ours:
            return one
    raise DerFault("the answer is about something else")


def _check_time(said: ocsp.OCSPSingleResponse, until: datetime, now: datetime) -> None:
    if not said.this_update_utc - CLOCKS_DIFFER <= now <= until + CLOCKS_DIFFER:
        raise DerFault("the answer is not of now")


def _check_signature(
    told: ocsp.OCSPResponse,
    asked: CertificateHash,
    issuers: Iterable[x509.Certificate],
    now: datetime,
) -> None:
    known = (*issuers, *told.certificates)
    issuer = next((one for one in known if is_issuer(one, asked)), None)
    if issuer is None:
        raise DerFault("we do not know who issued the certificate")
    if not any(_signed(told, signer) for signer in _signers(told, issuer, now)):
        raise DerFault("neither the issuer signed it nor whom it delegated")


def _signers(
    told: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime
) -> Iterator[x509.Certificate]:
    """Who may have signed (§4.2.2.2), of those whom the answer names: the issuer, and those whom it
    certified for this. Whether a delegate was revoked, nobody is asked."""
    if _is_named(told, issuer):
        yield issuer
    for one in told.certificates:
        of_now = one.not_valid_before_utc <= now <= one.not_valid_after_utc
        if of_now and _is_named(told, one) and _is_delegate(one, issuer):
            yield one


def _is_named(told: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    if told.responder_name is not None:
        return told.responder_name == signer.subject
    _, key_hash = _hashes(signer, SHA1())
    return told.responder_key_hash == key_hash


def _is_delegate(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in usage.value


def _signed(told: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    try:
        _verifier(signer, told)(told.signature, told.tbs_response_bytes)
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _verifier(signer: x509.Certificate, told: ocsp.OCSPResponse) -> Callable[[bytes, bytes], None]:
    key, digest = signer.public_key(), told.signature_hash_algorithm
    if digest is not None and digest.digest_size < LEAST_DIGEST_BYTES:
        raise UnsupportedAlgorithm("a hash that can be forged")
    match key:
        case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey():
            return key.verify
        case ec.EllipticCurvePublicKey() if digest is not None:
            return lambda signature, data: key.verify(signature, data, ec.ECDSA(digest))
        case rsa.RSAPublicKey() if digest is not None:
            return lambda signature, data: key.verify(signature, data, padding.PKCS1v15(), digest)
    raise UnsupportedAlgorithm("no signature that we can check")


def _hashes(certificate: x509.Certificate, algorithm: HashAlgorithm) -> tuple[bytes, bytes]:
    """Of its name and of its key, as an issuer is named (§4.1.1)."""
    name = Hash(algorithm)
    name.update(certificate.subject.public_bytes())
    whole = (certificate, certificate)
    named = ocsp.OCSPRequestBuilder().add_certificate(*whole, algorithm).build()
    return name.finalize(), named.issuer_key_hash
