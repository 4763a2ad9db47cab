"""Revocation lists over HTTP: from whom, how much, how often."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from csms.clock import wall_now
from csms.domain.certificates import CertificateHash, DerFault, certificate_hash, read_chain
from csms.handlers.ports_security import AuthorityUnavailable
from csms.pki.http import MOST_LIST_BYTES, Revocations
from csms.pki.lists import LONGEST_KEPT
from csms.pki.local import LocalAuthority
from tests import pki

pytestmark = pytest.mark.integration


@dataclass
class Publisher:
    """Lists behind a socket: what lies at a path is sent after its head; `gate` shut, later."""

    port: int = 0
    lying: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def lay(self, path: str, told: bytes, status: str = "200 OK", head: str = "") -> None:
        self.lying[path] = (f"HTTP/1.1 {status}\r\nConnection: close\r\n{head}\r\n", told)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        self.asked.append(path)
        self.came.set()
        await self.gate.wait()
        head, told = self.lying[path]
        writer.write(head.encode() + told)
        writer.close()


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    made = Publisher()
    made.gate.set()
    async with await asyncio.start_server(made.serve, "127.0.0.1", 0) as server:
        made.port = server.sockets[0].getsockname()[1]
        yield made


@pytest.fixture
def issuer(tmp_path: Path) -> pki.Root:
    return pki.root(tmp_path, "issuer")


@pytest.fixture
def asked(issuer: pki.Root) -> CertificateHash:
    (root,) = read_chain(issuer.certificate.read_text())
    return certificate_hash(root, root)


@pytest.fixture
def revocations(issuer: pki.Root) -> Revocations:
    async def nothing(_: str) -> None:
        return None

    authority = LocalAuthority(issuer.folder / "pki", nothing)
    return Revocations(authority, frozenset({"127.0.0.1"}), (issuer.certificate,))


async def test_m07_fr_04_a_list_is_fetched_once_while_it_holds(
    publisher: Publisher, revocations: Revocations, issuer: pki.Root, asked: CertificateHash
) -> None:
    publisher.lay("/ca.crl", pki.revocation_list(issuer, int(asked.serial_number, 16)))
    publisher.gate.clear()  # all ask before it comes
    asking = [
        asyncio.ensure_future(revocations.look_up(asked, publisher.url("/ca.crl")))
        for _ in range(3)
    ]
    await publisher.came.wait()
    asking.pop(0).cancel()  # who gives up takes it from nobody
    publisher.gate.set()
    told = [
        *await asyncio.gather(*asking),
        await revocations.look_up(asked, publisher.url("/ca.crl")),
    ]
    assert [one.state for one in told] == ["revoked"] * 3
    assert publisher.asked == ["/ca.crl"]


@pytest.mark.parametrize(
    ("holds", "later", "times"),
    [
        (timedelta(hours=2), timedelta(hours=1), 1),
        (timedelta(hours=2), timedelta(hours=2), 2),
        (timedelta(days=90), LONGEST_KEPT - timedelta(hours=1), 1),
        (timedelta(days=90), LONGEST_KEPT, 2),  # ISO 15118-20: no longer, whatever it says
    ],
)
async def test_it_is_fetched_again_when_the_next_one_is_due(
    publisher: Publisher,
    revocations: Revocations,
    issuer: pki.Root,
    asked: CertificateHash,
    monkeypatch: pytest.MonkeyPatch,
    holds: timedelta,
    later: timedelta,
    times: int,
) -> None:
    at = wall_now().replace(microsecond=0)
    publisher.lay("/ca.crl", pki.revocation_list(issuer, at=at, until=at + holds))
    monkeypatch.setattr("csms.pki.lists.wall_now", lambda: at)
    assert (await revocations.look_up(asked, publisher.url("/ca.crl"))).until == at + holds
    monkeypatch.setattr("csms.pki.lists.wall_now", lambda: at + later)
    assert (await revocations.look_up(asked, publisher.url("/ca.crl"))).state == "good"
    assert len(publisher.asked) == times


async def test_a_list_that_does_not_count_is_not_kept(
    publisher: Publisher, revocations: Revocations, issuer: pki.Root, asked: CertificateHash
) -> None:
    forger = issuer.folder / "forger"
    forger.mkdir()
    publisher.lay("/ca.crl", pki.revocation_list(pki.root(forger, "issuer")))
    with pytest.raises(DerFault, match="did not sign"):
        await revocations.look_up(asked, publisher.url("/ca.crl"))
    publisher.lay("/ca.crl", pki.revocation_list(issuer))
    assert (await revocations.look_up(asked, publisher.url("/ca.crl"))).state == "good"


@pytest.mark.parametrize(
    ("status", "head", "told"),
    [
        ("302 Found", "Location: /other.crl\r\n", b""),
        ("404 Not Found", "", b""),
        ("200 OK", "", bytes(MOST_LIST_BYTES + 1)),
        ("200 OK", "Content-Length: 9\r\n", b"short"),
    ],
)
async def test_what_is_no_list_to_take_is_not_available(
    publisher: Publisher,
    revocations: Revocations,
    asked: CertificateHash,
    status: str,
    head: str,
    told: bytes,
) -> None:
    publisher.lay("/ca.crl", told, status, head)
    with pytest.raises(AuthorityUnavailable):
        await revocations.look_up(asked, publisher.url("/ca.crl"))
    assert publisher.asked == ["/ca.crl"]


@pytest.mark.parametrize("url", ["http://localhost/ca.crl", "ftp://127.0.0.1/ca.crl", "http://[x"])
async def test_only_hosts_of_the_settings_are_asked(
    revocations: Revocations, asked: CertificateHash, url: str
) -> None:
    with pytest.raises(AuthorityUnavailable, match="not one of ours"):
        await revocations.look_up(asked, url)


async def test_a_publisher_that_hangs_is_left(
    publisher: Publisher,
    revocations: Revocations,
    asked: CertificateHash,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("csms.pki.http.LIMIT_S", 0.05)
    publisher.gate.clear()
    with pytest.raises(AuthorityUnavailable, match="Time"):
        await revocations.look_up(asked, publisher.url("/ca.crl"))
    publisher.lay("/ca.crl", b"")
    publisher.gate.set()


async def test_5_2_6_the_newest_changes_of_a_list_count_and_a_list_counts_without_them(
    publisher: Publisher, revocations: Revocations, issuer: pki.Root, asked: CertificateHash
) -> None:
    there = x509.UniformResourceIdentifier(publisher.url("/delta.crl"))
    freshest = x509.FreshestCRL([x509.DistributionPoint([there], None, None, None)])
    numbered = [(x509.CRLNumber(7), False), (freshest, False)]
    publisher.lay("/ca.crl", pki.revocation_list(issuer, extensions=numbered))
    publisher.lay("/delta.crl", b"", status="404 Not Found")
    url = publisher.url("/ca.crl")
    assert (await revocations.look_up(asked, url)).state == "good"
    since = [(x509.CRLNumber(8), False), (x509.DeltaCRLIndicator(7), True)]
    serial_number = int(asked.serial_number, 16)
    publisher.lay("/delta.crl", pki.revocation_list(issuer, serial_number, extensions=since))
    for _ in range(2):
        assert (await revocations.look_up(asked, url)).state == "revoked"
    assert publisher.asked == ["/ca.crl", "/delta.crl", "/delta.crl"]
