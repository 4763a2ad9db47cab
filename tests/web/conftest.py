from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest
import structlog
import structlog.testing
from argon2 import PasswordHasher
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.bus import Bus
from csms.clock import fast_clock
from tests.web.seed import NOON, clear, seed
from web import credentials
from web.main import make_app
from web.roles import Role, Scope
from web.settings import WebSettings
from web.store.accounts import create_token, create_user

PEPPER = "a pepper of more than thirty-two characters"
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def no_bugs() -> Iterator[None]:
    """A request that ends in a bug fails its test, whatever the test looked at."""
    before, told = structlog.get_config()["processors"], structlog.testing.LogCapture()
    structlog.configure(processors=[structlog.processors.format_exc_info, told])
    yield
    structlog.configure(processors=before)
    bugs = [entry for entry in told.entries if entry["log_level"] == "error"]
    assert not bugs, bugs[0].get("exception", bugs[0])


@pytest.fixture(scope="module", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Argon2id at its cheapest: hundreds of people log in here, and none is attacked."""
    with pytest.MonkeyPatch.context() as patched:
        cheapest = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patched.setattr(credentials, "HASHER", cheapest)
        yield


@pytest.fixture
def settings(
    database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> WebSettings:
    return WebSettings(
        database_url=database_url,
        redis_url=redis_url,
        secret=SecretStr(PEPPER),
        static_dir=tmp_path_factory.mktemp("static"),
        stream_interval_s=0.05,
    )


@pytest.fixture
async def app(settings: WebSettings, engine: AsyncEngine) -> AsyncIterator[FastAPI]:
    """The application over a small hub; its clock stands at noon and runs as fast as ours."""
    await clear(engine)
    await seed(engine)
    made = make_app(settings, engine, fast_clock(1.0, NOON), Bus(settings.redis_url))
    async with made.router.lifespan_context(made):
        yield made


@dataclass(frozen=True)
class People:
    """Clients by who they are: each a browser or a program of its own."""

    app: FastAPI
    engine: AsyncEngine
    open_clients: AsyncExitStack

    async def nobody(self) -> httpx.AsyncClient:
        """Without credentials."""
        transport = httpx.ASGITransport(self.app)
        client = httpx.AsyncClient(transport=transport, base_url="http://hub/api/v1")
        return await self.open_clients.enter_async_context(client)

    async def user(self, role: Role, name: str | None = None) -> httpx.AsyncClient:
        """A person who has logged in, with the CSRF header set."""
        name = name or role.value
        async with self.engine.begin() as conn:
            await create_user(conn, name, PASSWORD, role)
        client = await self.nobody()
        answer = await client.post("/session", json={"username": name, "password": PASSWORD})
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return client

    async def token(
        self,
        name: str,
        role: Role,
        *scopes: Scope,
        site_ids: tuple[str, ...] = (),
        vehicle_ids: tuple[str, ...] = (),
    ) -> httpx.AsyncClient:
        """A program with an API token."""
        async with self.engine.begin() as conn:
            token = await create_token(conn, PEPPER, name, role, scopes, site_ids, vehicle_ids)
        client = await self.nobody()
        client.headers["Authorization"] = f"Bearer {token}"
        return client


@pytest.fixture
async def people(app: FastAPI, engine: AsyncEngine) -> AsyncIterator[People]:
    async with AsyncExitStack() as clients:
        yield People(app, engine, clients)


@pytest.fixture
async def viewer(people: People) -> httpx.AsyncClient:
    return await people.user(Role.VIEWER)


@pytest.fixture
async def operator(people: People) -> httpx.AsyncClient:
    return await people.user(Role.OPERATOR)


@pytest.fixture
async def grid(people: People) -> httpx.AsyncClient:
    """A grid operator's token: scope `signals`, nothing else."""
    return await people.token("grid", Role.VIEWER, Scope.SIGNALS)


def key(value: str | None = None) -> dict[str, str]:
    """The header of a wish: a new one, or one that is told again."""
    return {"Idempotency-Key": value or str(uuid4())}


Problem = Callable[[httpx.Response, int], dict[str, object]]


@pytest.fixture
def problem() -> Problem:
    """Checks that an answer is problem+json of a status, and returns it."""

    def check(answer: httpx.Response, status: int) -> dict[str, object]:
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        body: dict[str, object] = answer.json()
        assert body["status"] == status
        assert str(body["type"]).startswith("urn:v2ghub:problem:")
        assert body["title"]
        assert body["detail"]
        return body

    return check


@pytest.fixture
async def admin(people: People) -> httpx.AsyncClient:
    return await people.user(Role.ADMIN)


@pytest.fixture
async def second(people: People) -> httpx.AsyncClient:
    """Another administrator."""
    return await people.user(Role.ADMIN, "second")


async def ask(
    client: httpx.AsyncClient, action: str, payload: object, idempotency_key: str | None = None
) -> httpx.Response:
    """Ask for what takes two administrators."""
    wish = {"action": action, "payload": payload, "reason": "the rota asks for it"}
    return await client.post("/approvals", json=wish, headers=key(idempotency_key))


async def approve(client: httpx.AsyncClient, asked: httpx.Response) -> httpx.Response:
    """Approve what was asked, as it was asked."""
    wish = asked.json()
    body = {"payload_hash": wish["payload_hash"]}
    return await client.post(f"/approvals/{wish['approval_id']}/approve", json=body)
