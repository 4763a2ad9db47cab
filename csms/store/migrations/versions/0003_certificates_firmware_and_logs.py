"""Tables of schema csms for certificates, firmware and logs."""

revision = "csms_0003"
down_revision = "csms_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""


def downgrade() -> None:
    """Drop the tables."""
