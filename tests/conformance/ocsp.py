"""A contract authority and its OCSP responder."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from csms.clock import wall_now
from csms.domain.certificates import CertificateHash, certificate_hash, read_chain
from tests import pki
from tests.conformance.station import Payload


@dataclass
class ContractAuthority:
    """Root, contracts and responder; `asked` counts the OCSP requests that came; it answers as
    the issuer of what it is asked about, or as `answers_as`."""

    folder: Path
    port: int = 0
    asked: int = 0
    answers_as: str = ""
    _states: dict[int, ocsp.OCSPCertStatus] = field(default_factory=dict)
    _issuers: dict[int, str] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """Its certificate."""
        return self.folder / "root.pem"

    @property
    def url(self) -> str:
        """Its responder."""
        return f"http://127.0.0.1:{self.port}"

    def make_root(self) -> None:
        """A new key, signed by itself."""
        pki.root(self.folder)

    def contract(self, emaid: str, *, revoked: bool = False, issuer: str = "root") -> str:
        """A contract's certificate in PEM, good or revoked."""
        here = x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(self.url)
        )
        pem = pki.Root(self.folder, issuer).sign(
            pki.signing_request(self.folder, emaid), x509.AuthorityInformationAccess([here])
        )
        serial_number = x509.load_pem_x509_certificate(pem.encode()).serial_number
        self._states[serial_number] = (
            ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD
        )
        self._issuers[serial_number] = issuer
        return pem

    def hash_data(self, pem: str) -> list[Payload]:
        """OCSPRequestDataType of a contract."""
        (leaf,), (root,) = read_chain(pem), read_chain(self.root.read_text())
        return [pki.hash_data(certificate_hash(leaf, root)) | {"responderURL": self.url}]

    def respond(self, request: bytes) -> bytes:
        """What it says of any certificate of its own."""
        self.asked += 1
        told = ocsp.load_der_ocsp_request(request)
        state = self._states.get(told.serial_number, ocsp.OCSPCertStatus.UNKNOWN)
        asked = CertificateHash(
            hash_algorithm="SHA256",
            issuer_name_hash=told.issuer_name_hash.hex(),
            issuer_key_hash=told.issuer_key_hash.hex(),
            serial_number=f"{told.serial_number:x}",
        )
        name = self.answers_as or self._issuers.get(told.serial_number, "root")
        issuer = pki.Root(self.folder, name)
        return pki.ocsp_answer(asked, issuer, state, until=wall_now() + timedelta(days=1))


@asynccontextmanager
async def authority(folder: Path) -> AsyncIterator[ContractAuthority]:
    """It answers on a port of its own until the block ends."""
    made = ContractAuthority(folder)
    made.make_root()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-len")]
        body = await reader.readexactly(int(lengths[0].partition(b":")[2]))
        told = await asyncio.to_thread(made.respond, body)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\n")
        writer.write(b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(told) + told)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        made.port = server.sockets[0].getsockname()[1]
        yield made
