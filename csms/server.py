"""The OCPP listener: from a TCP connection to a Connection that is the station's only one."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from csms.clock import monotonic_s
from csms.domain.ids import ChargingStationId
from csms.gate import Gate, Refusal
from csms.lobby import BACKLOG, Lobby, StationSocket
from csms.ocppj.codecs import SUBPROTOCOLS
from csms.reception import Reception
from csms.settings import CsmsSettings
from csms.tls import Certificates, Listener, line_of

log = structlog.get_logger(__name__)

DRAIN_S: Final = 2.0
GOODBYE_S: Final = 3.0
HANDSHAKE_S: Final = 10.0


@dataclass(slots=True)
class OcppServer:
    """Listens, admits stations, and keeps one connection per station: the newest."""

    settings: CsmsSettings
    gate: Gate
    reception: Reception
    lobby: Lobby = field(default_factory=Lobby)
    listeners: Sequence[Listener] = ()
    certificates: Certificates | None = None
    _servers: list[Server] = field(default_factory=list)

    @property
    def port(self) -> int:
        """Where it listens first; of use when the settings say 0."""
        return self.ports[0]

    @property
    def ports(self) -> list[int]:
        """Where it listens: the plain line if there is one, then those with TLS."""
        return [next(iter(one.sockets)).getsockname()[1] for one in self._servers]

    async def open(self) -> None:
        """Start to listen."""
        for one in self.listeners:
            self._servers.append(await self._listen(one))
            log.info("listening", host=one.host, port=self.ports[-1], tls=one.tls is not None)

    async def _listen(self, listener: Listener) -> Server:
        return await serve(
            self._serve_station,
            listener.host,
            listener.port,
            ssl=listener.tls,
            process_request=self._admit,
            select_subprotocol=choose_subprotocol,
            compression=None,
            open_timeout=HANDSHAKE_S,  # of TLS likewise
            max_size=self.settings.max_frame_bytes,
            ping_interval=None,  # the lobby's keep_alive does it
            close_timeout=GOODBYE_S,
            server_header=None,
            create_connection=self.lobby.socket,  # type: ignore[arg-type]
            reuse_port=self.settings.ocpp_port_shared,
            backlog=BACKLOG,
        )

    async def close(self) -> None:
        """Stop listening, answer what was read, and say goodbye to all stations (1001)."""
        self.reception.is_open = False
        for server in self._servers:
            server.close(close_connections=False)
        goodbye = (CloseCode.GOING_AWAY, "restarting", DRAIN_S)
        await asyncio.gather(*(one.drain(*goodbye) for one in self.reception.registry.all()))
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await self._closed()
        for socket in list(self.lobby.sockets):
            socket.transport.abort()
        await self._closed()

    async def keep_certificates(self) -> None:
        """Take new certificates, for ever."""
        if self.certificates is not None:
            await self.certificates.watch()

    async def _closed(self) -> None:
        await asyncio.gather(*(server.wait_closed() for server in self._servers))

    async def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        """At the gate: None lets the handshake go on."""
        if self.lobby.at_the_gate >= self.lobby.handshakes:
            return _refusal(Refusal.UNAVAILABLE)
        self.lobby.at_the_gate += 1
        try:
            return await self._judge(socket, request)
        finally:
            self.lobby.at_the_gate -= 1

    async def _judge(self, socket: ServerConnection, request: Request) -> Response | None:
        address = str(socket.remote_address[0]) if socket.remote_address else ""
        authorization = request.headers.get_all("Authorization")
        admitted = await self.gate.admit(
            address,
            request.path,
            authorization[0] if authorization else None,
            monotonic_s(),
            line_of(socket.transport),
        )
        if isinstance(admitted, Refusal):
            return _refusal(admitted)
        socket.username = admitted
        return None

    async def _serve_station(self, socket: ServerConnection) -> None:
        assert isinstance(socket, StationSocket)  # the lobby made it
        station_id = ChargingStationId(socket.username)
        if socket.subprotocol is None:
            spoken = ", ".join(SUBPROTOCOLS)
            await socket.close(CloseCode.PROTOCOL_ERROR, f"this server speaks {spoken}")
            return
        version = SUBPROTOCOLS[socket.subprotocol.lower()]
        await self.reception.serve(socket, station_id, version)


def choose_subprotocol(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """The newest of ours, as the station spells it; None completes the handshake without (part 4
    §3.3)."""
    spelled = {one.lower(): one for one in offered}
    return next((spelled[ours] for ours in SUBPROTOCOLS if ours in spelled), None)


def _refusal(refusal: Refusal) -> Response:
    status: HTTPStatus = refusal.value
    headers = Headers({"Content-Length": "0", "Connection": "close"})
    if refusal is Refusal.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Basic realm="ocpp", charset="UTF-8"'
    elif refusal is not Refusal.PROFILE_TOO_LOW:
        headers["Retry-After"] = "5"
    return Response(status.value, status.phrase, headers)
