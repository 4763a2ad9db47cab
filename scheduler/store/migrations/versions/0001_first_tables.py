"""The first tables of schema scheduler."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "scheduler_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "alarm",
        sa.Column("alarm_id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("site_id", sa.Text(), nullable=True),
        sa.Column("station_id", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("alarm_id"),
        schema="scheduler",
    )
    op.create_index(
        "alarm_open",
        "alarm",
        ["site_id", "station_id", "code"],
        unique=True,
        schema="scheduler",
        postgresql_where=sa.text("cleared_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "site",
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("config", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("site_id"),
        schema="scheduler",
    )
    op.create_table(
        "site_reading",
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grid_w", sa.Float(), nullable=True),
        sa.Column("load_w", sa.Float(), nullable=True),
        sa.Column("solar_w", sa.Float(), nullable=True),
        sa.Column("wind_w", sa.Float(), nullable=True),
        sa.Column("store_w", sa.Float(), nullable=True),
        sa.Column("store_soc_pct", sa.Float(), nullable=True),
        sa.Column("fleet_charge_w", sa.Float(), nullable=True),
        sa.Column("fleet_discharge_w", sa.Float(), nullable=True),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "at"),
        schema="scheduler",
    )
    op.create_table(
        "controller_lease",
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["scheduler.site.site_id"],
        ),
        sa.PrimaryKeyConstraint("site_id"),
        schema="scheduler",
    )
    op.create_table(
        "plan",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slot_s", sa.Integer(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("solve_s", sa.Float(), nullable=False),
        sa.Column("objective_gbp", sa.Float(), nullable=True),
        sa.Column("as_of_outbox_id", sa.BigInteger(), nullable=False),
        sa.Column("series", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "notes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["scheduler.site.site_id"],
        ),
        sa.PrimaryKeyConstraint("plan_id"),
        sa.UniqueConstraint("site_id", "version"),
        schema="scheduler",
    )
    op.create_table(
        "signal",
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("import_max_w", sa.Float(), nullable=True),
        sa.Column("export_max_w", sa.Float(), nullable=True),
        sa.Column("site_power_w", sa.Float(), nullable=True),
        sa.Column("delta_w", sa.Float(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledgement", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("baseline", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["scheduler.site.site_id"],
        ),
        sa.PrimaryKeyConstraint("signal_id"),
        sa.UniqueConstraint("site_id", "operator", "external_id", "revision"),
        schema="scheduler",
    )
    op.create_index(
        "signal_by_window", "signal", ["site_id", "starts_at"], unique=False, schema="scheduler"
    )
    op.create_table(
        "site_evse",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("circuit_id", sa.Text(), nullable=False),
        sa.Column("max_charge_w", sa.Float(), nullable=False),
        sa.Column("max_discharge_w", sa.Float(), nullable=False),
        sa.Column("min_charge_w", sa.Float(), nullable=False),
        sa.Column("phases", sa.Integer(), nullable=False),
        sa.Column("voltage_v", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["scheduler.site.site_id"],
        ),
        sa.PrimaryKeyConstraint("station_id", "evse_id"),
        schema="scheduler",
    )
    op.create_index("site_evse_by_site", "site_evse", ["site_id"], unique=False, schema="scheduler")
    op.create_table(
        "site_state",
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("plan_version", sa.BigInteger(), nullable=True),
        sa.Column("signal_id", sa.Uuid(), nullable=True),
        sa.Column("import_bound_w", sa.Float(), nullable=False),
        sa.Column("export_bound_w", sa.Float(), nullable=False),
        sa.Column("target_grid_w", sa.Float(), nullable=True),
        sa.Column("store_setpoint_w", sa.Float(), nullable=True),
        sa.Column("explanation", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["scheduler.site.site_id"],
        ),
        sa.PrimaryKeyConstraint("site_id"),
        schema="scheduler",
    )
    op.create_table(
        "vehicle",
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("id_token", sa.Text(), nullable=False),
        sa.Column("capacity_wh", sa.Float(), nullable=True),
        sa.Column("max_charge_w", sa.Float(), nullable=True),
        sa.Column("max_discharge_w", sa.Float(), nullable=True),
        sa.Column("v2g_allowed", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("v2g_floor_soc_pct", sa.Float(), nullable=True),
        sa.Column("departure_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("target_soc_pct", sa.Float(), nullable=True),
        sa.Column("requested_wh", sa.Float(), nullable=True),
        sa.Column("demand_source", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["scheduler.site.site_id"],
        ),
        sa.PrimaryKeyConstraint("vehicle_id"),
        sa.UniqueConstraint("id_token"),
        schema="scheduler",
    )
    op.create_table(
        "plan_setpoint",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=False),
        sa.Column("vehicle_id", sa.Text(), nullable=True),
        sa.Column("transaction_id", sa.Text(), nullable=True),
        sa.Column("departure_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("energy_wh", sa.ARRAY(sa.Float()), nullable=False),
        sa.Column("setpoint_w", sa.ARRAY(sa.Float()), nullable=False),
        sa.Column("why", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["scheduler.plan.plan_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("plan_id", "station_id", "evse_id"),
        schema="scheduler",
    )
    op.create_table(
        "settlement",
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("baseline_wh", sa.Float(), nullable=False),
        sa.Column("metered_wh", sa.Float(), nullable=False),
        sa.Column("requested_wh", sa.Float(), nullable=False),
        sa.Column("delivered_wh", sa.Float(), nullable=False),
        sa.Column("delivered_ratio", sa.Float(), nullable=True),
        sa.Column("reading_count", sa.Integer(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["signal_id"],
            ["scheduler.signal.signal_id"],
        ),
        sa.PrimaryKeyConstraint("signal_id", "starts_at", "duration_s"),
        schema="scheduler",
    )
    # ### end Alembic commands ###


def downgrade() -> None:
    """Drop them."""
    op.drop_table("settlement", schema="scheduler")
    op.drop_table("plan_setpoint", schema="scheduler")
    op.drop_table("vehicle", schema="scheduler")
    op.drop_table("site_state", schema="scheduler")
    op.drop_index("site_evse_by_site", table_name="site_evse", schema="scheduler")
    op.drop_table("site_evse", schema="scheduler")
    op.drop_index("signal_by_window", table_name="signal", schema="scheduler")
    op.drop_table("signal", schema="scheduler")
    op.drop_table("plan", schema="scheduler")
    op.drop_table("controller_lease", schema="scheduler")
    op.drop_table("site_reading", schema="scheduler")
    op.drop_table("site", schema="scheduler")
    op.drop_index(
        "alarm_open",
        table_name="alarm",
        schema="scheduler",
        postgresql_where=sa.text("cleared_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.drop_table("alarm", schema="scheduler")
