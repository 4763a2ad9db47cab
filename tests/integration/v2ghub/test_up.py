"""`v2ghub up` on a PostgreSQL and a Valkey that it did not start: the platform alone, in order."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests import engines
from v2ghub.state import read_hub_file
from v2ghub.supervisor import read_state

pytestmark = [pytest.mark.e2e, pytest.mark.integration]

READY_WITHIN_S = 150.0


@dataclass(frozen=True)
class Engines:
    """Somebody else's engines."""

    database_url: str
    redis_url: str


@pytest.fixture
def given(databases: engines.Databases, redis_url: str) -> Engines:
    """A database that knows no other state folder yet: its pepper would be another."""
    return Engines(databases.empty(), redis_url)


def free_port() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


@contextmanager
def up(state_dir: Path, given: Engines, *more: str) -> Iterator[dict[str, Any]]:
    """A running platform: what it printed with `--json`. Ctrl-C ends it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("V2GHUB_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "v2ghub", "up", "--site", "depot", "--json", *more],
        env={
            **kept, "V2GHUB_STATE_DIR": str(state_dir), "V2GHUB_OCPP_PORT": free_port(),
            "V2GHUB_WEB_PORT": free_port(), "V2GHUB_DATABASE_URL": given.database_url,
            "V2GHUB_REDIS_URL": given.redis_url,
        },
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        told = json.loads(line)
        assert "console_url" in told, told
        yield told
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 0
    finally:
        process.kill()
        process.wait()


def until(true: Any, within_s: float, what: str) -> None:
    deadline_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.2)


def ready(hub: dict[str, Any]) -> bool:
    try:
        return bool(httpx.get(f"{hub['console_url']}health/ready", timeout=10).is_success)
    except httpx.HTTPError:
        return False


def log_in(hub: dict[str, Any]) -> int:
    credentials = {"username": hub["username"], "password": hub["password"]}
    return httpx.post(f"{hub['api_url']}/session", json=credentials, timeout=20).status_code


@pytest.mark.timeout(400)
def test_the_platform_runs_on_given_engines_and_comes_back_as_it_was(
    tmp_path: Path, given: Engines
) -> None:
    with up(tmp_path, given) as first:
        assert ready(first)
        assert first == read_hub_file(tmp_path)
        assert stat.S_IMODE((tmp_path / "hub.json").stat().st_mode) == 0o600
        assert first["site_ids"] == ["depot"]
        names = {str(row["name"]) for row in read_state(tmp_path)}
        assert names == {
            "csms", "web", "worker", "beat", "controller:depot:1", "controller:depot:2",
        }  # fmt: skip
        assert log_in(first) == 200
        pids = [int(str(row["pid"])) for row in read_state(tmp_path)]

        doctor = subprocess.run(
            [sys.executable, "-m", "v2ghub", "doctor", "--json"],
            env={
                **os.environ, "V2GHUB_STATE_DIR": str(tmp_path),
                "V2GHUB_DATABASE_URL": given.database_url, "V2GHUB_REDIS_URL": given.redis_url,
                "V2GHUB_WEB_PORT": str(httpx.URL(first["api_url"]).port),
                "V2GHUB_OCPP_PORT": str(httpx.URL(first["ocpp_url"]).port),
            },
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert json.loads(doctor.stdout)["ok"], doctor.stdout

    assert not [pid for pid in pids if psutil.pid_exists(pid) and _lives(pid)]
    with up(tmp_path, given) as second:
        kept = ("username", "password", "api_token")
        assert {name: second[name] for name in kept} == {name: first[name] for name in kept}
        assert log_in(second) == 200


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.timeout(400)
def test_every_process_that_is_killed_is_ready_again(tmp_path: Path, given: Engines) -> None:
    with up(tmp_path, given, "--csms", "2", "--workers", "2") as hub:
        killed = {str(row["name"]): int(str(row["pid"])) for row in read_state(tmp_path)}
        assert {name for name in killed if name.startswith("csms")} == {"csms:1", "csms:2"}
        assert {name for name in killed if name.startswith("worker")} == {"worker:1", "worker:2"}
        for pid in killed.values():
            os.kill(pid, signal.SIGKILL)

        def all_back() -> bool:
            rows = read_state(tmp_path)
            return all(
                row["status"] == "running" and row["pid"] != killed[str(row["name"])]
                for row in rows
            )

        until(all_back, READY_WITHIN_S, f"all back: {read_state(tmp_path)}")
        until(lambda: ready(hub), 30, "the platform is ready again")
