"""Tables of schema csms for quirks and connections."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "csms_0007"
down_revision = "csms_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "station_quirk",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "name", "source"),
        schema="csms",
    )
    op.add_column("command", sa.Column("sent_by", sa.Text()), schema="csms")
    op.create_index(
        "command_sent",
        "command",
        ["sent_by"],
        schema="csms",
        postgresql_where=sa.text("status = 'sent'"),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("command_sent", "command", schema="csms")
    op.drop_column("command", "sent_by", schema="csms")
    op.drop_table("station_quirk", schema="csms")
