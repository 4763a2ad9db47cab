"""TLS contexts: what they accept, and that a running listener takes new certificates."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from csms.tls import LEGACY, Certificates, TlsFiles, server_context
from tests import pki

pytestmark = pytest.mark.integration


@asynccontextmanager
async def listening(context: ssl.SSLContext) -> AsyncIterator[int]:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"!")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def shown(port: int, context: ssl.SSLContext) -> tuple[bytes, str]:
    """The server's certificate, and the suite that was agreed on."""
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    socket = writer.get_extra_info("ssl_object")
    found = (socket.getpeercert(binary_form=True), socket.cipher()[0])
    writer.close()
    return found


@pytest.fixture
def root(tmp_path: Path) -> pki.Root:
    return pki.root(tmp_path)


@pytest.mark.parametrize("cipher", LEGACY.split(":"))
async def test_rsa_key_exchange_only_where_it_was_asked_for(root: pki.Root, cipher: str) -> None:
    certificate, key = root.server(key="rsa:2048")
    files = TlsFiles((certificate,), (key,))
    client = pki.client_context(root.certificate, ciphers=cipher)
    async with listening(server_context(files)) as port:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await shown(port, client)
    async with listening(server_context(files, legacy=True)) as port:
        assert (await shown(port, client))[1] == cipher


async def test_two_kinds_of_keys_serve_both_kinds_of_suites(root: pki.Root) -> None:
    pairs = [root.server("ec"), root.server("rsa", "rsa:2048")]
    certificates, keys = zip(*pairs, strict=True)
    async with listening(server_context(TlsFiles(certificates, keys))) as port:
        for cipher in ("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"):
            client = pki.client_context(root.certificate, ciphers=cipher)
            assert (await shown(port, client))[1] == cipher


async def test_a_new_certificate_is_shown_without_a_restart(root: pki.Root) -> None:
    certificate, key = root.server()
    files = TlsFiles((certificate,), (key,))
    kept = Certificates(files)
    client = pki.client_context(root.certificate)
    async with listening(kept.context()) as port:
        before, _ = await shown(port, client)
        assert not kept.reload()
        good = key.read_bytes()
        key.write_text("half a key")
        assert not kept.reload()  # a pair that does not fit is left alone
        assert (await shown(port, client))[0] == before
        key.write_bytes(good)
        root.server()  # the same names, another key
        assert kept.reload()
        assert (await shown(port, client))[0] != before


@pytest.mark.parametrize("cipher", [None, pki.TLS12_SUITE])
async def test_a_root_that_was_taken_out_opens_no_line(root: pki.Root, cipher: str | None) -> None:
    """One that stayed does. A session from before cannot be taken up again either."""
    old, stays = (pki.root(root.folder, name) for name in ("old", "stays"))
    roots = root.folder / "roots.pem"
    roots.write_text(old.certificate.read_text() + stays.certificate.read_text())
    certificate, key = root.server()
    kept = Certificates(TlsFiles((certificate,), (key,), (roots,)))
    gone, good = (
        pki.client_context(root.certificate, one.client(name), cipher)
        for one, name in ((old, "cs-1"), (stays, "cs-2"))
    )
    async with listening(kept.context()) as port:
        session = await asyncio.to_thread(greeted, port, gone)
        assert session is not None
        assert await asyncio.to_thread(greeted, port, good)
        roots.write_text(stays.certificate.read_text())
        assert kept.reload()
        for offered in (session, None):
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await asyncio.to_thread(greeted, port, gone, offered)
        assert await asyncio.to_thread(greeted, port, good)


def greeted(
    port: int, context: ssl.SSLContext, session: ssl.SSLSession | None = None
) -> ssl.SSLSession | None:
    """The session, once the server has taken the handshake and said so. Raises what it meets."""
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1", session=session) as line,
    ):
        if line.recv(1) != b"!":
            raise ConnectionError("no greeting")
        return line.session
