"""An authority of our own: one root for charging stations and one for V2G, under the state dir.

For sites that have no certificate server (A02.FR.04 would rather have one): keys are P-256, made
when first needed, mode 0600. The roots are apart, so that a V2G certificate opens no OCPP line.
"""

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from csms.domain.certificates import (
    CertificateHash,
    CertificateUse,
    CsrRefusal,
    certificate_hash,
    read_chain,
)
from csms.domain.ocsp import request_for
from csms.handlers.ports_security import AuthorityUnavailable, IssuedCertificate
from csms.pki.openssl import OpenSslFailed, openssl

STATION: Final = "station"
V2G: Final = "v2g"
ROOT_DAYS: Final = 3650
ANSWER_DAYS: Final = 7  # a station asks again at least once a week (M06.FR.10)


@dataclass(frozen=True, slots=True)
class CertificateState:
    """What OCSP must know of a certificate that we issued."""

    not_after: datetime
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
        async with self._making:
            certificate = self.folder / name / "certificate.pem"
            if not certificate.exists():
                try:
                    await self._make_root(name)
                except OSError as error:
                    raise AuthorityUnavailable(str(error)) from error
        return certificate

    async def proves_its_key(self, csr: str) -> bool:
        """Whether the request's own signature is right. Raises AuthorityUnavailable."""
        try:
            done = await openssl("req", "-verify", "-noout", told=csr.encode())
        except OpenSslFailed:
            return False
        return b"verify OK" in done.err  # older ones end with 0 either way

    async def issue(self, csr: str, use: CertificateUse | None) -> IssuedCertificate | CsrRefusal:
        """Sign with our own extensions. Raises AuthorityUnavailable."""
        root = await self.root(
            V2G if use in (CertificateUse.V2G, CertificateUse.V2G20) else STATION
        )
        with tempfile.NamedTemporaryFile("w", suffix=".cnf") as extensions:
            extensions.write(_extensions(use))
            extensions.flush()
            try:
                done = await openssl(
                    "x509", "-req", "-sha256", "-days", str(self.days),
                    "-set_serial", hex(secrets.randbits(127) | 1 << 126),
                    "-CA", str(root), "-CAkey", str(root.parent / "key.pem"),
                    "-extfile", extensions.name, told=csr.encode(),
                )  # fmt: skip
            except OpenSslFailed:
                return CsrRefusal.WRONG_SIGNATURE
        chain = done.out.decode()
        made = read_chain(chain)[0]
        return IssuedCertificate(chain, made.serial_number, made.not_after)

    async def status(self, asked: CertificateHash) -> bytes | None:
        """An OCSPResponse, signed by the root that issued it; None: not one of ours.

        Raises AuthorityUnavailable, DerFault.
        """
        for name in (V2G, STATION):
            root = await self.root(name)
            (issuer,) = read_chain(root.read_text())
            ours = certificate_hash(issuer, issuer, asked.hash_algorithm)
            if (ours.issuer_name_hash, ours.issuer_key_hash) == (
                asked.issuer_name_hash.lower(),
                asked.issuer_key_hash.lower(),
            ):
                return await self._respond(root, asked)
        return None

    async def _respond(self, root: Path, asked: CertificateHash) -> bytes:
        state = await self.states(asked.serial_number)
        with tempfile.TemporaryDirectory(prefix="v2ghub-ocsp-") as scratch:
            request, index = Path(scratch) / "request.der", Path(scratch) / "index.txt"
            request.write_bytes(request_for(asked))
            index.write_text("" if state is None else _index_line(asked.serial_number, state))
            response = Path(scratch) / "response.der"
            await openssl(
                "ocsp", "-index", str(index), "-CA", str(root), "-rsigner", str(root),
                "-rkey", str(root.parent / "key.pem"), "-reqin", str(request),
                "-respout", str(response), "-ndays", str(ANSWER_DAYS), "-noverify",
            )  # fmt: skip
            return response.read_bytes()

    async def _make_root(self, name: str) -> None:
        """In a folder of its own that is then moved: of two processes, the first one made it."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        scratch = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=self.folder))
        try:
            organization = _escaped(self.organization or "V2G Hub")
            await openssl(
                "req", "-x509", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-sha256", "-days", str(ROOT_DAYS), "-utf8",
                "-subj", f"/O={organization}/CN=V2G Hub {name} root {secrets.token_hex(4)}",
                "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature",
                "-keyout", str(scratch / "key.pem"), "-out", str(scratch / "certificate.pem"),
            )  # fmt: skip
            _publish(scratch, self.folder / name)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _publish(scratch: Path, folder: Path) -> None:
    (scratch / "key.pem").chmod(0o600)
    try:
        scratch.rename(folder)
    except OSError:
        if not (folder / "certificate.pem").exists():
            raise


def _extensions(use: CertificateUse | None) -> str:
    """None: one certificate for both lines, to us as a client and to vehicles as a server."""
    uses = {
        None: "clientAuth,serverAuth",
        CertificateUse.CHARGING_STATION: "clientAuth",
        CertificateUse.V2G: "serverAuth",
        CertificateUse.V2G20: "serverAuth",
    }
    return (
        "basicConstraints=critical,CA:FALSE\n"
        "keyUsage=critical,digitalSignature,keyAgreement\n"
        f"extendedKeyUsage={uses[use]}\n"
        "subjectKeyIdentifier=hash\n"
        "authorityKeyIdentifier=keyid\n"
    )


def _index_line(serial_number: str, state: CertificateState) -> str:
    """A line of the index that `openssl ca` keeps."""
    revoked = state.revoked_at
    flag, at = ("V", "") if revoked is None else ("R", f"{revoked:%y%m%d%H%M%SZ}")
    serial = serial_number.upper()
    serial = "0" * (len(serial) % 2) + serial
    return f"{flag}\t{state.not_after:%y%m%d%H%M%SZ}\t{at}\t{serial}\tunknown\t/CN=issued\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("/", "\\/").replace("+", "\\+")
