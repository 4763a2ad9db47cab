"""Charging at once, and no V2G for a while, as drivers ask for it."""

import sqlalchemy as sa
from alembic import op

revision = "scheduler_0012"
down_revision = "scheduler_0011"
branch_labels = None
depends_on = None

COLUMNS = ("v2g_paused_until", "boost_at", "boost_until")


def upgrade() -> None:
    """Add the columns."""
    for name in COLUMNS:
        column = sa.Column(name, sa.DateTime(timezone=True), nullable=True)
        op.add_column("vehicle", column, schema="scheduler")


def downgrade() -> None:
    """Drop them."""
    for name in reversed(COLUMNS):
        op.drop_column("vehicle", name, schema="scheduler")
