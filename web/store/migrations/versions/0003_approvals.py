"""What takes two people waits here for the second."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "web_0003"
down_revision = "web_0002"
branch_labels = None
depends_on = None
At = sa.DateTime(timezone=True)


def upgrade() -> None:
    """One table."""
    op.create_table(
        "approval",
        sa.Column("approval_id", sa.Uuid(), primary_key=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", At, nullable=False, server_default=sa.text("now()")),
        sa.Column("expires_at", At, nullable=False),
        sa.Column("status", sa.Text(), nullable=False, server_default=sa.text("'waiting'")),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", At),
        sa.Column("answer", JSONB()),
        schema="web",
    )


def downgrade() -> None:
    """Without it nothing waits."""
    op.drop_table("approval", schema="web")
