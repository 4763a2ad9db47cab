"""The log of OCPP messages keeps payloads as told: nobody asks what is in them."""

from alembic import op

revision = "csms_0010"
down_revision = "csms_0009"
branch_labels = None
depends_on = None

TO_TYPE = "ALTER TABLE csms.ocpp_message ALTER COLUMN payload TYPE {0} USING payload::{0}"


def upgrade() -> None:
    """As text that is JSON: written in half the time."""
    op.execute(TO_TYPE.format("json"))


def downgrade() -> None:
    """As PostgreSQL takes it apart."""
    op.execute(TO_TYPE.format("jsonb"))
