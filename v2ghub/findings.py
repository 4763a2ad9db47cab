"""What `doctor` looks at. Each look gives findings: a sentence, and if it is bad, what to do.

Every look works on a hub that runs and on one that does not; a look that cannot be taken is a
finding, never a traceback.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil

from csms.clock import wall_now
from csms.store.migration import pending
from v2ghub import ports, reach
from v2ghub.embedded import EmbeddedPostgres, EmbeddedValkey
from v2ghub.errors import HubError
from v2ghub.settings import LocalSettings
from v2ghub.state import HubFile, is_running, read_hub_file, told
from v2ghub.supervisor import read_state
from v2ghub.wheels import postgres_binary, valkey_binary
from web.store.migrations import SCHEMAS

FREE_BYTES_WANTED = 1_000_000_000
OFTEN_RESTARTED = 5
STALE_HEARTBEAT = timedelta(seconds=15)
STALE_PLAN = timedelta(minutes=20)  # site time; a plan is made at least every five minutes
CLOCK_TOLERANCE = timedelta(seconds=5)
SEE_LOGS = "see the logs in the state folder"


@dataclass(frozen=True, slots=True)
class Finding:
    """`advice` says what to do; empty means that all is well."""

    subject: str
    text: str
    advice: str = ""

    @property
    def ok(self) -> bool:
        return not self.advice


@dataclass(frozen=True)
class Patient:
    """The hub that is looked at."""

    settings: LocalSettings

    @property
    def state_dir(self) -> Path:
        return self.settings.state_dir.resolve()

    @property
    def runs(self) -> bool:
        return is_running(self.state_dir)

    @property
    def hub(self) -> HubFile:
        return read_hub_file(self.state_dir)


def python(_: Patient) -> Iterator[Finding]:
    """The interpreter and the engines' binaries."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding("python", f"Python {version}")
    for find in (partial(postgres_binary, "postgres"), valkey_binary):
        try:
            find()
        except HubError as error:
            yield Finding("engines", str(error), "run `make run`, which installs what is missing")


def folder(patient: Patient) -> Iterator[Finding]:
    """The state folder: there, ours, with room."""
    path = patient.state_dir
    if not path.exists():
        yield Finding("state folder", f"{path} is not there yet; the first start makes it")
        return
    if not os.access(path, os.W_OK):
        yield Finding(
            "state folder", f"may not write to {path}", "set V2GHUB_STATE_DIR to a folder of yours"
        )
    free_bytes = shutil.disk_usage(path).free
    said = f"{free_bytes / 1e9:.1f} GB free on the disk of {path}"
    tight = free_bytes < FREE_BYTES_WANTED
    yield Finding("disk", said, "free at least 1 GB before events are refused" if tight else "")


def listeners(patient: Patient) -> Iterator[Finding]:
    """The two ports: held by the hub that runs, free for one that does not."""
    given = patient.settings
    for host, port, what, variable in (
        (given.ocpp_host, given.ocpp_port, "charging stations", "V2GHUB_OCPP_PORT"),
        (given.web_host, given.web_port, "the console", "V2GHUB_WEB_PORT"),
    ):
        free = ports.is_free(host, port)
        if patient.runs:
            text = f"port {port} for {what}: " + ("nobody listens" if free else "listening")
            yield Finding("port", text, f"see the logs, or check {variable}" if free else "")
        elif free:
            yield Finding("port", f"port {port} for {what} is free")
        else:
            text = f"port {port} for {what} is taken by {ports.holder(port)}"
            yield Finding("port", text, f"stop it, or set {variable} to another port")


def processes(patient: Patient) -> Iterator[Finding]:
    """The supervisor's own list against what really runs."""
    if not patient.runs:
        yield Finding("hub", "the hub is not running; start it with: v2ghub up")
        return
    yield Finding("hub", f"running, supervisor pid {patient.hub.get('pid', 'unknown')}")
    for row in read_state(patient.state_dir):
        name, pid, status = row["name"], row["pid"], row["status"]
        restarts = int(str(row["restarts"]))
        log = patient.state_dir / "logs" / f"{str(name).replace(':', '-')}.log"
        alive = isinstance(pid, int) and psutil.pid_exists(pid)
        text = f"{name} is {status} (pid {pid}, restarted {restarts} times)"
        if status != "running" or not alive:
            yield Finding(str(name), text, f"it is started again by itself; its reason: {log}")
        elif restarts >= OFTEN_RESTARTED:
            yield Finding(str(name), text, f"it dies too often; its reason: {log}")
        else:
            yield Finding(str(name), text)


