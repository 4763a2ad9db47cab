"""Schema csms keeps where a station's discharge dialect comes from, the allow-list or an operator,
and how long the station follows a setpoint without another word."""

import sqlalchemy as sa
from alembic import op

revision = "csms_0019"
down_revision = "csms_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    for name, kind in (
        ("discharge_dialect_listed", sa.Text()),
        ("discharge_dialect_set", sa.Text()),
        ("setpoint_holds_s", sa.Integer()),
    ):
        op.add_column("charging_station", sa.Column(name, kind, nullable=True), schema="csms")
    op.execute(
        "UPDATE csms.charging_station SET discharge_dialect_listed = discharge_dialect"
        " WHERE discharge_dialect IN ('negative_limit', 'datatransfer')"
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("setpoint_holds_s", "discharge_dialect_set", "discharge_dialect_listed"):
        op.drop_column("charging_station", name, schema="csms")
