"""Certificates for tests, in a folder of the test's own."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponderEncoding, OCSPResponseBuilder
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from csms.clock import wall_now
from csms.domain.certificates import CertificateHash
from csms.domain.ocsp import named_by

TLS12_SUITE = "ECDHE-ECDSA-AES128-GCM-SHA256"
CURVES = {"ec": ec.SECP256R1(), "p384": ec.SECP384R1(), "k1": ec.SECP256K1()}
AUTHORITY = x509.BasicConstraints(ca=True, path_length=None)
CLIENT = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
LOCAL = x509.SubjectAlternativeName(
    [x509.IPAddress(IPv4Address("127.0.0.1")), x509.DNSName("localhost")]
)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    """One for all: they take long."""
    return rsa.generate_private_key(65537, bits)


def new_key(kind: str = "ec") -> Key:
    """ "ec", "p384", "k1" or "rsa:<bits>"."""
    if kind.startswith("rsa:"):
        return rsa_key(int(kind[4:]))
    return ec.generate_private_key(CURVES[kind])


def name_of(common_name: str, organization: str = "Acme") -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def write_key(file: Path, key: Key) -> None:
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def signing_request(
    folder: Path, common_name: str, organization: str = "Acme", key: str = "ec"
) -> str:
    """A CSR in PEM that asks for too much; its key lies beside it as `<common_name>.key`."""
    made = new_key(key)
    write_key(folder / f"{common_name}.key", made)
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(name_of(common_name, organization))
        .add_extension(AUTHORITY, critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("somebody.else")]), critical=False)
    )
    return request.sign(made, SHA256()).public_bytes(Encoding.PEM).decode()


@dataclass(frozen=True)
class Root:
    """A root of trust with its key."""

    folder: Path
    name: str

    @property
    def certificate(self) -> Path:
        return self.folder / f"{self.name}.pem"

    @property
    def key(self) -> Path:
        return self.folder / f"{self.name}.key"

    @property
    def issuer(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.certificate.read_bytes())

    @property
    def signer(self) -> ec.EllipticCurvePrivateKey:
        found = load_pem_private_key(self.key.read_bytes(), None)
        assert isinstance(found, ec.EllipticCurvePrivateKey)
        return found

    def sign(self, csr: str, *extensions: x509.ExtensionType) -> str:
        """The certificate in PEM, with these extensions and none of those that were asked for."""
        asked = x509.load_pem_x509_csr(csr.encode())
        return signed(
            asked.subject, asked.public_key(), self.issuer.subject, self.signer, extensions
        )

    def server(self, name: str = "server", key: str = "ec") -> tuple[Path, Path]:
        """A server certificate for 127.0.0.1, and its key."""
        return self._leaf(name, signing_request(self.folder, name, key=key), LOCAL)

    def client(self, common_name: str, organization: str = "Acme") -> tuple[Path, Path]:
        """A station's certificate, and its key."""
        csr = signing_request(self.folder, common_name, organization)
        return self._leaf(common_name, csr, CLIENT)

    def authority(self, name: str, extension: x509.ExtensionType = AUTHORITY) -> "Root":
        """One below this one; what else it is than an authority, `extension` says."""
        made = Root(self.folder, name)
        made.certificate.write_text(self.sign(signing_request(self.folder, name), extension))
        return made

    def _leaf(self, name: str, csr: str, extension: x509.ExtensionType) -> tuple[Path, Path]:
        made = self.folder / f"{name}.pem"
        made.write_text(self.sign(csr, extension))
        return made, self.folder / f"{name}.key"


def signed(
    subject: x509.Name,
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    issuer: x509.Name,
    signer: ec.EllipticCurvePrivateKey,
    extensions: Sequence[x509.ExtensionType],
) -> str:
    """A certificate in PEM, good for two days."""
    now = wall_now()
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    for one in extensions:
        made = made.add_extension(one, critical=isinstance(one, x509.BasicConstraints))
    return made.sign(signer, SHA256()).public_bytes(Encoding.PEM).decode()


def ocsp_answer(
    asked: CertificateHash,
    by: Root,
    state: OCSPCertStatus = OCSPCertStatus.GOOD,
    *,
    shown: Sequence[Root] = (),
    at: datetime | None = None,
    until: datetime | None = None,
    extension: x509.ExtensionType | None = None,
) -> bytes:
    """An OCSPResponse that `by` signed, with the certificates of `shown`; it holds since `at`."""
    at = at or wall_now()
    name, key, serial, algorithm = named_by(asked)
    made = (
        OCSPResponseBuilder()
        .add_response_by_hash(
            name,
            key,
            serial,
            algorithm,
            state,
            this_update=at,
            next_update=until,
            revocation_time=at if state is OCSPCertStatus.REVOKED else None,
            revocation_reason=None,
        )
        .responder_id(OCSPResponderEncoding.HASH, by.issuer)
    )
    if shown:
        made = made.certificates([one.issuer for one in shown])
    if extension is not None:
        made = made.add_extension(extension, critical=False)
    return made.sign(by.signer, SHA256()).public_bytes(Encoding.DER)


def revocation_list(
    by: Root,
    *serial_numbers: int,
    at: datetime | None = None,
    until: datetime | None = None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    digest: HashAlgorithm | None = None,
    reason: x509.ReasonFlags | None = None,
) -> bytes:
    """A CRL in DER that `by` signed, with these extensions (each critical or not), since `at`."""
    at = at or wall_now() - timedelta(minutes=1)
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(by.issuer.subject)
        .last_update(at)
        .next_update(until or at + timedelta(days=1))
    )
    for one in serial_numbers:
        entry = x509.RevokedCertificateBuilder().serial_number(one).revocation_date(at)
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        made = made.add_revoked_certificate(entry.build())
    for extension, critical in extensions:
        made = made.add_extension(extension, critical)
    return made.sign(by.signer, digest or SHA256()).public_bytes(Encoding.DER)


def hash_data(named: CertificateHash) -> dict[str, str]:
    """CertificateHashDataType."""
    return {
        "hashAlgorithm": named.hash_algorithm,
        "issuerNameHash": named.issuer_name_hash,
        "issuerKeyHash": named.issuer_key_hash,
        "serialNumber": named.serial_number,
    }


def root(folder: Path, name: str = "root") -> Root:
    """A new root."""
    made, key = Root(folder, name), ec.generate_private_key(ec.SECP256R1())
    write_key(made.key, key)
    named = name_of(name)
    made.certificate.write_text(signed(named, key.public_key(), named, key, [AUTHORITY]))
    return made


def client_context(
    trusted: Path, shown: tuple[Path, Path] | None = None, ciphers: str | None = None
) -> ssl.SSLContext:
    """How a station comes."""
    context = ssl.create_default_context(cafile=str(trusted))
    if shown is not None:
        context.load_cert_chain(*shown)
    if ciphers is not None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
    return context
