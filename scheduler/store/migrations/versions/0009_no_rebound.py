"""For how long beside its window an instruction allows no rebound."""

import sqlalchemy as sa
from alembic import op

revision = "scheduler_0009"
down_revision = "scheduler_0008"
branch_labels = None
depends_on = None

COLUMNS = ("no_rebound_before_s", "no_rebound_after_s")


def upgrade() -> None:
    """Add the columns; 0: it asks nothing beside its window."""
    for name in COLUMNS:
        span = sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0"))
        op.add_column("signal", span, schema="scheduler")


def downgrade() -> None:
    """Drop the columns."""
    for name in COLUMNS:
        op.drop_column("signal", name, schema="scheduler")
