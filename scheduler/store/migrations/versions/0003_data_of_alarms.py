"""What an alarm is about, as data."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "scheduler_0003"
down_revision = "scheduler_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; older alarms keep their words."""
    data = sa.Column(
        "data",
        postgresql.JSONB(astext_type=sa.Text()),
        nullable=False,
        server_default=sa.text("'{}'::jsonb"),
    )
    op.add_column("alarm", data, schema="scheduler")


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("alarm", "data", schema="scheduler")
