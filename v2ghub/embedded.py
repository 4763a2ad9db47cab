"""PostgreSQL and Valkey from their wheels, in the state folder, as children that we run and watch.

An engine is a description: how to prepare its folder, which command to run and as whom, where it
listens, when it is ready. It starts nothing for longer than a call; `running` (for tests and
commands of one go) and the supervisor do that. Both engines listen on a Unix socket in a folder of
mode 0700 and on no port, so that several hubs live side by side and nobody else gets in.
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from errno import ENOSPC
from pathlib import Path
from typing import IO, ClassVar, Protocol
from urllib.parse import quote

import asyncpg
import redis.asyncio
import redis.exceptions

from csms.clock import monotonic_s
from v2ghub import folders, leftovers
from v2ghub.errors import HubError
from v2ghub.state import told
from v2ghub.wheels import postgres_binary, valkey_binary

DATABASE = "v2ghub"
POLL_S = 0.05
START_WITHIN_S = 60.0  # after a crash PostgreSQL syncs all its files, which a busy disk draws out
POSTGRES_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": "5432",  # names the socket only
    "unix_socket_permissions": "0700",
    "synchronous_commit": "on",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}
VALKEY_SETTINGS: Mapping[str, str] = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
}


Ended = Callable[[], bool]


class Engine(Protocol):
    """What the supervisor needs of an engine. `prepare` is called before every start."""

    @property
    def name(self) -> str: ...
    @property
    def stop_signal(self) -> signal.Signals: ...
    @property
    def url(self) -> str: ...
    @property
    def user(self) -> str | None: ...
    def prepare(self) -> None: ...
    def command(self) -> list[str]: ...
    def environment(self) -> dict[str, str]: ...
    async def is_ready(self) -> bool: ...
    async def wait_ready(self, timeout_s: float, ended: Ended = ...) -> None: ...


@dataclass(frozen=True)
class _Embedded:
    """What both engines share: a folder of their own, an unprivileged user, a short socket path."""

    data_dir: Path
    name: ClassVar[str]

    @property
    def user(self) -> str | None:
        """The system user to run as; None: as we are (PostgreSQL refuses to run as root)."""
        return folders.engine_user()

    @property
    def socket_dir(self) -> Path:
        return folders.socket_dir(self.data_dir)

    def environment(self) -> dict[str, str]:
        """Ours, without the variables that would change where an engine listens."""
        return {name: value for name, value in os.environ.items() if not name.startswith("PG")}

    async def is_ready(self) -> bool:
        """One real round trip."""
        raise NotImplementedError

    async def wait_ready(self, timeout_s: float, ended: Ended = lambda: False) -> None:
        """Return when the engine answers.

        Raise: `HubError` after `timeout_s` real seconds, or when its process has `ended`.
        """
        deadline_s = monotonic_s() + timeout_s
        while not await self.is_ready():
            if ended():
                raise HubError(f"{self.name} ended while starting")
            if monotonic_s() > deadline_s:
                raise HubError(f"{self.name} did not answer within {timeout_s:g} s")
            await asyncio.sleep(POLL_S)


class EmbeddedPostgres(_Embedded):
    """PostgreSQL with one database and one role, both `v2ghub`; trust within the 0700 folder."""

    name = "postgres"
    stop_signal = signal.SIGINT  # fast shutdown: SIGTERM would wait for clients to leave

    @property
    def url(self) -> str:
        host = quote(str(self.socket_dir), safe="")
        return f"postgresql://{DATABASE}@/{DATABASE}?host={host}&port=5432"

    def prepare(self) -> None:
        """Make the cluster once; clear what a killed server left behind."""
        folders.own_folder(self.data_dir.parent, None)
        folders.let_through(postgres_binary("postgres"), self.user)
        if not (self.data_dir / "PG_VERSION").exists():
            self._initialise()
        leftovers.clear_postgres(self.data_dir, self.socket_dir)
        folders.own_folder(self.socket_dir, self.user)

    def command(self) -> list[str]:
        settings = {**POSTGRES_SETTINGS, "unix_socket_directories": str(self.socket_dir)}
        return [
            str(postgres_binary("postgres")), "-D", str(self.data_dir),
            *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
        ]  # fmt: skip

    async def is_ready(self) -> bool:
        try:
            connection = await asyncpg.connect(self.url, timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        await connection.close()
        return True

    def _initialise(self) -> None:
        """initdb beside the final place, then rename: a half-made cluster never counts."""
        fresh = self.data_dir.with_name(self.data_dir.name + ".new")
        folders.remove(fresh)
        folders.own_folder(fresh, self.user)
        self._run(
            "initdb", "-D", str(fresh), "-U", DATABASE, "--auth=trust", "--encoding=UTF8",
            "--locale=C",
        )  # fmt: skip
        create = f"CREATE DATABASE {DATABASE}\n"
        self._run("postgres", "--single", "-D", str(fresh), "postgres", given=create)
        folders.remove(self.data_dir)
        fresh.rename(self.data_dir)

    def _run(self, program: str, *arguments: str, given: str = "") -> None:
        done = subprocess.run(
            [str(postgres_binary(program)), *arguments],
            input=given, capture_output=True, text=True, check=False,
            user=self.user, group=folders.group_of(self.user),
            extra_groups=folders.no_groups(self.user), env=self.environment(), cwd="/",
        )  # fmt: skip
        if "No space left on device" in done.stderr:
            raise HubError(told(OSError(ENOSPC, ""), self.data_dir))
        if done.returncode != 0:
            raise HubError(f"{program} failed: {_last_words(done.stderr)}")


class EmbeddedValkey(_Embedded):
    """Valkey: broker and hints, appended to disk each second; losing it loses nothing."""

    name = "valkey"
    stop_signal = signal.SIGTERM

    @property
    def socket(self) -> Path:
        return self.socket_dir / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}?db=0"

    def prepare(self) -> None:
        folders.own_folder(self.data_dir.parent, None)
        folders.let_through(valkey_binary(), self.user)
        folders.own_folder(self.data_dir, self.user)
        folders.own_folder(self.socket_dir, self.user)

    def command(self) -> list[str]:
        settings = {
            **VALKEY_SETTINGS,
            "dir": str(self.data_dir),
            "unixsocket": str(self.socket),
        }
        return [
            str(valkey_binary()),
            *(word for name, value in settings.items() for word in (f"--{name}", value)),
        ]

    async def is_ready(self) -> bool:
        client = redis.asyncio.Redis.from_url(self.url, socket_timeout=5)
        try:
            return bool(await client.ping())
        except (OSError, redis.exceptions.RedisError):
            return False
        finally:
            await client.aclose()


@contextmanager
def running(engine: Engine, log: IO[bytes] | int = subprocess.DEVNULL) -> Iterator[int]:
    """Start `engine`, wait until it answers, give its pid; stop it at the end."""
    engine.prepare()
    with subprocess.Popen(
        engine.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
        env=engine.environment(), user=engine.user, group=folders.group_of(engine.user),
        extra_groups=folders.no_groups(engine.user), start_new_session=True,
    ) as process:  # fmt: skip
        try:
            asyncio.run(engine.wait_ready(START_WITHIN_S, lambda: process.poll() is not None))
            yield process.pid
        finally:
            process.send_signal(engine.stop_signal)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _last_words(stderr: str, lines: int = 4) -> str:
    said: Sequence[str] = [line.strip() for line in stderr.splitlines() if line.strip()]
    return " / ".join(said[-lines:]) or "it said nothing"
