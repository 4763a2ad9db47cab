"""Schema csms keeps under which reference a payment is settled, how often a person changed what is
asked for (a provider that refused is asked under another key), and its currency."""

import sqlalchemy as sa
from alembic import op

revision = "csms_0017"
down_revision = "csms_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    asked_as = sa.Column("asked_as", sa.Text(), nullable=True)
    revised = sa.Column("revised", sa.Integer(), server_default=sa.text("0"), nullable=False)
    paid_currency = sa.Column("paid_currency", sa.Text(), nullable=True)
    op.add_column("id_token", paid_currency, schema="csms")
    op.add_column("payment_settling", asked_as, schema="csms")
    op.add_column("payment_settling", revised, schema="csms")


def downgrade() -> None:
    """Drop them."""
    op.drop_column("payment_settling", "revised", schema="csms")
    op.drop_column("payment_settling", "asked_as", schema="csms")
    op.drop_column("id_token", "paid_currency", schema="csms")
