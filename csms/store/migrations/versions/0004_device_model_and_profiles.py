"""Tables of schema csms for device model and profiles."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "csms_0004"
down_revision = "csms_0003"
branch_labels = None
depends_on = None

JSONB = postgresql.JSONB(astext_type=sa.Text())
AT = sa.DateTime(timezone=True)
PLACE = ("component", "component_instance", "evse_id", "variable", "variable_instance")


def upgrade() -> None:
    """Make the tables."""
    _make_device_model()
    _make_monitoring()
    _make_profiles()
    _make_evidence()


def downgrade() -> None:
    """Drop the tables."""
    _drop_evidence()
    _drop_profiles()
    _drop_monitoring()
    _drop_device_model()


def _column(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _variable_columns() -> list[sa.Column[Any]]:
    return [
        _column("component", sa.Text()),
        _column("component_instance", sa.Text()),
        _column("evse_id", sa.Integer()),
        _column("connector_id", sa.Integer()),
        _column("variable", sa.Text()),
        _column("variable_instance", sa.Text()),
    ]


def _variable_key(*columns: str) -> None:
    op.drop_constraint("variable_pkey", "variable", schema="csms")
    op.create_primary_key("variable_pkey", "variable", ["station_id", *columns], schema="csms")


def _make_device_model() -> None:
    zero = sa.text("0")
    op.add_column(
        "charging_station",
        sa.Column("boot_policy", sa.Text(), server_default=sa.text("'provision'"), nullable=False),
        schema="csms",
    )
    for column in (
        sa.Column("connector_id", sa.Integer(), server_default=zero, nullable=False),
        sa.Column("persistent", sa.Boolean(), nullable=True),
        sa.Column("constant", sa.Boolean(), nullable=True),
        sa.Column("told_by", sa.Text(), server_default=sa.text("'NotifyReport'"), nullable=False),
    ):
        op.add_column("variable", column, schema="csms")
    _variable_key(*PLACE[:3], "connector_id", *PLACE[3:], "attribute")
    op.create_table(
        "variable_characteristics",
        _column("station_id", sa.Text()),
        *_variable_columns(),
        _column("data_type", sa.Text()),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("min_limit", sa.Float(), nullable=True),
        sa.Column("max_limit", sa.Float(), nullable=True),
        sa.Column("values_list", sa.Text(), nullable=True),
        _column("supports_monitoring", sa.Boolean()),
        _column("reported_at", AT),
        sa.PrimaryKeyConstraint("station_id", *PLACE[:3], "connector_id", *PLACE[3:]),
        schema="csms",
    )
    op.create_table(
        "device_report",
        _column("station_id", sa.Text()),
        _column("request_id", sa.BigInteger()),
        _column("base", sa.Text()),
        _column("asked_at", AT),
        _column("command_id", sa.Uuid()),
        _column("status", sa.Text()),
        sa.PrimaryKeyConstraint("station_id", "request_id"),
        schema="csms",
    )
    op.create_index(
        "device_report_by_base", "device_report", ["station_id", "base", "asked_at"], schema="csms"
    )
    op.create_table(
        "device_report_part",
        _column("station_id", sa.Text()),
        _column("request_id", sa.BigInteger()),
        _column("seq_no", sa.Integer()),
        _column("received_at", AT),
        _column("generated_at", AT),
        _column("more_follows", sa.Boolean()),
        _column("content", JSONB),
        sa.PrimaryKeyConstraint("station_id", "request_id", "seq_no"),
        schema="csms",
    )
    op.create_table(
        "network_profile",
        _column("station_id", sa.Text()),
        _column("slot", sa.Integer()),
        _column("set_at", AT),
        _column("connection_data", JSONB),
        sa.PrimaryKeyConstraint("station_id", "slot"),
        schema="csms",
    )
    op.create_table(
        "triggered_message",
        _column("station_id", sa.Text()),
        _column("action", sa.Text()),
        _column("at", AT),
        sa.PrimaryKeyConstraint("station_id", "action"),
        schema="csms",
    )


def _drop_device_model() -> None:
    for name in (
        "triggered_message",
        "network_profile",
        "device_report_part",
        "device_report",
        "variable_characteristics",
    ):
        op.drop_table(name, schema="csms")
    op.execute("DELETE FROM csms.variable WHERE connector_id <> 0")
    _variable_key(*PLACE, "attribute")
    for name in ("told_by", "constant", "persistent", "connector_id"):
        op.drop_column("variable", name, schema="csms")
    op.drop_column("charging_station", "boot_policy", schema="csms")


def _make_monitoring() -> None:
    op.create_table(
        "monitor",
        _column("station_id", sa.Text()),
        _column("monitor_id", sa.BigInteger()),
        _column("at", AT),
        *_variable_columns(),
        _column("type", sa.Text()),
        _column("value", sa.Float()),
        _column("severity", sa.Integer()),
        _column("during_transaction", sa.Boolean()),
        _column("ours", sa.Boolean()),
        sa.Column("cleared_at", AT, nullable=True),
        sa.PrimaryKeyConstraint("station_id", "monitor_id"),
        schema="csms",
    )
    op.create_table(
        "monitoring_setting",
        _column("station_id", sa.Text()),
        sa.Column("monitoring_base", sa.Text(), nullable=True),
        sa.Column("monitoring_base_at", AT, nullable=True),
        sa.Column("monitoring_level", sa.Integer(), nullable=True),
        sa.Column("monitoring_level_at", AT, nullable=True),
        sa.PrimaryKeyConstraint("station_id"),
        schema="csms",
    )
    op.create_table(
        "station_event",
        _column("station_id", sa.Text()),
        _column("event_id", sa.BigInteger()),
        _column("at", AT),
        _column("content_hash", sa.Text()),
        _column("received_at", AT),
        _column("trigger", sa.Text()),
        _column("notification_type", sa.Text()),
        *_variable_columns(),
        _column("actual_value", sa.Text()),
        _column("cleared", sa.Boolean()),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.Column("cause_event_id", sa.BigInteger(), nullable=True),
        sa.Column("monitor_id", sa.BigInteger(), nullable=True),
        sa.Column("tech_code", sa.Text(), nullable=True),
        sa.Column("tech_info", sa.Text(), nullable=True),
        sa.Column("transaction_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("station_id", "event_id", "at", "content_hash"),
        schema="csms",
    )
    op.create_index("station_event_by_time", "station_event", ["station_id", "at"], schema="csms")
    op.create_table(
        "station_alert",
        _column("station_id", sa.Text()),
        *_variable_columns(),
        _column("monitor_id", sa.BigInteger()),
        _column("at", AT),
        _column("event_id", sa.BigInteger()),
        _column("cleared", sa.Boolean()),
        sa.Column("severity", sa.Integer(), nullable=True),
        _column("actual_value", sa.Text()),
        sa.Column("tech_code", sa.Text(), nullable=True),
        sa.Column("tech_info", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("station_id", *PLACE[:3], "connector_id", *PLACE[3:], "monitor_id"),
        schema="csms",
    )
    op.create_index(
        "station_alert_open",
        "station_alert",
        ["station_id"],
        schema="csms",
        postgresql_where=sa.text("NOT cleared"),
    )


def _drop_monitoring() -> None:
    for name in ("station_alert", "station_event", "monitoring_setting", "monitor"):
        op.drop_table(name, schema="csms")


def _make_profiles() -> None:
    op.create_table(
        "charging_profile",
        _column("station_id", sa.Text()),
        _column("side", sa.Text()),
        _column("evse_id", sa.Integer()),
        _column("profile_id", sa.Integer()),
        _column("purpose", sa.Text()),
        _column("stack_level", sa.Integer()),
        _column("source", sa.Text()),
        sa.Column("request_id", sa.Integer(), nullable=True),
        _column("at", AT),
        _column("payload", JSONB),
        sa.PrimaryKeyConstraint("station_id", "side", "evse_id", "profile_id"),
        schema="csms",
    )
    op.create_table(
        "charging_profile_report",
        _column("station_id", sa.Text()),
        _column("request_id", sa.Integer()),
        _column("asked_at", AT),
        sa.Column("evse_id", sa.Integer(), nullable=True),
        _column("criterion", JSONB),
        sa.Column("completed_at", AT, nullable=True),
        sa.Column(
            "differences",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("station_id", "request_id"),
        schema="csms",
    )
    op.create_table(
        "charging_limit",
        _column("station_id", sa.Text()),
        _column("evse_id", sa.Integer()),
        _column("source", sa.Text()),
        _column("at", AT),
        _column("in_force", sa.Boolean()),
        _column("grid_critical", sa.Boolean()),
        _column("schedules", JSONB),
        sa.PrimaryKeyConstraint("station_id", "evse_id", "source"),
        schema="csms",
    )


def _drop_profiles() -> None:
    for name in ("charging_limit", "charging_profile_report", "charging_profile"):
        op.drop_table(name, schema="csms")


def _make_evidence() -> None:
    op.create_table(
        "signed_meter_value",
        _column("station_id", sa.Text()),
        _column("evse_id", sa.Integer()),
        _column("at", AT),
        _column("context", sa.Text()),
        _column("measurand", sa.Text()),
        _column("content_hash", sa.Text()),
        _column("received_at", AT),
        _column("signed_meter_data", sa.Text()),
        _column("signing_method", sa.Text()),
        _column("encoding_method", sa.Text()),
        _column("public_key", sa.Text()),
        sa.PrimaryKeyConstraint(
            "station_id", "evse_id", "at", "context", "measurand", "content_hash"
        ),
        schema="csms",
    )
    op.create_table(
        "transaction_status",
        _column("station_id", sa.Text()),
        _column("transaction_id", sa.Text()),
        _column("at", AT),
        _column("ongoing", sa.Boolean()),
        _column("messages_in_queue", sa.Boolean()),
        sa.PrimaryKeyConstraint("station_id", "transaction_id"),
        schema="csms",
    )
    for name in ("remote_start_id", "reservation_id"):
        op.add_column("transaction", sa.Column(name, sa.Integer(), nullable=True), schema="csms")


def _drop_evidence() -> None:
    for name in ("reservation_id", "remote_start_id"):
        op.drop_column("transaction", name, schema="csms")
    for name in ("transaction_status", "signed_meter_value"):
        op.drop_table(name, schema="csms")
