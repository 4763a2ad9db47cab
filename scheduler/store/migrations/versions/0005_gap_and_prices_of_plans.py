"""How good a plan is proven to be, and the prices at which the next one begins."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "scheduler_0005"
down_revision = "scheduler_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of older plans nothing is known."""
    op.add_column("plan", sa.Column("gap_ratio", sa.Float()), schema="scheduler")
    prices = sa.Column("prices", postgresql.JSONB(astext_type=sa.Text()))
    op.add_column("plan", prices, schema="scheduler")


def downgrade() -> None:
    """Drop the columns."""
    op.drop_column("plan", "prices", schema="scheduler")
    op.drop_column("plan", "gap_ratio", schema="scheduler")
