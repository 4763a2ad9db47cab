"""Where a station puts a log: a body of bounded size becomes a file, whole or not at all."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4


class UploadTooLarge(Exception):  # noqa: N818 - what the station sent
    """More bytes than we take."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is on the disk, under a name that nobody reads yet."""

    path: Path
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class UploadFolder:
    """`<state_dir>/uploads`, mode 0700."""

    folder: Path
    most_bytes: int

    def path(self, upload_id: UUID) -> Path:
        """Where an upload lies once it is whole."""
        return self.folder / f"{upload_id}.log"

    async def take(self, body: AsyncIterator[bytes]) -> Stored:
        """Write it to the disk. Raises UploadTooLarge."""
        part = self.folder / f"{uuid4()}.part"
        await asyncio.to_thread(self.folder.mkdir, parents=True, exist_ok=True, mode=0o700)
        digest, size_bytes = hashlib.sha256(), 0
        file = await asyncio.to_thread(_open, part)
        try:
            async for piece in _bounded(body, self.most_bytes):
                size_bytes += len(piece)
                digest.update(piece)
                await asyncio.to_thread(file.write, piece)
            await asyncio.to_thread(_sync, file)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        finally:
            file.close()
        return Stored(part, size_bytes, digest.hexdigest())

    def keep(self, stored: Stored, upload_id: UUID) -> None:
        """Give it its name."""
        stored.path.rename(self.path(upload_id))

    def prune(self, before: datetime) -> int:
        """Delete files that were written before then (real time), those of uploads that broke off
        among them; how many. The row of a log goes by itself: without its file it answers 404."""
        gone = 0
        for path in self.folder.glob("*") if self.folder.is_dir() else ():
            with suppress(FileNotFoundError):  # another process was faster
                if path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    gone += 1
        return gone

    def drop(self, stored: Stored) -> None:
        """It is not wanted."""
        stored.path.unlink(missing_ok=True)


async def _bounded(body: AsyncIterator[bytes], most_bytes: int) -> AsyncIterator[bytes]:
    left_bytes = most_bytes
    async for piece in body:
        left_bytes -= len(piece)
        if left_bytes < 0:
            raise UploadTooLarge
        yield piece


def _open(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
