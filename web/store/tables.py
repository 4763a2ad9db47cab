"""The tables of schema `web`: people, programs, what they did. Migrations give the same."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(schema="web")
At = DateTime(timezone=True)

user = Table(
    "user",
    metadata,
    Column("username", Text, primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", At, nullable=False, server_default=text("now()")),
    Column("disabled_at", At),
)

session = Table(
    "session",
    metadata,
    Column("session_hash", Text, primary_key=True),
    Column("username", Text, ForeignKey(user.c.username, ondelete="CASCADE"), nullable=False),
    Column("csrf_token", Text, nullable=False),
    Column("created_at", At, nullable=False),
    Column("expires_at", At, nullable=False),
)

api_token = Table(
    "api_token",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("site_ids", ARRAY(Text)),
    Column("vehicle_ids", ARRAY(Text)),
    Column("created_at", At, nullable=False, server_default=text("now()")),
    Column("expires_at", At),
    Column("revoked_at", At),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("principal", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("request_hash", Text, nullable=False),
    Column("status_code", Integer, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("created_at", At, nullable=False, server_default=text("now()")),
    PrimaryKeyConstraint("principal", "key"),
)

audit = Table(
    "audit",
    metadata,
    Column("audit_id", BigInteger, primary_key=True, autoincrement=True),
    Column("at", At, nullable=False, server_default=text("now()")),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Index("audit_by_object", "object_id"),
)

approval = Table(
    "approval",
    metadata,
    Column("approval_id", Uuid, primary_key=True),
    Column("action", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("payload_hash", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", At, nullable=False, server_default=text("now()")),
    Column("expires_at", At, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'waiting'")),
    Column("decided_by", Text),
    Column("decided_at", At),
    Column("answer", JSONB),
)