async def database(patient: Patient) -> list[Finding]:
    """PostgreSQL answers, its tables are current, its clock is ours."""
    url = patient.settings.database_url
    if url is None and not patient.runs:
        return [Finding("PostgreSQL", "embedded; it runs while the hub runs")]
    url = url or EmbeddedPostgres(patient.state_dir / "postgres").url
    try:
        skew = abs(await reach.postgres_now(url) - wall_now())
        behind = await pending(url, SCHEMAS)
    except HubError as error:
        return [Finding("PostgreSQL", str(error), "see logs/postgres.log in the state folder")]
    tables = f"tables of {', '.join(behind)} are not current" if behind else "tables are current"
    clock = f"PostgreSQL's clock differs by {skew.total_seconds():.0f} s"
    return [
        Finding("PostgreSQL", "answers"),
        Finding("migrations", tables, "run: v2ghub db upgrade" if behind else ""),
        Finding("clock", clock, "set both clocks by NTP" if skew > CLOCK_TOLERANCE else ""),
    ]


async def valkey(patient: Patient) -> list[Finding]:
    """Valkey answers."""
    url = patient.settings.redis_url
    if url is None and not patient.runs:
        return [Finding("Valkey", "embedded; it runs while the hub runs")]
    try:
        await reach.require_valkey(url or EmbeddedValkey(patient.state_dir / "valkey").url)
    except HubError as error:
        return [Finding("Valkey", str(error), "see logs/valkey.log in the state folder")]
    return [Finding("Valkey", "answers")]


def platform(patient: Patient) -> Iterator[Finding]:
    """What the running hub says of itself over its API: signs of life, age of the plans."""
    hub = patient.hub
    if not patient.runs or "api_url" not in hub:
        return
    headers = {"Authorization": f"Bearer {hub['api_token']}"}
    with httpx.Client(base_url=hub["api_url"], headers=headers, timeout=10, trust_env=False) as api:
        try:
            ours = {str(row["name"]) for row in read_state(patient.state_dir)}
            rows = _get(api, "/processes")["items"]
            yield from _heartbeats([row for row in rows if row["process"] in ours])
            for site_id in hub["site_ids"]:
                yield _plan(site_id, _get(api, f"/sites/{site_id}"), api)
        except (httpx.HTTPError, ValueError, KeyError) as error:
            text = f"the API does not answer as it should: {error or type(error).__name__}"
            yield Finding("web", text, f"see {patient.state_dir / 'logs' / 'web.log'}")


def _heartbeats(rows: list[dict[str, Any]]) -> Iterator[Finding]:
    for row in rows:
        age = timedelta(seconds=row["age_s"])
        text = f"{row['process']} gave a sign of life {age.total_seconds():.0f} s ago"
        late = "it hangs or is gone; it is restarted by itself, else see its log"
        yield Finding("heartbeat", text, late if age > STALE_HEARTBEAT else "")


def _plan(site_id: str, site: dict[str, Any], api: httpx.Client) -> Finding:
    try:
        made_at = datetime.fromisoformat(_get(api, f"/sites/{site_id}/plan")["made_at"])
    except httpx.HTTPStatusError as error:
        if error.response.status_code != httpx.codes.NOT_FOUND:
            raise
        return Finding("plan", f"{site_id} has no plan yet", "see logs/worker.log")
    age = datetime.fromisoformat(site["now"]) - made_at
    text = f"the plan of {site_id} is {age.total_seconds() / 60:.0f} min old"
    return Finding(
        "plan", text, "planning stands still: logs/worker.log" if age > STALE_PLAN else ""
    )


def _get(api: httpx.Client, path: str) -> dict[str, Any]:
    answer = api.get(path)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


async def examine(patient: Patient) -> list[Finding]:
    """All findings, in the order in which things depend on each other."""
    findings: list[Finding] = []
    for look in (python, folder, listeners, processes):
        findings += _taken(look, patient)
    for ask in (database, valkey):
        try:
            findings += await ask(patient)
        except Exception as error:  # noqa: BLE001 - the edge of this look
            findings.append(Finding(ask.__name__, _unlooked(error), SEE_LOGS))
    return findings + _taken(platform, patient)


def _taken(look: Callable[[Patient], Iterator[Finding]], patient: Patient) -> list[Finding]:
    try:
        return list(look(patient))
    except HubError as error:
        return [Finding(look.__name__, str(error), "see the sentence before")]
    except OSError as error:
        where = Path(str(error.filename or patient.state_dir))
        return [Finding(look.__name__, told(error, where), "see the sentence before")]
    except Exception as error:  # noqa: BLE001 - the edge of this look
        return [Finding(look.__name__, _unlooked(error), SEE_LOGS)]


def _unlooked(error: Exception) -> str:
    first_line = str(error).partition("\n")[0]
    return f"this could not be looked at: {type(error).__name__}: {first_line}"
