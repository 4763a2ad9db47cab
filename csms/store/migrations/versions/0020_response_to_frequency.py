"""Schema csms keeps what a station shall add to its setpoints by the frequency it measures."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "csms_0020"
down_revision = "csms_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    column = sa.Column("frequency_response", JSONB(), nullable=True)
    op.add_column("charging_station", column, schema="csms")


def downgrade() -> None:
    """Drop it."""
    op.drop_column("charging_station", "frequency_response", schema="csms")
