"""A token may speak for the drivers of some vehicles."""

import sqlalchemy as sa
from alembic import op

revision = "web_0004"
down_revision = "web_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Those that are there speak for none."""
    op.add_column("api_token", sa.Column("vehicle_ids", sa.ARRAY(sa.Text())), schema="web")


def downgrade() -> None:
    """A token for one vehicle must not become one for all."""
    op.execute("DELETE FROM web.api_token WHERE vehicle_ids IS NOT NULL")
    op.drop_column("api_token", "vehicle_ids", schema="web")
