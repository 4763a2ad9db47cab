"""The history of schema `web`, and the order in which all schemas are made."""

from pathlib import Path
from typing import Final

from csms.store.migration import Schema
from csms.store.migrations import SCHEMA as CSMS
from scheduler.store.migrations import SCHEMA as SCHEDULER
from web.store.tables import metadata

SCHEMA: Final = Schema("web", metadata, Path(__file__).parent / "versions")
SCHEMAS: Final = (CSMS, SCHEDULER, SCHEMA)
