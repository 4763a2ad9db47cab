"""A contract authority and its OCSP responder, with certificates made by the openssl command."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from csms.domain.certificates import certificate_hash, read_chain
from tests.conformance.station import Payload

YEARS = "991231235959Z"


@dataclass
class ContractAuthority:
    """Root, contracts and responder; `asked` counts the OCSP requests that came."""

    folder: Path
    port: int = 0
    asked: int = 0
    _serials: int = field(default=16)
    _index: list[str] = field(default_factory=list)

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
        run(
            self.folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", "root.key", "-out", "root.pem", "-days", "3650",
            "-subj", "/CN=Contract Root/O=Tests",
        )  # fmt: skip

    def contract(self, emaid: str, *, revoked: bool = False) -> str:
        """A contract's certificate in PEM, good or revoked."""
        self._serials += 1
        (self.folder / "leaf.ext").write_text(f"authorityInfoAccess=OCSP;URI:{self.url}\n")
        run(
            self.folder, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", f"/CN={emaid}/O=Tests",
        )  # fmt: skip
        run(
            self.folder, "x509", "-req", "-in", "leaf.csr", "-CA", "root.pem", "-CAkey", "root.key",
            "-set_serial", str(self._serials), "-days", "365", "-extfile", "leaf.ext",
            "-out", "leaf.pem",
        )  # fmt: skip
        state = f"R\t{YEARS}\t250101000000Z" if revoked else f"V\t{YEARS}\t"
        self._index.append(f"{state}\t{self._serials:02X}\tunknown\t/CN={emaid}\n")
        (self.folder / "index.txt").write_text("".join(self._index))
        return (self.folder / "leaf.pem").read_text()

    def hash_data(self, pem: str) -> list[Payload]:
        """OCSPRequestDataType of a contract."""
        (leaf,), (root,) = read_chain(pem), read_chain(self.root.read_text())
        named = certificate_hash(leaf, root)
        return [
            {
                "hashAlgorithm": named.hash_algorithm,
                "issuerNameHash": named.issuer_name_hash,
                "issuerKeyHash": named.issuer_key_hash,
                "serialNumber": named.serial_number,
                "responderURL": self.url,
            }
        ]

    def respond(self, request: bytes) -> bytes:
        """The OCSPResponse of the openssl command."""
        self.asked += 1
        (self.folder / "request.der").write_bytes(request)
        run(
            self.folder, "ocsp", "-index", "index.txt", "-CA", "root.pem", "-rsigner", "root.pem",
            "-rkey", "root.key", "-reqin", "request.der", "-respout", "response.der", "-ndays", "1",
        )  # fmt: skip
        return (self.folder / "response.der").read_bytes()


def run(folder: Path, *arguments: str) -> None:
    """The openssl command in `folder`."""
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


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
