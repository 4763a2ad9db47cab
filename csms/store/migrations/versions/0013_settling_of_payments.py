"""Settlements that are ours have a table of their own, apart from what stations say of theirs."""

import sqlalchemy as sa
from alembic import op

revision = "csms_0013"
down_revision = "csms_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and take over what was due: nobody had been asked for it."""
    at = sa.DateTime(timezone=True)
    op.create_table(
        "payment_settling",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("psp_ref", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_at", at, nullable=False),
        sa.Column("amount", sa.Numeric()),
        sa.Column("currency", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("again_at", at),
        sa.Column("ended_at", at),
        sa.Column("reason", sa.Text()),
        sa.Column("receipt_id", sa.Text()),
        sa.Column("receipt_url", sa.Text()),
        sa.PrimaryKeyConstraint("station_id", "transaction_id"),
        schema="csms",
    )
    op.create_index(
        "payment_settling_by_psp_ref",
        "payment_settling",
        [sa.text("lower(psp_ref)")],
        schema="csms",
    )
    op.create_index(
        "payment_settling_due",
        "payment_settling",
        ["due_at"],
        schema="csms",
        postgresql_where=sa.text("status = 'Due'"),
    )
    op.execute(
        "INSERT INTO csms.payment_settling (station_id, transaction_id, psp_ref, status, due_at)"
        " SELECT station_id, transaction_id, psp_ref, status, at FROM csms.settlement"
        " WHERE status = 'Due' AND transaction_id IS NOT NULL"
    )
    op.execute("DELETE FROM csms.settlement WHERE status = 'Due'")
    op.drop_index("settlement_due", "settlement", schema="csms")


def downgrade() -> None:
    """Drop it; what is due goes back, what was settled is not known then."""
    op.create_index(
        "settlement_due",
        "settlement",
        ["at"],
        schema="csms",
        postgresql_where=sa.text("status = 'Due'"),
    )
    op.execute(
        "INSERT INTO csms.settlement"
        " (station_id, psp_ref, status, amount, at, transaction_id, payload)"
        " SELECT station_id, psp_ref, status, 0, due_at, transaction_id, '{}'"
        " FROM csms.payment_settling WHERE status = 'Due' ON CONFLICT DO NOTHING"
    )
    op.drop_table("payment_settling", schema="csms")
