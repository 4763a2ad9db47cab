"""Schema csms keeps how far a station's clock is off, as measured on its connection."""

import sqlalchemy as sa
from alembic import op

revision = "csms_0016"
down_revision = "csms_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    column = sa.Column("clock_off_s", sa.Float(), nullable=True)
    op.add_column("charging_station", column, schema="csms")


def downgrade() -> None:
    """Drop it."""
    op.drop_column("charging_station", "clock_off_s", schema="csms")
