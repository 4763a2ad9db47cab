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
from csms.connection import Connection, Services
from csms.domain.errors import StationUnknown, StoreUnavailable
from csms.domain.facts import Noticed
from csms.domain.ids import ChargingStationId
from csms.gate import Gate, Refusal
from csms.handlers.ports import Journal
from csms.limiter import Limiter
from csms.lobby import BACKLOG, Lobby, StationSocket
from csms.ocppj.codecs import SUBPROTOCOLS
from csms.presence import Presence
from csms.registry import Registry
from csms.settings import CsmsSettings
from csms.store.transactions import PostgresTransactions
from csms.tls import Certificates, Listener, line_of

log = structlog.get_logger(__name__)

DRAIN_S: Final = 2.0
GOODBYE_S: Final = 3.0
HANDSHAKE_S: Final = 10.0


@dataclass(slots=True)
class OcppServer:
    """Listens, admits stations, and keeps one connection per station: the newest."""

    settings: CsmsSettings
    presence: Presence
    gate: Gate
    registry: Registry
    transactions: PostgresTransactions
    journal: Journal
    services: Services
    lobby: Lobby = field(default_factory=Lobby)
    _contested: Limiter = field(default_factory=lambda: Limiter(burst=3, per_s=3 / 60))
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
        for server in self._servers:
            server.close(close_connections=False)
        goodbye = (CloseCode.GOING_AWAY, "restarting", DRAIN_S)
        await asyncio.gather(*(one.drain(*goodbye) for one in self.registry.all()))
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
        try:
            epoch = await self.presence.came(station_id, version)
        except StoreUnavailable:
            await socket.close(CloseCode.TRY_AGAIN_LATER, "try again later")
            return
        except StationUnknown:
            await socket.close(CloseCode.POLICY_VIOLATION, "no such station")
            return
        connection = Connection(socket, station_id, epoch, version, self.services)
        if not await self._take_over(station_id, epoch):
            await socket.close(CloseCode.POLICY_VIOLATION, "a newer connection was faster")
            return
        self.transactions.forget(station_id)
        self.registry.add(connection)
        log.info("station connected", station_id=station_id, epoch=epoch)
        try:
            if not all(server.is_serving() for server in self._servers):
                await socket.close(CloseCode.GOING_AWAY, "restarting")
            await connection.run()
        finally:
            self.registry.remove(connection)
            await asyncio.shield(self._disconnected(connection, socket))

    async def _take_over(self, station_id: ChargingStationId, epoch: int) -> bool:
        """Stop the older connection; False if there is a newer one already.

        The newest authenticated socket wins at once: waiting for a ping of the old one would only
        keep the true station out. The closing handshake is the ping (see `_disconnected`).
        """
        while (other := self.registry.get(station_id)) is not None:
            if other.epoch > epoch:
                return False
            await other.close(CloseCode.POLICY_VIOLATION, "taken over by a newer connection")
            self.registry.remove(other)
        return True

    async def _disconnected(self, connection: Connection, socket: ServerConnection) -> None:
        """Record the end; two live devices with one identity are worth a notice, and an alarm if
        they take the connection from each other again and again."""
        station_id, now = connection.station_id, self.services.clock.now()
        log.info("station gone", station_id=station_id, epoch=connection.epoch)
        with suppress(StoreUnavailable):
            was_newest = await self.presence.went(station_id, connection.epoch)
            if not was_newest and socket.protocol.close_rcvd is not None:
                is_new = self._contested.allows(station_id, monotonic_s())
                self._contested.charge(station_id, monotonic_s())
                notice = Noticed(
                    station_id=station_id,
                    kind="ConnectionTakenOver",
                    at=now,
                    received_at=now,
                    severity="warning" if is_new else "critical",
                    payload={"epoch": connection.epoch, "old_connection_was_alive": True},
                )
                await self.journal.commit([notice])


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
