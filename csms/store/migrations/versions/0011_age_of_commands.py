"""An index of schema csms for commands by age."""

from alembic import op

revision = "csms_0011"
down_revision = "csms_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index: a small one, for rows come in the order of their age."""
    op.create_index(
        "command_by_age", "command", ["created_at"], schema="csms", postgresql_using="brin"
    )


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("command_by_age", "command", schema="csms", postgresql_using="brin")
