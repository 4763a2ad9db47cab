"""A payment provider over real HTTP: it keeps what it was asked, and answers as it is told to."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

SETTLED = {"status": "settled", "receipt_id": "r-1", "receipt_url": "https://pay.example/r-1"}


@dataclass
class Provider:
    """`answers` by reference: status code and body; others are settled. `asked`: key and wish."""

    url: str = ""
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    authorization: str | None = None

    def of(self, reference: str) -> list[tuple[str, dict[str, Any]]]:
        """What it was asked about one payment."""
        return [one for one in self.asked if one[1]["reference"] == reference]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        assert head.startswith("POST /settle ")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        wish = json.loads(await reader.readexactly(int(headers["content-length"])))
        self.asked.append((headers["idempotency-key"], wish))
        self.authorization = headers.get("authorization")
        status, body = self.answers.get(wish["reference"], (200, SETTLED))
        told = body if isinstance(body, bytes) else json.dumps(body).encode()
        writer.write(b"HTTP/1.1 %d Said\r\nContent-Type: application/json\r\n" % status)
        writer.write(b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(told) + told)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def provider() -> AsyncIterator[Provider]:
    """It answers on a port of its own until the block ends."""
    made = Provider()
    server = await asyncio.start_server(made._serve, "127.0.0.1", 0)
    async with server:
        made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/settle"
        yield made
