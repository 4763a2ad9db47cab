"""Which lines an EVSE's phases are."""

import sqlalchemy as sa
from alembic import op

revision = "scheduler_0006"
down_revision = "scheduler_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; where it is empty, nobody has said."""
    op.add_column("site_evse", sa.Column("lines", sa.Text()), schema="scheduler")


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("site_evse", "lines", schema="scheduler")
