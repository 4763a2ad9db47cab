"""Reserves: power on call, down and up, and for how long at a time."""

import sqlalchemy as sa
from alembic import op

revision = "scheduler_0013"
down_revision = "scheduler_0012"
branch_labels = None
depends_on = None

POWERS = ("reserve_down_w", "reserve_up_w")


def upgrade() -> None:
    """Add the columns; nothing is on call so far."""
    for name in POWERS:
        op.add_column("signal", sa.Column(name, sa.Float()), schema="scheduler")
    span = sa.Column("reserve_s", sa.Integer(), nullable=False, server_default=sa.text("0"))
    op.add_column("signal", span, schema="scheduler")


def downgrade() -> None:
    """Drop the columns."""
    for name in (*POWERS, "reserve_s"):
        op.drop_column("signal", name, schema="scheduler")
