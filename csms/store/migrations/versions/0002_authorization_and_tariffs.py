"""Tables of schema csms for authorization and tariffs."""

revision = "csms_0002"
down_revision = "csms_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""


def downgrade() -> None:
    """Drop the tables."""
