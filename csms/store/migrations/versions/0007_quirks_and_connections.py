"""Tables of schema csms for quirks and connections."""

revision = "csms_0007"
down_revision = "csms_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""


def downgrade() -> None:
    """Drop the tables."""
