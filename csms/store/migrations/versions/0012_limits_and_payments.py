"""Prepaid tokens, limits of transactions, and payments that are ours to settle."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "csms_0012"
down_revision = "csms_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the columns."""
    jsonb = postgresql.JSONB(astext_type=sa.Text())
    op.add_column("id_token", sa.Column("paid_in", sa.Numeric()), schema="csms")
    op.add_column("id_token", sa.Column("limits", jsonb), schema="csms")
    op.create_table(
        "transaction_limit",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("wanted", jsonb),
        sa.Column("wanted_at", sa.DateTime(timezone=True)),
        sa.Column("told", jsonb),
        sa.Column("answered", jsonb),
        sa.Column("told_with", sa.Text()),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("station_id", "transaction_id"),
        schema="csms",
    )
    op.create_index(
        "transaction_by_token", "transaction", [sa.text("lower(id_token)")], schema="csms"
    )
    op.create_index(
        "settlement_due",
        "settlement",
        ["at"],
        schema="csms",
        postgresql_where=sa.text("status = 'Due'"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("settlement_due", "settlement", schema="csms")
    op.drop_index("transaction_by_token", "transaction", schema="csms")
    op.drop_table("transaction_limit", schema="csms")
    op.drop_column("id_token", "limits", schema="csms")
    op.drop_column("id_token", "paid_in", schema="csms")
