"""An index of schema csms for meter readings by when they came."""

from alembic import op

revision = "csms_0018"
down_revision = "csms_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index: a small one, for rows lie in the order in which they came."""
    op.create_index(
        "meter_reading_by_arrival",
        "meter_reading",
        ["received_at"],
        schema="csms",
        postgresql_using="brin",
    )


def downgrade() -> None:
    """Drop the index."""
    op.drop_index(
        "meter_reading_by_arrival", "meter_reading", schema="csms", postgresql_using="brin"
    )
