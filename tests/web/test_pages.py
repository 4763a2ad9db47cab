"""The console's files, and what every answer tells a browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from csms.bus import Bus
from csms.clock import Clock
from csms.store.engine import make_engine
from web.main import make_app
from web.settings import WebSettings


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    (tmp_path / "secret.txt").write_text("not for you")
    url = "postgresql://nobody@127.0.0.1:1/none"
    settings = WebSettings(
        database_url=url, redis_url="redis://127.0.0.1:1/0", secret=SecretStr("x" * 32),
        static_dir=tmp_path / "static",
    )  # fmt: skip
    app = make_app(settings, make_engine(url), Clock(), Bus(settings.redis_url))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as made:
        yield made


@pytest.fixture
def built(tmp_path: Path) -> Path:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html><title>console</title>")
    (static / "assets" / "index-4f2a.js").write_text("export {}")
    return static


async def test_without_a_build_the_page_says_how_to_make_one(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    assert answer.status_code == 503
    assert "make console" in answer.text


@pytest.mark.usefixtures("built")
async def test_the_app_answers_for_each_path_that_it_routes_itself(
    client: httpx.AsyncClient,
) -> None:
    for path in ("/", "/chargers", "/chargers/ev36-v2g-01"):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache"), path
        assert "<title>console</title>" in answer.text


@pytest.mark.usefixtures("built")
async def test_hashed_assets_are_kept_for_ever_and_missing_ones_are_missing(
    client: httpx.AsyncClient,
) -> None:
    asset = await client.get("/assets/index-4f2a.js")
    assert (asset.status_code, asset.text) == (200, "export {}")
    assert "immutable" in asset.headers["Cache-Control"]
    gone = await client.get("/assets/index-0000.js")
    assert gone.status_code == 404
    assert "immutable" not in gone.headers.get("Cache-Control", "")


@pytest.mark.usefixtures("built")
async def test_the_api_is_never_answered_by_the_app(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/nothing", "/api", "/api/v2/sites", "/health/what"):
        answer = await client.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.usefixtures("built")
async def test_nothing_outside_the_folder_is_served(client: httpx.AsyncClient) -> None:
    for path in ("/../secret.txt", "/..%2fsecret.txt", "/assets/..%2f..%2fsecret.txt"):
        answer = await client.get(path)
        assert "not for you" not in answer.text, path


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("path", ["/", "/assets/index-4f2a.js", "/api/v1/nothing", "/health/live"])
async def test_every_answer_carries_the_security_headers(
    client: httpx.AsyncClient, path: str
) -> None:
    headers = (await client.get(path)).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    if path.startswith(("/api", "/health")):
        assert headers["Cache-Control"] == "no-store"


async def test_a_body_that_is_too_large_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/session", content=b"{" + b" " * 1_100_000)
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:v2ghub:problem:too-large"


async def test_a_bug_is_a_500_that_can_be_found_in_the_log(tmp_path: Path) -> None:
    import structlog.testing

    url = "postgresql://nobody@127.0.0.1:1/none"
    settings = WebSettings(
        database_url=url, redis_url="redis://127.0.0.1:1/0", secret=SecretStr("x" * 32)
    )
    app = make_app(settings, make_engine(url), Clock(), Bus(settings.redis_url))

    async def bug() -> None:
        raise RuntimeError("a secret detail")

    app.router.add_api_route("/api/v1/bug", bug)
    app.router.routes.insert(0, app.router.routes.pop())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        with structlog.testing.capture_logs() as logs:
            answer = await client.get("/api/v1/bug")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert [entry["instance"] for entry in logs] == [answer.json()["instance"]]
