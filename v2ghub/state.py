"""The state folder of a hub: its lock, its secrets, and what others may read of it.

`hub.lock`  held while a hub runs, with its pid        `secret.key`  the pepper, made once
`hub.json`  how to reach the running hub (mode 0600)
"""

import errno
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypedDict, cast

from v2ghub.errors import HubError


class HubFile(TypedDict, total=False):
    """What `hub.json` says; `ocpp_url` is the prefix of every station's own."""

    console_url: str
    api_url: str
    ocpp_url: str
    username: str
    password: str
    api_token: str
    pid: int
    site_ids: list[str]
    speed_ratio: float


def make_state_dir(path: Path) -> Path:
    """Make the folder if missing and give its absolute path. Raise: `HubError` if unusable."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = path / f".probe-{os.getpid()}"
        write_atomically(probe, "0" * 65536)
        probe.unlink()
    except OSError as error:
        raise HubError(told(error, path)) from error
    return path.resolve()


def told(error: OSError, path: Path) -> str:
    """An OSError on the state folder, in words with what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"no space left on the disk of {path}; free some, or set V2GHUB_STATE_DIR elsewhere"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"may not write to {path} ({error.strerror}); set V2GHUB_STATE_DIR to a folder of yours"
        )
    return f"cannot use the state folder {path}: {error.strerror or error}"


def write_atomically(path: Path, text: str, mode: int = 0o600) -> None:
    """Replace `path` as a whole; a reader sees the old text or the new, never half."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "w") as output:
            output.write(text)
            output.flush()
            os.fsync(output.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


@contextmanager
def hub_lock(state_dir: Path) -> Iterator[None]:
    """Hold the folder for one hub. Raise: `HubError` naming the one that holds it."""
    with (state_dir / "hub.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            pid = lock.read().strip() or "unknown"
            raise HubError(
                f"another hub (pid {pid}) already runs on {state_dir}; stop it with "
                f"`kill {pid}`, or set V2GHUB_STATE_DIR to run a second one"
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


def is_running(state_dir: Path) -> bool:
    """Whether a hub holds the folder now."""
    try:
        with (state_dir / "hub.lock").open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def secret(state_dir: Path, given: str | None) -> str:
    """The pepper: the given one, else the folder's own, made once (mode 0600): of several commands
    that come first, one makes it."""
    if given is not None:
        if len(given) < 32:
            raise HubError("V2GHUB_SECRET is too short: 32 characters at least")
        return given
    path = state_dir / "secret.key"
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{os.getpid()}.first")
        write_atomically(fresh, secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            path.hardlink_to(fresh)
        fresh.unlink()
    return path.read_text().strip()


def read_hub_file(state_dir: Path) -> HubFile:
    """`hub.json` of the hub that runs, or last ran, here; empty if none did."""
    return cast("HubFile", read_json(state_dir / "hub.json"))


def write_hub_file(state_dir: Path, hub: HubFile) -> None:
    """Say how to reach the hub that runs now."""
    write_atomically(state_dir / "hub.json", json.dumps(hub, indent=1) + "\n")


def read_json(path: Path) -> dict[str, object]:
    """A JSON object of the state folder; empty if it is missing or damaged."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
