"""A csms that listens with TLS, with certificates made for the test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import Clock
from csms.main import build
from tests import pki
from tests.conformance.conftest import Bench
from tests.conformance.station import ScriptedStation, connected
from tests.integration.csms.conftest import Hub, settings_for


@dataclass
class TlsBench(Bench):
    """A bench whose stations may come by any line; `roots` are the roots of the test."""

    folder: Path = Path()
    tls_url: str = ""
    legacy_url: str | None = None

    async def join(
        self,
        url: str,
        identity: tuple[str, str],
        context: Any = None,
        *,
        booted: bool = False,
    ) -> ScriptedStation:
        """A station that comes to `url`; `context` is its side of TLS. Raises what it meets."""
        station = await self.stack.enter_async_context(
            connected(url, *identity, self.version, ssl=context)
        )
        if booted:
            await station.boot()
        return station


@asynccontextmanager
async def tls_bench(
    database_url: str, redis_url: str, engine: AsyncEngine, folder: Path, **more: Any
) -> AsyncIterator[TlsBench]:
    """Plain and TLS listeners; the server's root is `root.pem` in `folder`."""
    root = pki.root(folder)
    certificate, key = root.server()
    settings = settings_for(
        database_url,
        redis_url,
        **{
            "csms_name": "csms-tls",  # the module's own csms runs beside it
            "state_dir": folder / "state",
            "ocpp_tls_port": 0,
            "ocpp_tls_cert": str(certificate),
            "ocpp_tls_key": str(key),
            **more,
        },
    )
    stopping, listening = asyncio.Event(), asyncio.get_running_loop().create_future()
    async with AsyncExitStack() as stack:
        csms = await build(settings, Clock(), stack)
        serving = asyncio.create_task(csms.serve(stopping, listening.set_result))
        await asyncio.wait([serving, listening], return_when=asyncio.FIRST_COMPLETED)
        ports = csms.server.ports
        hub = Hub(csms, engine, f"ws://127.0.0.1:{ports[0]}")
        try:
            async with AsyncExitStack() as stations:
                yield TlsBench(
                    hub,
                    stations,
                    folder=folder,
                    tls_url=f"wss://127.0.0.1:{ports[1]}",
                    legacy_url=f"wss://127.0.0.1:{ports[2]}" if len(ports) > 2 else None,
                )
        finally:
            stopping.set()
            await serving
