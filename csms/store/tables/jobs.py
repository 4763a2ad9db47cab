"""Long work at stations with its timeline, uploads that we wait for, and firmware campaigns."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from csms.store.tables.core import At, metadata

job_request_seq = Sequence("job_request_seq", metadata=metadata, schema="csms")

station_job = Table(
    "station_job",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("request_id", Integer, nullable=False),
    Column("command_id", Uuid),
    Column("asked_at", At),
    Column("payload", JSONB, nullable=False, server_default=text("'{}'")),
    Column("answer", Text),
    Column("status", Text),
    Column("status_at", At),
    PrimaryKeyConstraint("station_id", "kind", "request_id"),
    Index("station_job_newest", "station_id", "asked_at"),
)

station_job_status = Table(
    "station_job_status",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("request_id", Integer, nullable=False),
    Column("at", At, nullable=False),
    Column("status", Text, nullable=False),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'")),
    PrimaryKeyConstraint("station_id", "kind", "request_id", "at", "status"),
)

log_upload = Table(
    "log_upload",
    metadata,
    Column("upload_id", Uuid, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("station_id", Text, nullable=False),
    Column("request_id", Integer, nullable=False),
    Column("log_type", Text, nullable=False),
    Column("command_id", Uuid, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("created_at", At, nullable=False),
    Column("expires_at", At, nullable=False),
    Column("received_at", At),
    Column("size_bytes", BigInteger),
    Column("sha256", Text),
    Index("log_upload_by_station", "station_id", "created_at"),
)

firmware_campaign = Table(
    "firmware_campaign",
    metadata,
    Column("campaign_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("firmware", JSONB, nullable=False),
    Column("stages_pct", JSONB, nullable=False),
    Column("stop_above_failed_pct", Float, nullable=False),
    Column("stage", Integer, nullable=False, server_default=text("0")),
    Column("status", Text, nullable=False, server_default=text("'running'")),
    Column("reason", Text),
    Column("created_at", At, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("status_at", At, nullable=False),
    Index("firmware_campaign_running", "campaign_id", postgresql_where=text("status = 'running'")),
)

firmware_campaign_station = Table(
    "firmware_campaign_station",
    metadata,
    Column("campaign_id", Uuid, nullable=False),
    Column("station_id", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("request_id", Integer),
    Column("command_id", Uuid),
    Column("asked_at", At),
    PrimaryKeyConstraint("campaign_id", "station_id"),
)
