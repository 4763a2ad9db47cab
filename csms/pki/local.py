"""An authority of our own: one root for charging stations and one for V2G, under the state dir.

For sites that have no certificate server (A02.FR.04 would rather have one): keys are P-256, made
when first needed, mode 0600. The roots are apart, so that a V2G certificate opens no OCPP line.
"""

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.ocsp import OCSPCertStatus

from csms.clock import wall_now
from csms.domain.certificates import (
    UNREADABLE,
    CertificateHash,
    CertificateUse,
    CsrRefusal,
    load_csr,
    read_chain,
)
from csms.domain.ocsp import is_issuer
from csms.handlers.ports_security import AuthorityUnavailable, IssuedCertificate
from csms.pki.signing import ocsp_response, root_certificate, station_certificate

STATION: Final = "station"
V2G: Final = "v2g"


@dataclass(frozen=True, slots=True)
class CertificateState:
    """What OCSP must know of a certificate that we issued."""

    revoked_at: datetime | None


States = Callable[[str], Awaitable[CertificateState | None]]


@dataclass(slots=True)
class LocalAuthority:
    """Implements `ports_security.CertificateAuthority`; `states` knows what was issued."""

    folder: Path
    states: States
    organization: str | None = None
    days: int = 365
    _making: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def root(self, name: str) -> Path:
        """The PEM of a root, made if it is not there. Raises AuthorityUnavailable."""
        certificate = self.folder / name / "certificate.pem"
        async with self._making:
            if not certificate.exists():
                with _files():
                    await asyncio.to_thread(self._make_root, name)
        return certificate

    async def proves_its_key(self, csr: str) -> bool:
        """Whether the request's own signature is right."""
        return _is_proven(csr)

    async def issue(self, csr: str, use: CertificateUse | None) -> IssuedCertificate | CsrRefusal:
        """Sign with our own extensions. Raises AuthorityUnavailable."""
        if not _is_proven(csr):
            return CsrRefusal.WRONG_SIGNATURE
        root = await self.root(
            V2G if use in (CertificateUse.V2G, CertificateUse.V2G20) else STATION
        )
        chain = station_certificate(load_csr(csr), use, _pair(root), wall_now(), self.days).decode()
        made = read_chain(chain)[0]
        return IssuedCertificate(chain, made.serial_number, made.not_after)

    async def status(self, asked: CertificateHash) -> bytes | None:
        """An OCSPResponse, signed by the root that issued it; None: not one of ours.

        Raises AuthorityUnavailable, DerFault.
        """
        for name in (V2G, STATION):
            issuer = _pair(await self.root(name))
            if is_issuer(issuer[0], asked):
                state = await self.states(asked.serial_number)
                revoked_at = state.revoked_at if state else None
                return ocsp_response(asked, _status(state), revoked_at, issuer, wall_now())
        return None

    def _make_root(self, name: str) -> None:
        """In a folder of its own that is then moved: of two processes, the first one made it."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        scratch = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=self.folder))
        try:
            key = ec.generate_private_key(ec.SECP256R1())
            common_name = f"V2G Hub {name} root {secrets.token_hex(4)}"
            _write(
                scratch / "key.pem",
                key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            )
            _write(
                scratch / "certificate.pem",
                root_certificate(key, self.organization or "V2G Hub", common_name, wall_now()),
            )
            _sync(scratch)
            _publish(scratch, self.folder / name)
            _sync(self.folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def _files() -> Iterator[None]:
    """Raises AuthorityUnavailable for files that cannot be made or read."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise AuthorityUnavailable(str(error)) from error


def _write(path: Path, content: bytes) -> None:
    """On the disk, for us alone: what a root signed outlives a power cut, so must the root."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """The names in it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _publish(scratch: Path, folder: Path) -> None:
    try:
        scratch.rename(folder)
    except OSError:
        if not (folder / "certificate.pem").exists():
            raise


def _pair(root: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A root and its key. Raises AuthorityUnavailable."""
    with _files():
        (certificate,) = read_chain(root.read_text())
        key = load_pem_private_key((root.parent / "key.pem").read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise AuthorityUnavailable("the key of our root is not one that we made")
    return certificate.whole, key


def _status(state: CertificateState | None) -> OCSPCertStatus:
    if state is None:
        return OCSPCertStatus.UNKNOWN
    return OCSPCertStatus.GOOD if state.revoked_at is None else OCSPCertStatus.REVOKED


def _is_proven(csr: str) -> bool:
    try:
        return load_csr(csr).is_signature_valid
    except UNREADABLE:
        return False
