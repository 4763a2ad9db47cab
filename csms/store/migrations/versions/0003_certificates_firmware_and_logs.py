"""Tables of schema csms for certificates, firmware and logs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "csms_0003"
down_revision = "csms_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.execute(sa.schema.CreateSequence(sa.Sequence("job_request_seq", schema="csms")))
    op.create_table(
        "station_security",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("security_profile", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("common_name", sa.Text(), nullable=True),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("station_id"),
        schema="csms",
    )
    op.create_table(
        "station_password",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("password_hmac", sa.LargeBinary(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "password_hmac"),
        schema="csms",
    )
    op.create_table(
        "station_certificate",
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("certificate_type", sa.Text(), nullable=False),
        sa.Column("csr", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("serial_number", sa.Text(), nullable=True),
        sa.Column("chain", sa.Text(), nullable=True),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("certificate_id"),
        schema="csms",
    )
    op.create_index(
        "station_certificate_by_serial",
        "station_certificate",
        ["serial_number"],
        unique=False,
        schema="csms",
    )
    op.create_index(
        "station_certificate_by_station",
        "station_certificate",
        ["station_id", "requested_at"],
        unique=False,
        schema="csms",
    )
    op.create_table(
        "installed_certificate",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("certificate_type", sa.Text(), nullable=False),
        sa.Column("hash_algorithm", sa.Text(), nullable=False),
        sa.Column("issuer_name_hash", sa.Text(), nullable=False),
        sa.Column("issuer_key_hash", sa.Text(), nullable=False),
        sa.Column("serial_number", sa.Text(), nullable=False),
        sa.Column(
            "children",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "station_id",
            "certificate_type",
            "hash_algorithm",
            "issuer_name_hash",
            "issuer_key_hash",
            "serial_number",
        ),
        schema="csms",
    )
    op.create_table(
        "station_job",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "payload",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("station_id", "kind", "request_id"),
        schema="csms",
    )
    op.create_index(
        "station_job_newest", "station_job", ["station_id", "asked_at"], unique=False, schema="csms"
    )
    op.create_table(
        "station_job_status",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("station_id", "kind", "request_id", "at", "status"),
        schema="csms",
    )
    op.create_table(
        "log_upload",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("log_type", sa.Text(), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("upload_id"),
        sa.UniqueConstraint("token_hash"),
        schema="csms",
    )
    op.create_index(
        "log_upload_by_station",
        "log_upload",
        ["station_id", "created_at"],
        unique=False,
        schema="csms",
    )
    op.create_table(
        "firmware_campaign",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("firmware", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("stages_pct", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("stop_above_failed_pct", sa.Float(), nullable=False),
        sa.Column("stage", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'running'"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id"),
        schema="csms",
    )
    op.create_index(
        "firmware_campaign_running",
        "firmware_campaign",
        ["campaign_id"],
        unique=False,
        schema="csms",
        postgresql_where=sa.text("status = 'running'"),
    )
    op.create_table(
        "firmware_campaign_station",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("command_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("campaign_id", "station_id"),
        schema="csms",
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("firmware_campaign_station", schema="csms")
    op.drop_table("firmware_campaign", schema="csms")
    op.drop_table("log_upload", schema="csms")
    op.drop_table("station_job_status", schema="csms")
    op.drop_table("station_job", schema="csms")
    op.drop_table("installed_certificate", schema="csms")
    op.drop_table("station_certificate", schema="csms")
    op.drop_table("station_password", schema="csms")
    op.drop_table("station_security", schema="csms")
    op.execute(sa.schema.DropSequence(sa.Sequence("job_request_seq", schema="csms")))
