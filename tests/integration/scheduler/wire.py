"""A wire to the test's PostgreSQL that can be frozen or cut, so that an outage is a real one."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import make_url


@dataclass
class Wire:
    """Passes bytes between clients of `url` and the server, while it is whole."""

    url: str
    server_socket: str
    passing: asyncio.Event = field(default_factory=asyncio.Event)
    whole: bool = True
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def freeze(self) -> None:
        """Nothing passes, but nobody is told."""
        self.passing.clear()

    async def cut(self) -> None:
        """Every connection breaks and new ones are dropped."""
        self.whole = False
        for writer in list(self.writers):
            writer.close()

    def restore(self) -> None:
        """As good as new."""
        self.whole = True
        self.passing.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.whole:
            writer.close()
            return
        there = await asyncio.open_unix_connection(self.server_socket)
        self.writers |= {writer, there[1]}
        async with asyncio.TaskGroup() as group:
            group.create_task(self.pump(reader, there[1]))
            group.create_task(self.pump(there[0], writer))

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                await self.passing.wait()
                writer.write(data)
                await writer.drain()
        writer.close()
        self.writers.discard(writer)


@asynccontextmanager
async def wire(database_url: str) -> AsyncIterator[Wire]:
    """A wire to the database of `database_url` (a server on a UNIX socket)."""
    parsed = make_url(database_url)
    port = str(parsed.query.get("port") or parsed.port or 5432)
    name = f".s.PGSQL.{port}"
    with tempfile.TemporaryDirectory(prefix="wire-") as folder:
        url = parsed.update_query_dict({"host": folder}).render_as_string(hide_password=False)
        line = Wire(url, str(Path(str(parsed.query["host"])) / name))
        line.passing.set()
        server = await asyncio.start_unix_server(line.serve, Path(folder) / name)
        try:
            yield line
        finally:
            line.restore()
            await line.cut()
            server.close()
