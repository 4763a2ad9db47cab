"""What the controller did not let pass as it was wanted, and why."""

import sqlalchemy as sa
from alembic import op

revision = "scheduler_0014"
down_revision = "scheduler_0013"
branch_labels = None
depends_on = None
At = sa.DateTime(timezone=True)


def upgrade() -> None:
    """One table."""
    op.create_table(
        "decision",
        sa.Column("site_id", sa.Text(), sa.ForeignKey("scheduler.site.site_id"), nullable=False),
        sa.Column("began_at", At, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("actuator", sa.Text(), nullable=False),
        sa.Column("ended_at", At),
        sa.Column("most_w", sa.Float(), nullable=False),
        sa.Column("evses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "began_at", "rule", "actuator"),
        schema="scheduler",
    )


def downgrade() -> None:
    """Decisions are then only in `site_state`, as long as they last."""
    op.drop_table("decision", schema="scheduler")
