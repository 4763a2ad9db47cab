"""Facts → rows of the journal's statements. A module per topic registers its kinds of facts."""

from csms.store.rows import device_model as device_model
from csms.store.rows import monitoring as monitoring
from csms.store.rows import core, evidence, jobs, profiles, quirks, security, v21
from csms.store.rows.dispatch import StatementRow, grouped, rows_of

__all__ = [
    "StatementRow",
    "core",
    "evidence",
    "grouped",
    "jobs",
    "profiles",
    "quirks",
    "rows_of",
    "security",
    "v21",
]
