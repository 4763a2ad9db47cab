"""A whole hub as a person starts it: `v2ghub demo` in its own folder, on free ports."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 90.0


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def until(true: Callable[[], Any], within_s: float, what: str, every_s: float = 0.2) -> Any:
    """Poll `true` and return its first truthy value; fail with `what` after `within_s`."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        found = true()
        if found:
            return found
        time.sleep(every_s)
    raise AssertionError(f"not within {within_s:.0f} s: {what}")


@dataclass(frozen=True)
class Hub:
    """A running hub and the words to talk to it."""

    state_dir: Path
    process: subprocess.Popen[bytes]
    facts: dict[str, Any]
    api: httpx.Client

    def get(self, path: str, **query: Any) -> Any:
        answer = self.api.get(path, params=query)
        answer.raise_for_status()
        return answer.json()

    def every(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        items: list[dict[str, Any]] = []
        cursor: dict[str, Any] = {}
        while True:
            page = self.get(path, **query, **cursor)
            items += page["items"]
            if not page["next"]:
                return items
            cursor = {"cursor": page["next"]}

    def post(self, path: str, body: dict[str, Any], key: str) -> httpx.Response:
        return self.api.post(path, json=body, headers={"Idempotency-Key": key})

    @property
    def site(self) -> str:
        return str(self.facts["site_ids"][0])

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self.get(f"/sites/{self.site}")["now"])

    def wait_until(self, site_time: datetime, within_s: float = 300) -> None:
        until(lambda: self.now >= site_time, within_s, f"site time {site_time:%H:%M}", 0.5)

    def planned(self) -> set[str]:
        """The transactions that the newest plan knows; none before there is a plan."""
        answer = self.api.get(f"/sites/{self.site}/plan")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return set()
        answer.raise_for_status()
        return {str(evse["transaction_id"]) for evse in answer.json()["evses"]}

    def processes(self) -> dict[str, dict[str, Any]]:
        listed = json.loads((self.state_dir / "processes.json").read_text())
        rows = listed["processes"] if isinstance(listed, dict) and "processes" in listed else listed
        return {row["name"]: row for row in rows}

    def records(self, name: str) -> list[dict[str, Any]]:
        """What the simulated plant or stations wrote down themselves."""
        (path,) = self.state_dir.rglob(f"{name}.jsonl")
        lines = path.read_text().splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]

    def logs(self, last: int = 2000) -> str:
        return "\n".join(
            f"== {path.name}\n{path.read_text()[-last:]}"
            for path in sorted((self.state_dir / "logs").glob("*.log"))
        )


def _environment(state_dir: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("V2GHUB_")}
    return kept | {
        "V2GHUB_STATE_DIR": str(state_dir),
        "V2GHUB_OCPP_PORT": str(free_port()),
        "V2GHUB_WEB_PORT": str(free_port()),
    }


@contextmanager
def running(state_dir: Path, *arguments: str) -> Iterator[Hub]:
    """Start `v2ghub ARGUMENTS`, wait until it is ready, and stop it as Ctrl-C does."""
    state_dir.mkdir(parents=True, exist_ok=True)
    output = (state_dir / "output.log").open("wb")
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("v2ghub")), *arguments],
        env=_environment(state_dir), stdout=output, stderr=subprocess.STDOUT,
        cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    try:
        facts = until(lambda: _ready(process, state_dir), READY_WITHIN_S, "hub ready")
        token = {"Authorization": f"Bearer {facts['api_token']}"}
        with httpx.Client(base_url=facts["api_url"], headers=token, timeout=20) as api:
            yield Hub(state_dir, process, facts, api)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        finally:
            output.close()


def _ready(process: subprocess.Popen[bytes], state_dir: Path) -> dict[str, Any] | None:
    if process.poll() is not None:
        raise AssertionError(f"v2ghub ended:\n{(state_dir / 'output.log').read_text()[-3000:]}")
    try:
        facts: dict[str, Any] = json.loads((state_dir / "hub.json").read_text())
        origin = facts["console_url"].rstrip("/")
        ready = facts["pid"] == process.pid and httpx.get(f"{origin}/health/ready").is_success
    except (OSError, ValueError, httpx.HTTPError):
        return None
    return facts if ready else None
