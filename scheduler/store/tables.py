"""The tables of schema `scheduler`. Alembic's migrations give the same; a test holds them equal."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(schema="scheduler")
At = DateTime(timezone=True)

site = Table(
    "site",
    metadata,
    Column("site_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("config", JSONB, nullable=False),
    Column("loaded_at", At, nullable=False),
)

site_evse = Table(
    "site_evse",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("evse_id", Integer, nullable=False),
    Column("site_id", Text, ForeignKey(site.c.site_id), nullable=False),
    Column("circuit_id", Text, nullable=False),
    Column("max_charge_w", Float, nullable=False),
    Column("max_discharge_w", Float, nullable=False),
    Column("min_charge_w", Float, nullable=False),
    Column("phases", Integer, nullable=False),
    Column("lines", Text),
    Column("voltage_v", Float, nullable=False),
    Column("step_w", Float, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("station_id", "evse_id"),
    Index("site_evse_by_site", "site_id"),
)

vehicle = Table(
    "vehicle",
    metadata,
    Column("vehicle_id", Text, primary_key=True),
    Column("site_id", Text, ForeignKey(site.c.site_id), nullable=False),
    Column("name", Text),
    Column("id_token", Text, unique=True, nullable=False),
    Column("capacity_wh", Float),
    Column("max_charge_w", Float),
    Column("max_discharge_w", Float),
    Column("v2g_allowed", Boolean, nullable=False, server_default=text("true")),
    Column("v2g_floor_soc_pct", Float),
    Column("v2g_paused_until", At),
    Column("boost_at", At),
    Column("boost_until", At),
    Column("departure_at", At),
    Column("target_soc_pct", Float),
    Column("requested_wh", Float),
    Column("demand_source", Text),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    Column("updated_at", At, nullable=False),
)

plan = Table(
    "plan",
    metadata,
    Column("plan_id", Uuid, primary_key=True),
    Column("site_id", Text, ForeignKey(site.c.site_id), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("made_at", At, nullable=False),
    Column("starts_at", At, nullable=False),
    Column("slot_s", Integer, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("solve_s", Float, nullable=False),
    Column("objective_gbp", Float),
    Column("as_of_outbox_id", BigInteger, nullable=False),
    Column("series", JSONB, nullable=False),
    Column("notes", JSONB, nullable=False, server_default=text("'[]'")),
    Column("gap_ratio", Float),
    Column("prices", JSONB),
    UniqueConstraint("site_id", "version"),
)

plan_setpoint = Table(
    "plan_setpoint",
    metadata,
    Column("plan_id", Uuid, ForeignKey(plan.c.plan_id, ondelete="CASCADE"), nullable=False),
    Column("station_id", Text, nullable=False),
    Column("evse_id", Integer, nullable=False),
    Column("vehicle_id", Text),
    Column("transaction_id", Text),
    Column("departure_at", At),
    Column("energy_wh", ARRAY(Float), nullable=False),
    Column("setpoint_w", ARRAY(Float), nullable=False),
    Column("why", JSONB, nullable=False),
    PrimaryKeyConstraint("plan_id", "station_id", "evse_id"),
)

planning_input = Table(
    "planning_input",
    metadata,
    Column("plan_id", Uuid, ForeignKey(plan.c.plan_id, ondelete="CASCADE"), primary_key=True),
    Column("issued_at", At, nullable=False),
    Column("starts_at", At, nullable=False),
    Column("slot_s", Integer, nullable=False),
    Column("load_w", ARRAY(Float, dimensions=2), nullable=False),
    Column("solar_w", ARRAY(Float, dimensions=2), nullable=False),
    Column("wind_w", ARRAY(Float, dimensions=2), nullable=False),
    Column("foretold", Boolean, nullable=False, server_default=text("false")),
    Column("rest", LargeBinary, nullable=False),
    Index("planning_input_by_issue", "issued_at"),
)

site_lesson = Table(
    "site_lesson",
    metadata,
    Column("site_id", Text, ForeignKey(site.c.site_id), primary_key=True),
    Column("at", At, nullable=False),
    Column("learned", LargeBinary, nullable=False),
)

weather = Table(
    "weather",
    metadata,
    Column("site_id", Text, ForeignKey(site.c.site_id), nullable=False),
    Column("issued_at", At, nullable=False),
    Column("received_at", At, nullable=False),
    Column("ends_at", At, nullable=False),
    Column("foretold", LargeBinary, nullable=False),
    PrimaryKeyConstraint("site_id", "issued_at"),
)

site_reading = Table(
    "site_reading",
    metadata,
    Column("site_id", Text, nullable=False),
    Column("at", At, nullable=False),
    Column("grid_w", Float),
    Column("load_w", Float),
    Column("solar_w", Float),
    Column("wind_w", Float),
    Column("store_w", Float),
    Column("store_soc_pct", Float),
    Column("fleet_charge_w", Float),
    Column("fleet_discharge_w", Float),
    Column("quality", Text, nullable=False),
    PrimaryKeyConstraint("site_id", "at"),
)

site_state = Table(
    "site_state",
    metadata,
    Column("site_id", Text, ForeignKey(site.c.site_id), primary_key=True),
    Column("at", At, nullable=False),
    Column("mode", Text, nullable=False),
    Column("plan_version", BigInteger),
    Column("signal_id", Uuid),
    Column("import_bound_w", Float, nullable=False),
    Column("export_bound_w", Float, nullable=False),
    Column("target_grid_w", Float),
    Column("store_setpoint_w", Float),
    Column("explanation", JSONB, nullable=False),
)

controller_lease = Table(
    "controller_lease",
    metadata,
    Column("site_id", Text, ForeignKey(site.c.site_id), primary_key=True),
    Column("holder", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("expires_at", At, nullable=False),
)

signal = Table(
    "signal",
    metadata,
    Column("signal_id", Uuid, primary_key=True),
    Column("site_id", Text, ForeignKey(site.c.site_id), nullable=False),
    Column("operator", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("starts_at", At, nullable=False),
    Column("ends_at", At, nullable=False),
    Column("import_max_w", Float),
    Column("export_max_w", Float),
    Column("site_power_w", Float),
    Column("delta_w", Float),
    Column("no_rebound_before_s", Integer, nullable=False, server_default=text("0")),
    Column("no_rebound_after_s", Integer, nullable=False, server_default=text("0")),
    Column("reserve_down_w", Float),
    Column("reserve_up_w", Float),
    Column("reserve_s", Integer, nullable=False, server_default=text("0")),
    Column("status", Text, nullable=False),
    Column("created_at", At, nullable=False),
    Column("acknowledged_at", At),
    Column("acknowledgement", JSONB),
    Column("baseline", JSONB),
    Column("settled_at", At),
    UniqueConstraint("site_id", "operator", "external_id", "revision"),
    Index("signal_by_window", "site_id", "starts_at"),
)

settlement = Table(
    "settlement",
    metadata,
    Column("signal_id", Uuid, ForeignKey(signal.c.signal_id), nullable=False),
    Column("interval_s", Integer, nullable=False),
    Column("starts_at", At, nullable=False),
    Column("duration_s", Integer, nullable=False),
    Column("baseline_wh", Float, nullable=False),
    Column("metered_wh", Float, nullable=False),
    Column("requested_wh", Float, nullable=False),
    Column("delivered_wh", Float, nullable=False),
    Column("delivered_ratio", Float),
    Column("reading_count", Integer, nullable=False),
    Column("complete", Boolean, nullable=False),
    PrimaryKeyConstraint("signal_id", "interval_s", "starts_at"),
)

proof = Table(
    "proof",
    metadata,
    Column("site_id", Text, nullable=False),
    Column("starts_at", At, nullable=False),
    Column("station_id", Text, nullable=False),
    Column("evse_id", Integer, nullable=False),
    Column("transaction_id", Text, nullable=False),
    Column("duration_s", Float, nullable=False),
    Column("planned_w", Float),
    Column("sent_w", Float, nullable=False),
    Column("confirmed_w", Float, nullable=False),
    Column("composite_w", Float),
    Column("import_wh", Float, nullable=False),
    Column("export_wh", Float, nullable=False),
    Column("import_max_wh", Float, nullable=False),
    Column("export_max_wh", Float, nullable=False),
    Column("reading_count", Integer, nullable=False),
    Column("deviation", Text, nullable=False),
    PrimaryKeyConstraint("site_id", "starts_at", "station_id", "evse_id", "transaction_id"),
    Index("proof_by_evse", "station_id", "evse_id", "starts_at"),
)

proof_progress = Table(
    "proof_progress",
    metadata,
    Column("site_id", Text, ForeignKey(site.c.site_id), primary_key=True),
    Column("until", At, nullable=False),
    Column("at", At, nullable=False),
)

alarm = Table(
    "alarm",
    metadata,
    Column("alarm_id", BigInteger, primary_key=True, autoincrement=True),
    Column("site_id", Text),
    Column("station_id", Text),
    Column("code", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("data", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("raised_at", At, nullable=False),
    Column("cleared_at", At),
    Index(
        "alarm_open", "site_id", "station_id", "code", unique=True,
        postgresql_where=text("cleared_at IS NULL"), postgresql_nulls_not_distinct=True,
    ),
)  # fmt: skip

decision = Table(
    "decision",
    metadata,
    Column("site_id", Text, ForeignKey(site.c.site_id), nullable=False),
    Column("began_at", At, nullable=False),
    Column("rule", Text, nullable=False),
    Column("actuator", Text, nullable=False),
    Column("ended_at", At),
    Column("most_w", Float, nullable=False),
    Column("evses", Integer, nullable=False),
    PrimaryKeyConstraint("site_id", "began_at", "rule", "actuator"),
)
