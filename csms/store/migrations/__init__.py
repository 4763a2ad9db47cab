"""The history of schema `csms`, and the environment that all schemas' migrations share."""

from pathlib import Path
from typing import Final

from csms.store.migration import Schema
from csms.store.tables import metadata

SCHEMA: Final = Schema("csms", metadata, Path(__file__).parent / "versions")
