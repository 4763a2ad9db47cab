"""Facts → rows of the journal's statements. A module per topic registers its kinds of facts."""

from csms.store.rows import core
from csms.store.rows.dispatch import StatementRow, grouped, rows_of

__all__ = ["StatementRow", "core", "grouped", "rows_of"]
