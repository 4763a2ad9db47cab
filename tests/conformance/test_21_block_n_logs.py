"""Block N01 of OCPP 2.1: logs. The station uploads with the user and password of the URL, over real
HTTP and HTTPS."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.bus import Bus
from csms.clock import Clock
from tests import pki
from tests.conformance.conftest import Bench, until
from tests.conformance.test_block_n_logs import ask, status_is, tells
from tests.integration.csms.conftest import SECRET
from web.main import make_app
from web.roles import Role
from web.settings import WebSettings
from web.store.accounts import create_token

pytestmark = pytest.mark.integration


@asynccontextmanager
async def serving(
    database_url: str, redis_url: str, engine: AsyncEngine, folder: Path, scheme: str
) -> AsyncIterator[httpx.AsyncClient]:
    """An operator's client of a web process that listens."""
    certificate, key = pki.root(folder).server()
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"{scheme}://127.0.0.1:{listening.getsockname()[1]}"
    settings = WebSettings(
        database_url=database_url,
        redis_url=redis_url,
        secret=SecretStr(SECRET),
        state_dir=folder,
        static_dir=folder,
        public_url=url,
    )
    files = {"ssl_certfile": certificate, "ssl_keyfile": key} if scheme == "https" else {}
    app = make_app(settings, engine, Clock(), Bus(redis_url))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, **files))  # type: ignore[arg-type]
    running = asyncio.create_task(server.serve([listening]))
    async with engine.begin() as conn:
        token = await create_token(conn, SECRET, folder.name, Role.OPERATOR, ())

    async def started() -> bool:
        return server.started

    await until(started)
    trust = ssl.create_default_context(cafile=str(folder / "root.pem"))
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", headers=headers, verify=trust) as client:
        yield client
    server.should_exit = True
    await running


async def uploaded(bench21: Bench, web: httpx.AsyncClient, folder: Path) -> None:
    """Refused without the password or with another one, taken with it, once."""
    station = await bench21.station()
    asked = await ask(web, station, "DiagnosticsLog")
    told = await station.expect("GetLog", {"status": "Accepted", "filename": "log.tar.gz"})
    location = told["log"]["remoteLocation"]
    where = urlsplit(location)
    assert (where.scheme, where.port) == (web.base_url.scheme, web.base_url.port)
    assert where.username == "log"
    assert where.password is not None
    assert (where.query, where.fragment) == ("", "")  # N01.FR.27, .28
    assert where.password not in where.path
    bare = where._replace(netloc=f"127.0.0.1:{where.port}").geturl()
    await tells(station, asked["request_id"], "Uploading")
    trust = ssl.create_default_context(cafile=str(folder / "root.pem"))
    async with httpx.AsyncClient(verify=trust) as anybody:
        refused = await anybody.put(bare, content=b"a log")
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Basic")
        wrong = await anybody.put(bare, content=b"a log", auth=(where.username, "guessed"))
        assert wrong.status_code == 404
        assert (await anybody.put(location, content=b"a log")).status_code == 201
        assert (await anybody.put(location, content=b"again")).status_code == 404
    await tells(station, asked["request_id"], "Uploaded")
    await status_is(web, asked, "Uploaded")
    assert (await web.get(f"/logs/{asked['upload_id']}/file")).content == b"a log"


async def test_tc21_n_102_csms_a_log_is_uploaded_with_a_password(
    bench21: Bench, database_url: str, redis_url: str, engine: AsyncEngine, tmp_path: Path
) -> None:
    async with serving(database_url, redis_url, engine, tmp_path, "http") as web:
        await uploaded(bench21, web, tmp_path)


async def test_tc21_n_102_2_csms_a_log_is_uploaded_with_a_password_over_tls(
    bench21: Bench, database_url: str, redis_url: str, engine: AsyncEngine, tmp_path: Path
) -> None:
    async with serving(database_url, redis_url, engine, tmp_path, "https") as web:
        await uploaded(bench21, web, tmp_path)
