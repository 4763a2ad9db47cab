"""Tables of schema csms for what OCPP 1.6 needs."""

import sqlalchemy as sa
from alembic import op

revision = "csms_0006"
down_revision = "csms_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    numbers = sa.Sequence(
        "transaction_number_seq", schema="csms", start=1_000_000, maxvalue=2**31 - 1
    )
    op.execute(sa.schema.CreateSequence(numbers))
    op.create_table(
        "transaction_number",
        sa.Column("transaction_number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("start_hash", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("station_id", "start_hash", name="transaction_number_identity"),
        schema="csms",
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("transaction_number", schema="csms")
    op.execute(sa.schema.DropSequence(sa.Sequence("transaction_number_seq", schema="csms")))
