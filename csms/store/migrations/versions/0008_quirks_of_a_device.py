"""Quirks are learned of one device: its hardware and its firmware."""

import sqlalchemy as sa
from alembic import op

revision = "csms_0008"
down_revision = "csms_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take what was learned so far for the device that is there."""
    op.add_column("station_quirk", sa.Column("device", sa.Text()), schema="csms")
    op.execute(
        "UPDATE csms.station_quirk quirk"
        " SET device = concat_ws(' ', vendor, model, firmware_version)"
        " FROM csms.charging_station station"
        " WHERE station.station_id = quirk.station_id AND source = 'learned'"
    )


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("station_quirk", "device", schema="csms")
