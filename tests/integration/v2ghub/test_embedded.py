"""The embedded engines keep what they acknowledged, however their processes end."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis.asyncio

from v2ghub import folders
from v2ghub.embedded import EmbeddedPostgres, EmbeddedValkey, Engine, running
from v2ghub.errors import HubError

pytestmark = pytest.mark.integration


@contextmanager
def killable(engine: Engine) -> Iterator[subprocess.Popen[bytes]]:
    """An engine whose process the test may kill; nothing is stopped in order."""
    engine.prepare()
    process = subprocess.Popen(
        engine.command(), env=engine.environment(), cwd="/", user=engine.user,
        group=folders.group_of(engine.user), extra_groups=folders.no_groups(engine.user),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        asyncio.run(engine.wait_ready(60, lambda: process.poll() is not None))
        yield process
    finally:
        process.kill()
        process.wait()


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


async def query(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def test_postgres_keeps_what_was_committed_over_kill_9(tmp_path: Path) -> None:
    engine = EmbeddedPostgres(tmp_path / "postgres")
    with killable(engine):
        asyncio.run(query(engine.url, "CREATE TABLE told (n int)"))
        asyncio.run(query(engine.url, "INSERT INTO told SELECT generate_series(1, 1000)"))
    with running(engine):
        assert asyncio.run(query(engine.url, "SELECT count(*) FROM told")) == 1000
        assert asyncio.run(query(engine.url, "SHOW synchronous_commit")) == "on"


def test_postgres_comes_back_over_backends_that_outlive_their_postmaster(tmp_path: Path) -> None:
    engine = EmbeddedPostgres(tmp_path / "postgres")
    with killable(engine) as process:
        children = psutil.Process(process.pid).children()
        orphan = next(child for child in children if "checkpointer" in " ".join(child.cmdline()))
        os.kill(orphan.pid, signal.SIGSTOP)  # holds the shared memory and notices nothing
    assert alive(orphan)
    assert (engine.data_dir / "postmaster.pid").exists()
    with running(engine):
        assert asyncio.run(query(engine.url, "SELECT 1")) == 1
    assert not alive(orphan)


def test_a_living_postgres_is_not_taken_for_a_leftover(tmp_path: Path) -> None:
    engine = EmbeddedPostgres(tmp_path / "postgres")
    with running(engine) as pid, pytest.raises(HubError, match=rf"\(pid {pid}\) already runs"):
        engine.prepare()


def test_a_half_made_cluster_does_not_count(tmp_path: Path) -> None:
    engine = EmbeddedPostgres(tmp_path / "postgres")
    half = tmp_path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    with running(engine):
        assert asyncio.run(query(engine.url, "SELECT current_database()")) == "v2ghub"


@pytest.mark.parametrize("make", [EmbeddedPostgres, EmbeddedValkey])
def test_a_deep_state_folder_gets_a_short_private_socket(
    tmp_path: Path, make: type[EmbeddedPostgres] | type[EmbeddedValkey]
) -> None:
    deep = tmp_path / ("deep-" * 12) / ("deeper-" * 12)
    engine = make(deep / "data")
    with running(engine):
        assert len(os.fsencode(engine.socket_dir)) < 100
        assert engine.socket_dir.stat().st_mode & 0o077 == 0


def test_neither_engine_listens_on_a_port(tmp_path: Path) -> None:
    with (
        running(EmbeddedPostgres(tmp_path / "postgres")) as postgres_pid,
        running(EmbeddedValkey(tmp_path / "valkey")) as valkey_pid,
    ):
        for pid in (postgres_pid, valkey_pid):
            assert psutil.Process(pid).net_connections("inet") == []


def test_postgres_does_not_run_as_root(tmp_path: Path) -> None:
    with running(EmbeddedPostgres(tmp_path / "postgres")) as pid:
        assert psutil.Process(pid).uids().effective != 0


async def _set(url: str, key: str) -> None:
    client = redis.asyncio.Redis.from_url(url)
    await client.set(key, "1")
    await client.aclose()


async def _has(url: str, key: str) -> bool:
    client = redis.asyncio.Redis.from_url(url)
    try:
        return bool(await client.exists(key))
    finally:
        await client.aclose()


def test_valkey_keeps_all_but_the_last_second_over_kill_9(tmp_path: Path) -> None:
    engine = EmbeddedValkey(tmp_path / "valkey")
    with killable(engine):
        asyncio.run(_set(engine.url, "hint"))
        time.sleep(1.5)  # the promise itself: what is older than a second is on disk
    with running(engine):
        assert asyncio.run(_has(engine.url, "hint"))
