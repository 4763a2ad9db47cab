"""What our own authority signs: its roots, certificates of stations, and OCSP responses.

Of a request only the name and the key are taken: what a certificate may do is ours to say.
"""

from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from csms.domain.certificates import CertificateHash, CertificateUse
from csms.domain.ocsp import named_by

ROOT_DAYS: Final = 3650
ANSWER_DAYS: Final = 7  # a station asks again at least once a week (M06.FR.10)
SLOW_BY: Final = timedelta(hours=1)
"""A certificate holds since so long ago: who is to take it may have a clock that is slow."""
DIGEST: Final = hashes.SHA256()
USES: Final = {
    None: (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH),
    CertificateUse.CHARGING_STATION: (ExtendedKeyUsageOID.CLIENT_AUTH,),
    CertificateUse.V2G: (ExtendedKeyUsageOID.SERVER_AUTH,),
    CertificateUse.V2G20: (ExtendedKeyUsageOID.SERVER_AUTH,),
}

Key = ec.EllipticCurvePrivateKey


def root_certificate(key: Key, organization: str, common_name: str, now: datetime) -> bytes:
    """The PEM of a root. Raises ValueError for a name that is too long."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
    return _signed(
        _builder(name, key.public_key(), now, ROOT_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True),
        name,
        key,
    )


def station_certificate(
    csr: x509.CertificateSigningRequest,
    use: CertificateUse | None,
    issuer: tuple[x509.Certificate, Key],
    now: datetime,
    days: int,
) -> bytes:
    """The PEM; `use` None: for both lines, to us as a client and to vehicles as a server."""
    root, key = issuer
    return _signed(
        _builder(csr.subject, csr.public_key(), now, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(key_agreement=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage(USES[use]), critical=False),
        root.subject,
        key,
    )


def ocsp_response(
    asked: CertificateHash,
    status: ocsp.OCSPCertStatus,
    revoked_at: datetime | None,
    issuer: tuple[x509.Certificate, Key],
    now: datetime,
) -> bytes:
    """The DER, signed by the issuer itself (RFC 6960 §4.2.2.2). Raises DerFault."""
    root, key = issuer
    return (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            *named_by(asked),
            cert_status=status,
            this_update=now,
            next_update=now + timedelta(days=ANSWER_DAYS),
            revocation_time=revoked_at,
            revocation_reason=None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.NAME, root)
        .certificates([root])
        .sign(key, DIGEST)
        .public_bytes(Encoding.DER)
    )


def _builder(
    subject: x509.Name, key: CertificatePublicKeyTypes, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SLOW_BY)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _signed(builder: x509.CertificateBuilder, issuer: x509.Name, key: Key) -> bytes:
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    made = builder.issuer_name(issuer).add_extension(by, critical=False).sign(key, DIGEST)
    return made.public_bytes(Encoding.PEM)


def _usage(
    *, key_agreement: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=key_agreement,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
