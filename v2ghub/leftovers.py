"""What a killed server leaves behind, and how it is cleared before the next start.

A postmaster that died by SIGKILL leaves its pid file and, for moments, backends that still hold the
shared memory; a new one is refused until both are gone. The hub's lock says that no other hub
runs here, so processes of this data folder without a postmaster are ours to end.
"""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from csms.clock import monotonic_s
from v2ghub.errors import HubError

PATIENCE_S = 2.0
POLL_S = 0.02


def clear_postgres(data_dir: Path, socket_dir: Path) -> None:
    """End orphaned backends of `data_dir` and remove stale lock files, whose pid may live again.

    Raise: `HubError` when a whole PostgreSQL is alive on this folder.
    """
    pid_file = data_dir / "postmaster.pid"
    postmaster_pid = _first_number(pid_file)
    processes = list(_of_folder(data_dir))
    if postmaster_pid in {process.pid for process in processes}:
        raise HubError(
            f"a PostgreSQL (pid {postmaster_pid}) already runs on {data_dir}; "
            f"stop it with: kill -INT {postmaster_pid}"
        )
    _end(processes)
    pid_file.unlink(missing_ok=True)
    (socket_dir / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def _end(processes: Sequence[psutil.Process]) -> None:
    """SIGQUIT (they leave without ado), then SIGKILL. They are not our children: we poll."""
    for number, patience_s in ((signal.SIGQUIT, PATIENCE_S), (signal.SIGKILL, PATIENCE_S)):
        alive = [process for process in processes if _is_alive(process)]
        for process in alive:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        deadline_s = monotonic_s() + patience_s
        while any(map(_is_alive, alive)) and monotonic_s() < deadline_s:
            time.sleep(POLL_S)


def _is_alive(process: psutil.Process) -> bool:
    """A zombie is dead: in a container there may be nobody who reaps it."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _of_folder(data_dir: Path) -> Iterator[psutil.Process]:
    """PostgreSQL's processes all have their data folder as working directory."""
    folder = os.path.realpath(data_dir)
    for process in psutil.process_iter(["name"]):
        with suppress(psutil.Error, OSError):
            if process.info["name"] == "postgres" and process.cwd() == folder:
                yield process


def _first_number(path: Path) -> int | None:
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
