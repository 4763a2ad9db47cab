"""Tables of schema csms for authorization and tariffs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "csms_0002"
down_revision = "csms_0001"
branch_labels = None
depends_on = None

At = sa.DateTime(timezone=True)
JSONB = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    """Make the tables."""
    _tokens()
    _lists_and_reservations()
    _tariffs()
    _told_to_people()


def _tokens() -> None:
    """A token was known by how it is written; from now on by its key and its type."""
    op.drop_constraint("id_token_pkey", "id_token", schema="csms")
    for column in (
        sa.Column("id_key", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), server_default=sa.text("'Central'"), nullable=False),
        sa.Column("group_type", sa.Text(), nullable=True),
        sa.Column("valid_from", At, nullable=True),
        sa.Column("expires_at", At, nullable=True),
        sa.Column("cache_s", sa.Integer(), nullable=True),
        sa.Column("charging_priority", sa.Integer(), nullable=True),
        sa.Column("language1", sa.Text(), nullable=True),
        sa.Column("language2", sa.Text(), nullable=True),
        sa.Column("personal_message", JSONB, nullable=True),
        sa.Column("places", JSONB, nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
    ):
        op.add_column("id_token", column, schema="csms")
    # Of two spellings of one token the one that was changed last says what holds.
    op.execute(
        "DELETE FROM csms.id_token older USING csms.id_token newer"
        " WHERE lower(older.id_token) = lower(newer.id_token)"
        " AND (older.updated_at, older.id_token) < (newer.updated_at, newer.id_token)"
    )
    op.execute("UPDATE csms.id_token SET id_key = lower(id_token)")
    op.alter_column("id_token", "id_key", nullable=False, schema="csms")
    op.create_primary_key("id_token_pkey", "id_token", ["id_key", "type"], schema="csms")


def _lists_and_reservations() -> None:
    op.create_table(
        "local_list",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("entries", JSONB, nullable=True),
        sa.Column("updated_at", At, nullable=False),
        sa.PrimaryKeyConstraint("station_id"),
        schema="csms",
    )
    op.create_table(
        "reservation",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=True),
        sa.Column("connector_type", sa.Text(), nullable=True),
        sa.Column("id_token", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("group_id_token", sa.Text(), nullable=True),
        sa.Column("expires_at", At, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=True),
        sa.Column("asked_at", At, nullable=False),
        sa.Column("updated_at", At, nullable=False),
        sa.PrimaryKeyConstraint("station_id", "reservation_id"),
        schema="csms",
    )
    op.create_index(
        "reservation_open",
        "reservation",
        ["expires_at"],
        schema="csms",
        postgresql_where=sa.text("status = 'accepted'"),
    )


def _tariffs() -> None:
    op.create_table(
        "tariff",
        sa.Column("tariff_id", sa.Text(), nullable=False),
        sa.Column("definition", JSONB, nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", At, nullable=False),
        sa.PrimaryKeyConstraint("tariff_id"),
        schema="csms",
    )
    op.create_table(
        "tariff_use",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("tariff_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tariff_id"], ["csms.tariff.tariff_id"]),
        sa.PrimaryKeyConstraint("scope", "key"),
        schema="csms",
    )
    op.create_index("tariff_use_by_tariff", "tariff_use", ["tariff_id"], schema="csms")
    op.create_table(
        "transaction_cost",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("event_count", sa.Integer(), nullable=False),
        sa.Column("tariff_id", sa.Text(), nullable=False),
        sa.Column("tariff", JSONB, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total", sa.Numeric(), nullable=False),
        sa.Column("total_with_tax", sa.Numeric(), nullable=False),
        sa.Column("parts", JSONB, nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("updated_at", At, nullable=False),
        sa.PrimaryKeyConstraint("station_id", "transaction_id"),
        schema="csms",
    )


def _told_to_people() -> None:
    op.create_table(
        "display_message",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("starts_at", At, nullable=True),
        sa.Column("ends_at", At, nullable=True),
        sa.Column("transaction_id", sa.Text(), nullable=True),
        sa.Column("message", JSONB, nullable=False),
        sa.Column("told_at", At, nullable=False),
        sa.Column("removed_at", At, nullable=True),
        sa.PrimaryKeyConstraint("station_id", "message_id"),
        schema="csms",
    )
    op.create_table(
        "display_request",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", At, nullable=False),
        sa.Column("everything", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "request_id"),
        schema="csms",
    )
    op.create_table(
        "customer_request",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("customer_hash", sa.Text(), nullable=False),
        sa.Column("report", sa.Boolean(), nullable=False),
        sa.Column("clear", sa.Boolean(), nullable=False),
        sa.Column("asked_at", At, nullable=False),
        sa.PrimaryKeyConstraint("station_id", "request_id"),
        schema="csms",
    )
    op.create_index(
        "customer_request_by_customer",
        "customer_request",
        ["station_id", "customer_hash"],
        schema="csms",
    )
    op.create_table(
        "customer_part",
        sa.Column("part_id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("seq_no", sa.Integer(), nullable=False),
        sa.Column("generated_at", At, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("more_follows", sa.Boolean(), nullable=False),
        sa.Column("received_at", At, nullable=False),
        sa.PrimaryKeyConstraint("part_id"),
        schema="csms",
    )
    op.create_index(
        "customer_part_identity",
        "customer_part",
        ["station_id", "request_id", "seq_no", "generated_at"],
        unique=True,
        schema="csms",
    )


def downgrade() -> None:
    """Drop the tables; of tokens that differ only in type or spelling one remains."""
    for table in (
        "customer_part",
        "customer_request",
        "display_request",
        "display_message",
        "transaction_cost",
        "tariff_use",
        "tariff",
        "reservation",
        "local_list",
    ):
        op.drop_table(table, schema="csms")
    op.execute(
        "DELETE FROM csms.id_token one USING csms.id_token other"
        " WHERE one.id_token = other.id_token AND one.type > other.type"
    )
    op.drop_constraint("id_token_pkey", "id_token", schema="csms")
    for column in (
        "id_key", "type", "group_type", "valid_from", "expires_at", "cache_s",
        "charging_priority", "language1", "language2", "personal_message", "places", "version",
    ):  # fmt: skip
        op.drop_column("id_token", column, schema="csms")
    op.create_primary_key("id_token_pkey", "id_token", ["id_token"], schema="csms")
