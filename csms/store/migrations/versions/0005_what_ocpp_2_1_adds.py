"""Tables of schema csms for what OCPP 2.1 adds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "csms_0005"
down_revision = "csms_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "token_energy_transfer",
        sa.Column("id_token", sa.Text(), primary_key=True),
        sa.Column("modes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        schema="csms",
    )
    op.create_table(
        "transaction_energy_transfer",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("modes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "transaction_id"),
        schema="csms",
    )
    op.create_table(
        "dynamic_profile",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("profile_id", sa.Integer(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=False),
        sa.Column("transaction_id", sa.Text()),
        sa.Column("operation_mode", sa.Text(), nullable=False),
        sa.Column("duration_s", sa.Integer()),
        sa.Column("payload", JSONB()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "profile_id"),
        schema="csms",
    )
    op.create_table(
        "priority_charging",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("activated", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "transaction_id"),
        schema="csms",
    )
    op.create_table(
        "der_control",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("control_id", sa.Text(), nullable=False),
        sa.Column("control_type", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Integer()),
        sa.Column("starts_at", sa.DateTime(timezone=True)),
        sa.Column("duration_s", sa.Float()),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "control_id"),
        schema="csms",
    )
    op.create_table(
        "event_stream",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("variable_monitoring_id", sa.Integer(), nullable=False),
        sa.Column("interval_s", sa.Integer()),
        sa.Column("max_values", sa.Integer()),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("pending", sa.Integer()),
        sa.PrimaryKeyConstraint("station_id", "stream_id"),
        schema="csms",
    )
    op.create_table(
        "event_stream_value",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("variable_monitoring_id", sa.Integer()),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "stream_id", "at"),
        schema="csms",
    )
    op.create_table(
        "battery_swap",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("serial_number", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=False),
        sa.Column("id_token", sa.Text(), nullable=False),
        sa.Column("soc_pct", sa.Float(), nullable=False),
        sa.Column("soh_pct", sa.Float(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "request_id", "event", "serial_number"),
        schema="csms",
    )
    op.create_table(
        "settlement",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("psp_ref", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amount", sa.Float(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("transaction_id", sa.Text()),
        sa.Column("receipt_id", sa.Text()),
        sa.Column("receipt_url", sa.Text()),
        sa.Column("payload", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "psp_ref"),
        schema="csms",
    )
    op.create_table(
        "vat_company",
        sa.Column("vat_number", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address1", sa.Text(), nullable=False),
        sa.Column("address2", sa.Text()),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("postal_code", sa.Text()),
        sa.Column("country", sa.Text(), nullable=False),
        schema="csms",
    )
    op.create_table(
        "station_tariff",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=False),
        sa.Column("tariff_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "evse_id", "tariff_id"),
        schema="csms",
    )
    op.create_table(
        "transaction_tariff",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("tariff_id", sa.Text(), nullable=False),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "transaction_id"),
        schema="csms",
    )
    op.create_index(
        "settlement_by_transaction", "settlement", ["station_id", "transaction_id"], schema="csms"
    )
    op.add_column(
        "charging_needs", sa.Column("requested_energy_transfer", sa.Text()), schema="csms"
    )
    op.add_column("charging_needs", sa.Column("max_discharge_w", sa.Float()), schema="csms")
    op.add_column("charging_needs", sa.Column("target_soc_pct", sa.Float()), schema="csms")


def downgrade() -> None:
    """Drop the tables."""
    op.drop_column("charging_needs", "target_soc_pct", schema="csms")
    op.drop_column("charging_needs", "max_discharge_w", schema="csms")
    op.drop_column("charging_needs", "requested_energy_transfer", schema="csms")
    for name in (
        "transaction_tariff",
        "station_tariff",
        "vat_company",
        "settlement",
        "battery_swap",
        "event_stream_value",
        "event_stream",
        "der_control",
        "priority_charging",
        "dynamic_profile",
        "transaction_energy_transfer",
        "token_energy_transfer",
    ):
        op.drop_table(name, schema="csms")
