"""The first tables of schema csms."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "csms_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.execute(sa.schema.CreateSequence(sa.Sequence("command_version_seq", schema="csms")))
    op.create_table(
        "charging_needs",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("departure_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("energy_wh", sa.Float(), nullable=True),
        sa.Column("capacity_wh", sa.Float(), nullable=True),
        sa.Column("soc_pct", sa.Float(), nullable=True),
        sa.Column("max_charge_w", sa.Float(), nullable=True),
        sa.Column(
            "payload",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("station_id", "evse_id"),
        schema="csms",
    )
    op.create_table(
        "charging_station",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("password_hmac", sa.LargeBinary(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("firmware_version", sa.Text(), nullable=True),
        sa.Column("serial_number", sa.Text(), nullable=True),
        sa.Column("ocpp_version", sa.Text(), nullable=True),
        sa.Column("registration_status", sa.Text(), nullable=True),
        sa.Column("provisioned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("connected", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("connection_epoch", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("connection_owner", sa.Text(), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("discharge_dialect", sa.Text(), server_default=sa.text("'none'"), nullable=False),
        sa.Column("discharge_proven_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("discharge_fault", sa.Text(), nullable=True),
        sa.Column("floor_w", sa.Float(), server_default=sa.text("1400"), nullable=False),
        sa.Column("sample_interval_s", sa.Integer(), server_default=sa.text("60"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("station_id"),
        schema="csms",
    )
    op.create_table(
        "command",
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("response", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("command_id"),
        schema="csms",
    )
    op.create_index(
        "command_by_station", "command", ["station_id", "created_at"], unique=False, schema="csms"
    )
    op.create_index(
        "command_pending",
        "command",
        ["station_id"],
        unique=False,
        schema="csms",
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "connector",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=False),
        sa.Column("connector_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "evse_id", "connector_id"),
        schema="csms",
    )
    op.create_table(
        "evse",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=True),
        sa.Column("power_w", sa.Float(), nullable=True),
        sa.Column("power_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("import_wh", sa.Float(), nullable=True),
        sa.Column("export_wh", sa.Float(), nullable=True),
        sa.Column("register_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("soc_pct", sa.Float(), nullable=True),
        sa.Column("soc_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("setpoint_w", sa.Float(), nullable=True),
        sa.Column("setpoint_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("setpoint_version", sa.BigInteger(), nullable=True),
        sa.Column("setpoint_status", sa.Text(), nullable=True),
        sa.Column("setpoint_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("composite_w", sa.Float(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "evse_id"),
        schema="csms",
    )
    op.create_table(
        "id_token",
        sa.Column("id_token", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("group_id_token", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id_token"),
        schema="csms",
    )
    op.create_table(
        "meter_reading",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("power_w", sa.Float(), nullable=True),
        sa.Column("import_wh", sa.Float(), nullable=True),
        sa.Column("export_wh", sa.Float(), nullable=True),
        sa.Column("soc_pct", sa.Float(), nullable=True),
        sa.Column("current_a", sa.Float(), nullable=True),
        sa.Column("voltage_v", sa.Float(), nullable=True),
        sa.Column("flags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "evse_id", "at", "context"),
        schema="csms",
    )
    op.create_table(
        "ocpp_message",
        sa.Column("message_row_id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("message_row_id"),
        schema="csms",
    )
    op.create_index(
        "ocpp_message_by_station",
        "ocpp_message",
        ["station_id", "message_row_id"],
        unique=False,
        schema="csms",
    )
    op.create_table(
        "outbox",
        sa.Column("outbox_id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=True),
        sa.Column("site_id", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("outbox_id"),
        schema="csms",
    )
    op.create_index(
        "outbox_unpublished",
        "outbox",
        ["outbox_id"],
        unique=False,
        schema="csms",
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_table(
        "process_heartbeat",
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("process"),
        schema="csms",
    )
    op.create_table(
        "station_notice",
        sa.Column("notice_id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("notice_id"),
        sa.UniqueConstraint(
            "station_id", "kind", "at", "content_hash", name="station_notice_identity"
        ),
        schema="csms",
    )
    op.create_index(
        "station_notice_by_station",
        "station_notice",
        ["station_id", "received_at"],
        unique=False,
        schema="csms",
    )
    op.create_table(
        "transaction",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=True),
        sa.Column("connector_id", sa.Integer(), nullable=True),
        sa.Column("id_token", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_event_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_wh", sa.Float(), nullable=False),
        sa.Column("exported_wh", sa.Float(), nullable=False),
        sa.Column("charging_state", sa.Text(), nullable=True),
        sa.Column("stopped_reason", sa.Text(), nullable=True),
        sa.Column("event_count", sa.Integer(), nullable=False),
        sa.Column("flags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "transaction_id"),
        schema="csms",
    )
    op.create_index(
        "transaction_by_evse",
        "transaction",
        ["station_id", "evse_id", "started_at"],
        unique=False,
        schema="csms",
    )
    op.create_index(
        "transaction_open",
        "transaction",
        ["station_id", "evse_id"],
        unique=False,
        schema="csms",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "transaction_started_at", "transaction", ["started_at"], unique=False, schema="csms"
    )
    op.create_table(
        "transaction_event",
        sa.Column("event_id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("seq_no", sa.Integer(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trigger_reason", sa.Text(), nullable=False),
        sa.Column("offline", sa.Boolean(), nullable=False),
        sa.Column("ocpp_version", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("flags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
        sa.UniqueConstraint(
            "station_id",
            "transaction_id",
            "seq_no",
            "event_type",
            "at",
            "content_hash",
            name="transaction_event_identity",
        ),
        schema="csms",
    )
    op.create_table(
        "variable",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("component_instance", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=False),
        sa.Column("variable", sa.Text(), nullable=False),
        sa.Column("variable_instance", sa.Text(), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("mutability", sa.Text(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "station_id",
            "component",
            "component_instance",
            "evse_id",
            "variable",
            "variable_instance",
            "attribute",
        ),
        schema="csms",
    )
    # ### end Alembic commands ###


def downgrade() -> None:
    """Drop them."""
    op.drop_table("variable", schema="csms")
    op.drop_table("transaction_event", schema="csms")
    op.drop_index("transaction_started_at", table_name="transaction", schema="csms")
    op.drop_index(
        "transaction_open",
        table_name="transaction",
        schema="csms",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index("transaction_by_evse", table_name="transaction", schema="csms")
    op.drop_table("transaction", schema="csms")
    op.drop_index("station_notice_by_station", table_name="station_notice", schema="csms")
    op.drop_table("station_notice", schema="csms")
    op.drop_table("process_heartbeat", schema="csms")
    op.drop_index(
        "outbox_unpublished",
        table_name="outbox",
        schema="csms",
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.drop_table("outbox", schema="csms")
    op.drop_index("ocpp_message_by_station", table_name="ocpp_message", schema="csms")
    op.drop_table("ocpp_message", schema="csms")
    op.drop_table("meter_reading", schema="csms")
    op.drop_table("id_token", schema="csms")
    op.drop_table("evse", schema="csms")
    op.drop_table("connector", schema="csms")
    op.drop_index(
        "command_pending",
        table_name="command",
        schema="csms",
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.drop_index("command_by_station", table_name="command", schema="csms")
    op.drop_table("command", schema="csms")
    op.drop_table("charging_station", schema="csms")
    op.drop_table("charging_needs", schema="csms")
    op.execute(sa.schema.DropSequence(sa.Sequence("command_version_seq", schema="csms")))
