"""Tables of schema csms for what OCPP 1.6 needs."""

revision = "csms_0006"
down_revision = "csms_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""


def downgrade() -> None:
    """Drop the tables."""
