"""Folders and the system user of the embedded engines.

PostgreSQL refuses to run as root. Started by root (in a container, say) the engines therefore run
as a system user of their own, who owns their folders and may pass through the folders above.
"""

import grp
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from v2ghub.errors import HubError

ENGINE_USER = "v2ghub-engine"
SOCKET_PATH_BYTES = 100  # sockaddr_un takes 107 with the file name
LONGEST_SOCKET_NAME = ".s.PGSQL.5432.lock"


@cache
def engine_user() -> str | None:
    """The user to run the engines as, made if missing; None when we are not root."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(ENGINE_USER)
    except KeyError:
        _add_user()
    return ENGINE_USER


def group_of(user: str | None) -> str | None:
    """The primary group of `user`."""
    return None if user is None else grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name


def no_groups(user: str | None) -> list[str] | None:
    """Supplementary groups: none for another user, unchanged for ourselves."""
    return None if user is None else []


def own_folder(path: Path, user: str | None) -> None:
    """Make `path` (mode 0700, owned by `user`); for `user` the folders above let pass."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_foreign(path, user)
        if user is not None:
            entry = pwd.getpwnam(user)
            os.chown(path, entry.pw_uid, entry.pw_gid)
            path.chmod(0o700)
            let_through(path, user)
    except OSError as error:
        raise HubError(f"cannot use the folder {path}: {error.strerror}") from error


def let_through(path: Path, user: str | None) -> None:
    """Let `user` pass (not list) the folders above `path`."""
    if user is None:
        return
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH and folder.owner() != user:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def remove(path: Path) -> None:
    """Remove a folder and what is in it, if it is there."""
    if path.exists():
        shutil.rmtree(path)


def socket_dir(data_dir: Path) -> Path:
    """A folder for the socket: `data_dir`, or a short one under the system's temp if too long."""
    path = data_dir.resolve()
    length = len(os.fsencode(path / LONGEST_SOCKET_NAME))
    if length <= SOCKET_PATH_BYTES and "," not in str(path):
        return path
    mark = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    return Path(tempfile.gettempdir()).resolve() / f"v2ghub-{mark}"


def _refuse_foreign(path: Path, user: str | None) -> None:
    """Anyone may have made a folder of that name under /tmp before us."""
    allowed = {0, os.geteuid()} | ({pwd.getpwnam(user).pw_uid} if user else set())
    if path.is_symlink() and user is not None:
        raise HubError(f"{path} is a link; the engines' folder must be a folder of its own")
    if path.stat().st_uid not in allowed:
        raise HubError(f"{path} belongs to another user; remove it, or set V2GHUB_STATE_DIR")


def _add_user() -> None:
    program = shutil.which("useradd") or "/usr/sbin/useradd"
    command = [program, "--system", "--no-create-home", "--shell", "/bin/false", ENGINE_USER]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise HubError(
            f"PostgreSQL does not run as root and the user {ENGINE_USER} could not be added "
            f"({error}); start the hub as another user, or set V2GHUB_DATABASE_URL"
        ) from error
