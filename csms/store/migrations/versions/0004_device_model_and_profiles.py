"""Tables of schema csms for device model and profiles."""

revision = "csms_0004"
down_revision = "csms_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""


def downgrade() -> None:
    """Drop the tables."""
