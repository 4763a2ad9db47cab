"""The authority of our own: its keys, what it signs, and what it says of that."""

import asyncio
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from csms.clock import wall_now
from csms.domain.certificates import CertificateUse, CsrRefusal, certificate_hash, read_chain
from csms.handlers.ports_security import AuthorityUnavailable
from csms.pki.http import Revocations
from csms.pki.local import STATION, V2G, CertificateState, LocalAuthority
from tests import pki

pytestmark = pytest.mark.integration


@pytest.fixture
def states() -> dict[str, CertificateState]:
    return {}


@pytest.fixture
def authority(tmp_path: Path, states: dict[str, CertificateState]) -> LocalAuthority:
    async def state(serial_number: str) -> CertificateState | None:
        return states.get(serial_number)

    return LocalAuthority(tmp_path / "pki", state, organization="Acme")


async def test_keys_are_made_once_and_nobody_else_may_read_them(authority: LocalAuthority) -> None:
    twin = LocalAuthority(authority.folder, authority.states)  # another process on this machine
    roots = await asyncio.gather(*(one.root(STATION) for one in (authority, twin) * 3))
    assert len({path.read_bytes() for path in roots}) == 1
    assert stat.S_IMODE((roots[0].parent / "key.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(authority.folder.stat().st_mode) == 0o700
    assert [path.name for path in authority.folder.iterdir()] == [STATION]


async def test_a_station_whose_clock_is_slow_takes_what_we_sign(
    authority: LocalAuthority, tmp_path: Path
) -> None:
    issued = await authority.issue(pki.signing_request(tmp_path, "cs-1"), None)
    assert not isinstance(issued, CsrRefusal)
    pems = [issued.chain, (await authority.root(STATION)).read_text()]
    hour_ago = wall_now() - timedelta(hours=1)
    assert all(read_chain(pem)[0].not_before <= hour_ago for pem in pems)
    assert issued.not_after > wall_now() + timedelta(days=authority.days - 1)


async def test_a_root_is_on_the_disk_before_it_is_anybodys(
    authority: LocalAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, bool]] = []

    def fsync(descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
        synced.append((name, (authority.folder / STATION).exists()))

    monkeypatch.setattr("csms.pki.local.os.fsync", fsync)
    await authority.root(STATION)
    (key, certificate, scratch, folder) = synced
    assert (key, certificate) == (("key.pem", False), ("certificate.pem", False))
    assert scratch[0].startswith(f".{STATION}-")
    assert not scratch[1]
    assert folder == (authority.folder.name, True)


async def test_a_forged_request_is_not_signed(authority: LocalAuthority, tmp_path: Path) -> None:
    good, other = (pki.signing_request(tmp_path, name) for name in ("cs-1", "cs-2"))
    assert await authority.proves_its_key(good)
    lines, others = good.splitlines(), other.splitlines()
    forged = "\n".join([*others[:-3], *lines[-3:]]) + "\n"  # the signature of another one
    assert not await authority.proves_its_key(forged)
    assert await authority.issue(forged, None) is CsrRefusal.WRONG_SIGNATURE


async def test_the_roots_are_apart(authority: LocalAuthority, tmp_path: Path) -> None:
    csr = pki.signing_request(tmp_path, "cs-1")
    v2g = await authority.issue(csr, CertificateUse.V2G)
    assert not isinstance(v2g, CsrRefusal)
    (station_root,) = read_chain((await authority.root(STATION)).read_text())
    (v2g_root,) = read_chain((await authority.root(V2G)).read_text())
    assert read_chain(v2g.chain)[0].issuer == v2g_root.subject != station_root.subject


@pytest.mark.parametrize("revoked", [False, True])
async def test_ocsp_knows_what_was_issued_and_taken_back(
    authority: LocalAuthority, states: dict[str, CertificateState], tmp_path: Path, revoked: bool
) -> None:
    issued = await authority.issue(pki.signing_request(tmp_path, "cs-1"), CertificateUse.V2G)
    assert not isinstance(issued, CsrRefusal)
    (root,) = read_chain((await authority.root(V2G)).read_text())
    named = certificate_hash(read_chain(issued.chain)[0], root)
    responders = Revocations(authority)
    never_issued = await responders.ask(named, "http://anywhere/")
    assert never_issued.state == "unknown"
    states[issued.serial_number] = CertificateState(wall_now() if revoked else None)
    told = await responders.ask(named, "http://anywhere/")
    assert told.state == ("revoked" if revoked else "good")


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/", "file:///etc/passwd", "nonsense", "http://[x"]
)
async def test_a_station_cannot_make_us_ask_whom_it_likes(
    authority: LocalAuthority, tmp_path: Path, url: str
) -> None:
    (other,) = read_chain(pki.root(tmp_path, "other").certificate.read_text())
    responders = Revocations(authority, frozenset({"ocsp.example"}))
    with pytest.raises(AuthorityUnavailable, match="not one of ours"):
        await responders.ask(certificate_hash(other, other), url)


async def test_without_a_place_for_its_keys_it_is_not_available(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    async def nothing(_: str) -> None:
        return None

    with pytest.raises(AuthorityUnavailable):
        await LocalAuthority(tmp_path / "file" / "pki", nothing).root(STATION)
