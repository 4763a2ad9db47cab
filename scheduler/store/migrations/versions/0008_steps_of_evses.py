"""The step of which an EVSE's setpoints are multiples."""

import sqlalchemy as sa
from alembic import op

revision = "scheduler_0008"
down_revision = "scheduler_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; 0: any setpoint will do."""
    step = sa.Column("step_w", sa.Float(), nullable=False, server_default=sa.text("0"))
    op.add_column("site_evse", step, schema="scheduler")


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("site_evse", "step_w", schema="scheduler")
