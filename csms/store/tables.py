"""The tables of schema `csms`. Alembic's migrations give the same; a test holds them equal."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(schema="csms")
At = DateTime(timezone=True)

command_version_seq = Sequence("command_version_seq", metadata=metadata, schema="csms")

charging_station = Table(
    "charging_station",
    metadata,
    Column("station_id", Text, primary_key=True),
    Column("password_hmac", LargeBinary, nullable=False),
    Column("vendor", Text),
    Column("model", Text),
    Column("firmware_version", Text),
    Column("serial_number", Text),
    Column("ocpp_version", Text),
    Column("registration_status", Text),
    Column("provisioned", Boolean, nullable=False, server_default=text("false")),
    Column("connected", Boolean, nullable=False, server_default=text("false")),
    Column("connection_epoch", BigInteger, nullable=False, server_default=text("0")),
    Column("connected_at", At),
    Column("last_seen_at", At),
    Column("booted_at", At),
    Column("discharge_dialect", Text, nullable=False, server_default=text("'none'")),
    Column("discharge_proven_at", At),
    Column("discharge_fault", Text),
    Column("floor_w", Float, nullable=False, server_default=text("1400")),
    Column("sample_interval_s", Integer, nullable=False, server_default=text("60")),
    Column("created_at", At, nullable=False, server_default=text("now()")),
)

connector = Table(
    "connector",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("evse_id", Integer, nullable=False),
    Column("connector_id", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("status_at", At, nullable=False),
    PrimaryKeyConstraint("station_id", "evse_id", "connector_id"),
)

evse = Table(
    "evse",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("evse_id", Integer, nullable=False),
    Column("transaction_id", Text),
    Column("power_w", Float),
    Column("power_at", At),
    Column("import_wh", Float),
    Column("export_wh", Float),
    Column("soc_pct", Float),
    Column("soc_at", At),
    Column("setpoint_w", Float),
    Column("setpoint_until", At),
    Column("setpoint_version", BigInteger),
    Column("setpoint_status", Text),
    Column("setpoint_at", At),
    Column("composite_w", Float),
    Column("updated_at", At, nullable=False),
    PrimaryKeyConstraint("station_id", "evse_id"),
)

transaction_event = Table(
    "transaction_event",
    metadata,
    Column("event_id", BigInteger, primary_key=True, autoincrement=True),
    Column("station_id", Text, nullable=False),
    Column("transaction_id", Text, nullable=False),
    Column("seq_no", Integer, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("at", At, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("received_at", At, nullable=False),
    Column("trigger_reason", Text, nullable=False),
    Column("offline", Boolean, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("flags", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    UniqueConstraint(
        "station_id", "transaction_id", "seq_no", "event_type", "at", "content_hash",
        name="transaction_event_identity",
    ),  # fmt: skip
)

transaction = Table(
    "transaction",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("transaction_id", Text, nullable=False),
    Column("evse_id", Integer),
    Column("connector_id", Integer),
    Column("id_token", Text),
    Column("started_at", At, nullable=False),
    Column("ended_at", At),
    Column("last_event_at", At, nullable=False),
    Column("imported_wh", Float, nullable=False),
    Column("exported_wh", Float, nullable=False),
    Column("charging_state", Text),
    Column("stopped_reason", Text),
    Column("event_count", Integer, nullable=False),
    Column("flags", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    PrimaryKeyConstraint("station_id", "transaction_id"),
    Index("transaction_started_at", "started_at"),
    Index("transaction_open", "station_id", "evse_id", postgresql_where=text("ended_at IS NULL")),
)

meter_reading = Table(
    "meter_reading",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("evse_id", Integer, nullable=False),
    Column("at", At, nullable=False),
    Column("context", Text, nullable=False),
    Column("transaction_id", Text),
    Column("received_at", At, nullable=False),
    Column("power_w", Float),
    Column("import_wh", Float),
    Column("export_wh", Float),
    Column("soc_pct", Float),
    Column("current_a", Float),
    Column("voltage_v", Float),
    Column("flags", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    PrimaryKeyConstraint("station_id", "evse_id", "at", "context"),
)

charging_needs = Table(
    "charging_needs",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("evse_id", Integer, nullable=False),
    Column("at", At, nullable=False),
    Column("departure_at", At),
    Column("energy_wh", Float),
    Column("capacity_wh", Float),
    Column("soc_pct", Float),
    Column("max_charge_w", Float),
    Column("payload", JSONB, nullable=False, server_default=text("'{}'")),
    PrimaryKeyConstraint("station_id", "evse_id"),
)

command = Table(
    "command",
    metadata,
    Column("command_id", Uuid, primary_key=True),
    Column("station_id", Text, nullable=False),
    Column("evse_id", Integer),
    Column("kind", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("version", BigInteger),
    Column("requested_by", Text, nullable=False),
    Column("created_at", At, nullable=False),
    Column("deadline_at", At, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'pending'")),
    Column("reason", Text),
    Column("response", JSONB),
    Column("sent_at", At),
    Column("finished_at", At),
    Index("command_pending", "station_id", postgresql_where=text("status = 'pending'")),
    Index("command_by_station", "station_id", "created_at"),
)

variable = Table(
    "variable",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("component", Text, nullable=False),
    Column("component_instance", Text, nullable=False),
    Column("evse_id", Integer, nullable=False),
    Column("variable", Text, nullable=False),
    Column("variable_instance", Text, nullable=False),
    Column("attribute", Text, nullable=False),
    Column("value", Text),
    Column("mutability", Text),
    Column("reported_at", At, nullable=False),
    PrimaryKeyConstraint(
        "station_id", "component", "component_instance", "evse_id",
        "variable", "variable_instance", "attribute",
    ),  # fmt: skip
)

station_notice = Table(
    "station_notice",
    metadata,
    Column("notice_id", BigInteger, primary_key=True, autoincrement=True),
    Column("station_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", At, nullable=False),
    Column("received_at", At, nullable=False),
    Column("severity", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Index("station_notice_by_station", "station_id", "received_at"),
)

ocpp_message = Table(
    "ocpp_message",
    metadata,
    Column("message_row_id", BigInteger, primary_key=True, autoincrement=True),
    Column("station_id", Text, nullable=False),
    Column("at", At, nullable=False),
    Column("direction", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Index("ocpp_message_by_station", "station_id", "message_row_id"),
)

id_token = Table(
    "id_token",
    metadata,
    Column("id_token", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("group_id_token", Text),
    Column("updated_at", At, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("outbox_id", BigInteger, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("station_id", Text),
    Column("site_id", Text),
    Column("at", At, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("published_at", At),
    Index("outbox_unpublished", "outbox_id", postgresql_where=text("published_at IS NULL")),
)
