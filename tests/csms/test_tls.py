"""TLS contexts: what they accept, and that a running listener takes new certificates."""

import asyncio
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
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context)
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
    context = server_context(files)
    kept = Certificates(files, [context])
    client = pki.client_context(root.certificate)
    async with listening(context) as port:
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
