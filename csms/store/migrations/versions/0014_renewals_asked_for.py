"""An index of schema csms for the commands by which certificates are renewed: few among many."""

import sqlalchemy as sa
from alembic import op

revision = "csms_0014"
down_revision = "csms_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "command_renewal",
        "command",
        ["station_id", "created_at"],
        schema="csms",
        postgresql_where=sa.text("kind = 'TriggerMessage' AND requested_by = 'csms'"),
    )


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("command_renewal", "command", schema="csms")
