"""The folder of uploads does not grow for ever."""

import os
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from csms.clock import wall_now
from web.uploads import UploadFolder


def test_old_files_go_those_that_broke_off_among_them(tmp_path: Path) -> None:
    folder = UploadFolder(tmp_path / "uploads", 1_000)
    before = wall_now() - timedelta(days=90)
    assert folder.prune(before) == 0  # there is none yet
    folder.folder.mkdir()
    old, new = folder.path(uuid4()), folder.path(uuid4())
    broken = folder.folder / f"{uuid4()}.part"
    for path, days in ((old, 91), (broken, 91), (new, 89)):
        path.write_bytes(b"log")
        then = (wall_now() - timedelta(days=days)).timestamp()
        os.utime(path, (then, then))
    assert folder.prune(before) == 2
    assert list(folder.folder.iterdir()) == [new]
