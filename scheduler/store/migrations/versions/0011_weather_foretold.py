"""Weather that somebody foretold, and which forecasts were made with it."""

import sqlalchemy as sa
from alembic import op

revision = "scheduler_0011"
down_revision = "scheduler_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A row per site and issue; forecasts before were made without."""
    op.create_table(
        "weather",
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("foretold", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["scheduler.site.site_id"]),
        sa.PrimaryKeyConstraint("site_id", "issued_at"),
        schema="scheduler",
    )
    op.add_column(
        "planning_input",
        sa.Column("foretold", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        schema="scheduler",
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_column("planning_input", "foretold", schema="scheduler")
    op.drop_table("weather", schema="scheduler")
