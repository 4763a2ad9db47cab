"""A row of settlement is a minute's or a half-hour's, however short: both may be cut alike."""

import sqlalchemy as sa
from alembic import op

revision = "scheduler_0002"
down_revision = "scheduler_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Until now what was longer than a minute was a half-hour's."""
    op.add_column("settlement", sa.Column("interval_s", sa.Integer()), schema="scheduler")
    op.execute(
        "UPDATE scheduler.settlement"
        " SET interval_s = CASE WHEN duration_s <= 60 THEN 60 ELSE 1800 END"
    )
    op.alter_column("settlement", "interval_s", nullable=False, schema="scheduler")
    _key("signal_id", "interval_s", "starts_at")


def downgrade() -> None:
    """Half-hours cut as short as their last minute have no place."""
    op.execute("DELETE FROM scheduler.settlement WHERE interval_s = 1800 AND duration_s <= 60")
    _key("signal_id", "starts_at", "duration_s")
    op.drop_column("settlement", "interval_s", schema="scheduler")


def _key(*columns: str) -> None:
    op.drop_constraint("settlement_pkey", "settlement", schema="scheduler")
    op.create_primary_key("settlement_pkey", "settlement", list(columns), schema="scheduler")
