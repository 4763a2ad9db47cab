"""TLS of the OCPP listener (A00: profiles 2 and 3), and how its certificates change while it runs.

TLS 1.2 or above with ephemeral keys; the suites with RSA key exchange that the standard also names
(A00.FR.421) have no forward secrecy and live on a listener of their own, if anybody asks for it.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog

from csms.domain.security import SecurityProfile

log = structlog.get_logger(__name__)

MODERN: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
LEGACY: Final = "AES128-GCM-SHA256:AES256-GCM-SHA384"
LOOK_EVERY_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class PeerCertificate:
    """What a station's certificate says, once TLS has verified its path."""

    common_names: tuple[str, ...]
    organizations: tuple[str, ...]
    serial_number: str


@dataclass(frozen=True, slots=True)
class Line:
    """How a connection came: `certificate` is the station's, if it showed one."""

    encrypted: bool = False
    certificate: PeerCertificate | None = None

    @property
    def profile(self) -> SecurityProfile:
        """The security profile that it is."""
        if self.certificate is not None:
            return SecurityProfile.CLIENT_CERTIFICATE
        return SecurityProfile.TLS if self.encrypted else SecurityProfile.BASIC


PLAIN: Final = Line()


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Our certificates with their keys (one per kind of key), and the roots of stations'."""

    certificates: tuple[Path, ...]
    keys: tuple[Path, ...]
    client_roots: tuple[Path, ...] = ()

    def load(self, context: ssl.SSLContext) -> None:
        """Raises OSError (ssl.SSLError is one) if any of them is not good."""
        for certificate, key in zip(self.certificates, self.keys, strict=True):
            context.load_cert_chain(certificate, key)
        for root in self.client_roots:
            context.load_verify_locations(root)

    def stamps(self) -> list[tuple[int, int]]:
        """What changes when a file does."""
        found = [path.stat() for path in (*self.certificates, *self.keys, *self.client_roots)]
        return [(one.st_mtime_ns, one.st_ino) for one in found]


def server_context(files: TlsFiles, *, legacy: bool = False) -> ssl.SSLContext:
    """A context for a listener. Raises OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{MODERN}:{LEGACY}" if legacy else MODERN)
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_COMPRESSION
    context.options |= ssl.OP_NO_RENEGOTIATION
    if files.client_roots:
        # Not required: a station of profile 2 comes with its password, and the gate knows who must
        # come with a certificate.
        context.verify_mode = ssl.CERT_OPTIONAL
        # A session taken up again is not verified anew. Without tickets it is the context's own to
        # remember, and what it remembers ends with it (`_Newest`).
        context.num_tickets = 0
        context.options |= ssl.OP_NO_TICKET
    files.load(context)
    return context


@dataclass(frozen=True, slots=True)
class Listener:
    """Where we listen; `tls` None: a plain line."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None


def line_of(transport: Any) -> Line:
    """How this connection came."""
    socket = transport.get_extra_info("ssl_object")
    if socket is None:
        return PLAIN
    return Line(encrypted=True, certificate=_peer(socket.getpeercert()))


def _peer(told: Any) -> PeerCertificate | None:
    if not told:
        return None
    names = [pair for relative in told.get("subject", ()) for pair in relative]
    return PeerCertificate(
        common_names=tuple(value for kind, value in names if kind == "commonName"),
        organizations=tuple(value for kind, value in names if kind == "organizationName"),
        serial_number=str(told.get("serialNumber", "")).lower(),
    )


class _Newest(ssl.SSLContext):
    """What a listener holds: each handshake begins in the newest context. To change it later, when
    a name was told, would be too late: a session of TLS 1.2 is looked up before."""

    def __new__(cls, newest: Callable[[], ssl.SSLContext]) -> "_Newest":
        made = super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)
        made.newest = newest
        return made

    newest: Callable[[], ssl.SSLContext]

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        """As asyncio and uvloop begin each handshake."""
        return self.newest().wrap_bio(*args, **options)


@dataclass(slots=True)
class Certificates:
    """The contexts of the listeners, new ones when a file has changed: each handshake takes the
    newest, so what was taken out of a file (a root of stations') counts no longer.
    """

    files: TlsFiles
    _stamps: list[tuple[int, int]] = field(default_factory=list)
    _newest: dict[bool, ssl.SSLContext] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._stamps = self.files.stamps()

    def context(self, *, legacy: bool = False) -> ssl.SSLContext:
        """What a listener holds as long as it lives. Raises OSError."""
        self._newest[legacy] = server_context(self.files, legacy=legacy)
        return _Newest(lambda: self._newest[legacy])

    def reload(self) -> bool:
        """Whether something changed and was taken; a half-written pair is not."""
        try:
            stamps = self.files.stamps()
            if stamps == self._stamps:
                return False
            newest = {legacy: server_context(self.files, legacy=legacy) for legacy in self._newest}
        except (OSError, ValueError) as error:
            log.warning("certificates not taken", error=str(error))
            return False
        self._stamps, self._newest = stamps, newest
        log.info("certificates taken")
        return True

    async def watch(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await asyncio.to_thread(self.reload)
