"""Id tokens, local lists, reservations, tariffs and costs, display messages, customer data."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from csms.store.tables.core import At, metadata

# A token is known by `id_key` (see TokenRef.key) and type; `id_token` is how it was written.
id_token = Table(
    "id_token",
    metadata,
    Column("id_key", Text, nullable=False),
    Column("type", Text, nullable=False, server_default=text("'Central'")),
    Column("id_token", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("group_id_token", Text),
    Column("group_type", Text),
    Column("valid_from", At),
    Column("expires_at", At),
    Column("cache_s", Integer),
    Column("charging_priority", Integer),
    Column("language1", Text),
    Column("language2", Text),
    Column("personal_message", JSONB(none_as_null=True)),
    Column("places", JSONB(none_as_null=True)),
    Column("paid_in", Numeric),
    Column("paid_currency", Text),
    Column("limits", JSONB(none_as_null=True)),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("updated_at", At, nullable=False),
    PrimaryKeyConstraint("id_key", "type", name="id_token_pkey"),
)

# `entries`: what the station holds, token → a digest of what it was told, and its spelling.
local_list = Table(
    "local_list",
    metadata,
    Column("station_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("entries", JSONB),
    Column("updated_at", At, nullable=False),
)

reservation = Table(
    "reservation",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("reservation_id", Integer, nullable=False),
    Column("evse_id", Integer),
    Column("connector_type", Text),
    Column("id_token", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("group_id_token", Text),
    Column("expires_at", At, nullable=False),
    Column("status", Text, nullable=False),
    Column("transaction_id", Text),
    Column("asked_at", At, nullable=False),
    Column("updated_at", At, nullable=False),
    PrimaryKeyConstraint("station_id", "reservation_id"),
    Index(
        "reservation_open",
        "expires_at",
        postgresql_where=text("status IN ('asked', 'accepted')"),
    ),
)

tariff = Table(
    "tariff",
    metadata,
    Column("tariff_id", Text, primary_key=True),
    Column("definition", JSONB, nullable=False),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("updated_at", At, nullable=False),
)

# `scope` is token, evse, station or default, in the order in which they win; `key` names which.
tariff_use = Table(
    "tariff_use",
    metadata,
    Column("scope", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("tariff_id", Text, ForeignKey("csms.tariff.tariff_id"), nullable=False),
    PrimaryKeyConstraint("scope", "key"),
    Index("tariff_use_by_tariff", "tariff_id"),
)

# `tariff` is the tariff as it was when the transaction came under it.
transaction_cost = Table(
    "transaction_cost",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("transaction_id", Text, nullable=False),
    Column("event_count", Integer, nullable=False),
    Column("tariff_id", Text, nullable=False),
    Column("tariff", JSONB, nullable=False),
    Column("currency", Text, nullable=False),
    Column("total", Numeric, nullable=False),
    Column("total_with_tax", Numeric, nullable=False),
    Column("parts", JSONB, nullable=False),
    Column("final", Boolean, nullable=False),
    Column("updated_at", At, nullable=False),
    PrimaryKeyConstraint("station_id", "transaction_id"),
)

# `removed_at`: cleared, or no longer among what the station reported.
display_message = Table(
    "display_message",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("message_id", Integer, nullable=False),
    Column("priority", Text, nullable=False),
    Column("state", Text),
    Column("starts_at", At),
    Column("ends_at", At),
    Column("transaction_id", Text),
    Column("message", JSONB, nullable=False),
    Column("told_at", At, nullable=False),
    Column("removed_at", At),
    PrimaryKeyConstraint("station_id", "message_id"),
)

# A report of messages that was asked for; `everything`: what it does not name is gone.
display_request = Table(
    "display_request",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("request_id", Integer, nullable=False),
    Column("asked_at", At, nullable=False),
    Column("everything", Boolean, nullable=False),
    PrimaryKeyConstraint("station_id", "request_id"),
)

customer_request = Table(
    "customer_request",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("request_id", Integer, nullable=False),
    Column("customer_hash", Text, nullable=False),
    Column("report", Boolean, nullable=False),
    Column("clear", Boolean, nullable=False),
    Column("asked_at", At, nullable=False),
    PrimaryKeyConstraint("station_id", "request_id"),
    Index("customer_request_by_customer", "station_id", "customer_hash"),
)

# `data` is empty once the customer was cleared.
customer_part = Table(
    "customer_part",
    metadata,
    Column("part_id", BigInteger, primary_key=True, autoincrement=True),
    Column("station_id", Text, nullable=False),
    Column("request_id", Integer, nullable=False),
    Column("seq_no", Integer, nullable=False),
    Column("generated_at", At, nullable=False),
    Column("data", Text, nullable=False),
    Column("more_follows", Boolean, nullable=False),
    Column("received_at", At, nullable=False),
    Index("customer_part_identity", "station_id", "request_id", "seq_no", "generated_at",
          unique=True),
)  # fmt: skip
