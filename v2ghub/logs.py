"""Log files of the processes: appended to by the processes themselves, rotated here by size."""

import shutil
from pathlib import Path
from typing import IO

LARGEST_BYTES = 20_000_000
KEPT = 3


def opened(path: Path) -> IO[bytes]:
    """`path` for appending. Append mode is what lets `rotate` cut a file that is being written."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path.open("ab", buffering=0)


def append(path: Path, line: str) -> None:
    """One line of ours among the process' own."""
    with opened(path) as output:
        output.write(f"{line}\n".encode())


def rotate(path: Path, largest_bytes: int = LARGEST_BYTES) -> None:
    """Copy a large log to `.1` (older ones move up to `.3`) and cut it; its writer goes on."""
    if not path.exists() or path.stat().st_size <= largest_bytes:
        return
    for number in range(KEPT - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    with path.open("r+b") as log:
        log.truncate(0)


def tail(path: Path, lines: int = 12, most_bytes: int = 16_384) -> str:
    """The last lines, for an error message."""
    if not path.exists():
        return ""
    with path.open("rb") as log:
        size = log.seek(0, 2)
        log.seek(max(0, size - most_bytes))
        text = log.read().decode(errors="replace")
    return "\n".join(text.splitlines()[-lines:])
