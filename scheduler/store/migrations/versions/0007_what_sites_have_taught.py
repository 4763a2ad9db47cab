"""What a site's past has taught its forecasts."""

import sqlalchemy as sa
from alembic import op

revision = "scheduler_0007"
down_revision = "scheduler_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One row per site, from its first lesson on."""
    op.create_table(
        "site_lesson",
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("learned", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["scheduler.site.site_id"]),
        sa.PrimaryKeyConstraint("site_id"),
        schema="scheduler",
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("site_lesson", schema="scheduler")
