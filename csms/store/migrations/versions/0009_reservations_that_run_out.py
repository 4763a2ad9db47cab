"""Reservations that were asked and never answered run out, too."""

import sqlalchemy as sa
from alembic import op

revision = "csms_0009"
down_revision = "csms_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index all that are open."""
    _index("status IN ('asked', 'accepted')")


def downgrade() -> None:
    """Index those that were accepted."""
    _index("status = 'accepted'")


def _index(which: str) -> None:
    op.drop_index("reservation_open", "reservation", schema="csms")
    where = sa.text(which)
    op.create_index(
        "reservation_open", "reservation", ["expires_at"], schema="csms", postgresql_where=where
    )
