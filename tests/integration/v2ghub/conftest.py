"""A folder for engines: pytest closes its own to other users whenever another run starts, and as
root the engines run as another user."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Instead of pytest's."""
    with tempfile.TemporaryDirectory(prefix="hub-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()
