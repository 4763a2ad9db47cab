"""Tables of schema csms for what OCPP 2.1 adds."""

revision = "csms_0005"
down_revision = "csms_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""


def downgrade() -> None:
    """Drop the tables."""
