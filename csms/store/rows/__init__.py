"""Facts → rows of the journal's statements. A module per topic registers its kinds of facts."""

from csms.store.rows import (
    authorization,
    commands,
    core,
    device_model,
    evidence,
    jobs,
    limits,
    monitoring,
    profiles,
    quirks,
    security,
    v21,
)
from csms.store.rows.dispatch import StatementRow, grouped, rows_of

__all__ = [
    "StatementRow",
    "authorization",
    "commands",
    "core",
    "device_model",
    "evidence",
    "grouped",
    "jobs",
    "limits",
    "monitoring",
    "profiles",
    "quirks",
    "rows_of",
    "security",
    "v21",
]
