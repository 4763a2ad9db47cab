"""What a plan was made of is kept with it: its forecast as quantiles, and all else packed."""

import sqlalchemy as sa
from alembic import op

revision = "scheduler_0004"
down_revision = "scheduler_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Plans made before have no row."""
    at = sa.DateTime(timezone=True)
    bands: list[sa.Column[object]] = [
        sa.Column(name, sa.ARRAY(sa.Float(), dimensions=2), nullable=False)
        for name in ("load_w", "solar_w", "wind_w")
    ]
    op.create_table(
        "planning_input",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", at, nullable=False),
        sa.Column("starts_at", at, nullable=False),
        sa.Column("slot_s", sa.Integer(), nullable=False),
        *bands,
        sa.Column("rest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["scheduler.plan.plan_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("plan_id"),
        schema="scheduler",
    )
    op.create_index("planning_input_by_issue", "planning_input", ["issued_at"], schema="scheduler")


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("planning_input", schema="scheduler")
