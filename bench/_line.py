"""A station's end of the wire, as cheap as Python allows, so that the load costs little beside the
server: an asyncio protocol that sends text frames, and answers pings by itself."""

import asyncio
import base64
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
NO_MASK = b"\0\0\0\0"  # a client must mask; by zero, that costs nothing


def frame(opcode: int, payload: bytes) -> bytes:
    """A whole client frame."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", opcode, 0x80 | size)
    elif size < 65_536:
        head = struct.pack("!BBH", opcode, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", opcode, 0x80 | 127, size)
    return head + NO_MASK + payload


class Line(asyncio.Protocol):
    """One connection. `heard` is called with each text; `closed` is set when it is gone."""

    def __init__(self, heard: Callable[[bytes], None] = lambda text: None) -> None:
        self.heard = heard
        self.closed = asyncio.Event()
        self._upgraded = asyncio.get_running_loop().create_future()
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._may_write = asyncio.Event()
        self._may_write.set()

    @property
    def alive(self) -> bool:
        return not self.closed.is_set()

    @property
    def is_full(self) -> bool:
        """The other side takes nothing at the moment."""
        return not self._may_write.is_set()

    def send(self, text: bytes) -> None:
        """One text message; lost if the line is closed."""
        assert self._transport is not None
        self._transport.write(frame(TEXT, text))

    async def drain(self) -> None:
        """Wait while the other side takes nothing."""
        await self._may_write.wait()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def upgraded(self, host: str, path: str, login: str) -> None:
        """Shake hands. Raises ConnectionError."""
        assert self._transport is not None
        token = base64.b64encode(login.encode()).decode()
        self._transport.write(
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp2.0.1\r\n"
            f"Authorization: Basic {token}\r\n\r\n".encode()
        )
        await self._upgraded

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()
        self._may_write.set()
        if not self._upgraded.done():
            self._upgraded.set_exception(ConnectionError(str(exc)))

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded.done():
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            self._buffer = rest
            if b" 101 " not in head.partition(b"\r\n")[0]:
                self._upgraded.set_exception(ConnectionError(head[:40].decode()))
                self.close()
                return
            self._upgraded.set_result(None)
        self._read_frames()

    def _read_frames(self) -> None:
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 2:
            opcode, size, start = buffer[at], buffer[at + 1], at + 2
            if size == 126:
                if len(buffer) < start + 2:
                    break
                (size,), start = struct.unpack_from("!H", buffer, start), start + 2
            elif size == 127:
                if len(buffer) < start + 8:
                    break
                (size,), start = struct.unpack_from("!Q", buffer, start), start + 8
            if len(buffer) < start + size:
                break
            payload, at = buffer[start : start + size], start + size
            self._got(opcode, payload)
        self._buffer = buffer[at:]

    def _got(self, opcode: int, payload: bytes) -> None:
        assert self._transport is not None
        if opcode == TEXT:
            self.heard(payload)
        elif opcode == PING:
            self._transport.write(frame(PONG, payload))
        elif opcode == CLOSE:
            self._transport.write(frame(CLOSE, payload[:2]))
            self._transport.close()


async def dial(
    port: int, identity: str, password: str, heard: Callable[[bytes], None] = lambda text: None
) -> Line:
    """A station on the line. Raises OSError if it is not let in within 15 s."""
    loop = asyncio.get_running_loop()
    line: Line | None = None
    try:
        async with asyncio.timeout(15):
            _, line = await loop.create_connection(lambda: Line(heard), "127.0.0.1", port)
            await line.upgraded(f"127.0.0.1:{port}", f"/{identity}", f"{identity}:{password}")
    except (TimeoutError, OSError):
        if line is not None:
            line.close()
        raise
    return line


async def dial_all(
    port: int, logins: list[tuple[str, str]], at_once: int = 200, within_s: float = 120.0
) -> list[Line]:
    """All of them, each again and again until it is let in."""
    turn = asyncio.Semaphore(at_once)

    async def one(identity: str, password: str) -> Line:
        pause_s = 0.2
        while True:
            async with turn:
                with suppress(OSError):
                    return await dial(port, identity, password)
            await asyncio.sleep(pause_s)
            pause_s = min(5.0, 2 * pause_s)

    async with asyncio.timeout(within_s):
        return list(await asyncio.gather(*(one(*login) for login in logins)))
