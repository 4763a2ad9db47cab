"""Schema csms remembers under which pepper its passwords were kept first: by a fingerprint."""

import sqlalchemy as sa
from alembic import op

revision = "csms_0015"
down_revision = "csms_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table: of one row, which the first to come writes."""
    op.create_table(
        "pepper",
        sa.Column("single", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("single"),
        sa.CheckConstraint("single", name="pepper_single"),
        schema="csms",
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("pepper", schema="csms")
