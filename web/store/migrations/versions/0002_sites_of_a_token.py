"""A token may be good for some sites only."""

import sqlalchemy as sa
from alembic import op

revision = "web_0002"
down_revision = "web_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Those that are there stay good for all."""
    op.add_column("api_token", sa.Column("site_ids", sa.ARRAY(sa.Text())), schema="web")


def downgrade() -> None:
    """A token for some sites must not become one for all."""
    op.execute("DELETE FROM web.api_token WHERE site_ids IS NOT NULL")
    op.drop_column("api_token", "site_ids", schema="web")
