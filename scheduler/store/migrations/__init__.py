"""The history of schema `scheduler`."""

from pathlib import Path
from typing import Final

from csms.store.migration import Schema
from scheduler.store.tables import metadata

SCHEMA: Final = Schema("scheduler", metadata, Path(__file__).parent / "versions")
