"""What EVSEs did against what they were sent, by interval, and how far each site is judged."""

import sqlalchemy as sa
from alembic import op

revision = "scheduler_0010"
down_revision = "scheduler_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "proof",
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("duration_s", sa.Float(), nullable=False),
        sa.Column("planned_w", sa.Float()),
        sa.Column("sent_w", sa.Float(), nullable=False),
        sa.Column("confirmed_w", sa.Float(), nullable=False),
        sa.Column("composite_w", sa.Float()),
        sa.Column("import_wh", sa.Float(), nullable=False),
        sa.Column("export_wh", sa.Float(), nullable=False),
        sa.Column("import_max_wh", sa.Float(), nullable=False),
        sa.Column("export_max_wh", sa.Float(), nullable=False),
        sa.Column("reading_count", sa.Integer(), nullable=False),
        sa.Column("deviation", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "starts_at", "station_id", "evse_id", "transaction_id"),
        schema="scheduler",
    )
    op.create_index(
        "proof_by_evse", "proof", ["station_id", "evse_id", "starts_at"], schema="scheduler"
    )
    op.create_table(
        "proof_progress",
        sa.Column("site_id", sa.Text(), primary_key=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["scheduler.site.site_id"]),
        schema="scheduler",
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("proof_progress", schema="scheduler")
    op.drop_index("proof_by_evse", "proof", schema="scheduler")
    op.drop_table("proof", schema="scheduler")
