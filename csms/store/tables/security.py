"""Of security: the pepper's fingerprint, profiles, passwords on their way, certificates."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from csms.store.tables.core import At, metadata

pepper = Table(
    "pepper",
    metadata,
    Column("single", Boolean, primary_key=True, server_default=text("true")),
    Column("fingerprint", LargeBinary, nullable=False),
    CheckConstraint("single", name="pepper_single"),
)

station_security = Table(
    "station_security",
    metadata,
    Column("station_id", Text, primary_key=True),
    Column("security_profile", Integer, nullable=False, server_default=text("1")),
    Column("common_name", Text),
    Column("changed_at", At, nullable=False, server_default=text("now()")),
)

station_password = Table(
    "station_password",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("password_hmac", LargeBinary, nullable=False),
    Column("offered_at", At, nullable=False),
    PrimaryKeyConstraint("station_id", "password_hmac"),
)

station_certificate = Table(
    "station_certificate",
    metadata,
    Column("certificate_id", Uuid, primary_key=True),
    Column("station_id", Text, nullable=False),
    Column("certificate_type", Text, nullable=False),
    Column("csr", Text, nullable=False),
    Column("requested_at", At, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("serial_number", Text),
    Column("chain", Text),
    Column("not_after", At),
    Column("status_at", At, nullable=False),
    Index("station_certificate_by_station", "station_id", "requested_at"),
    Index("station_certificate_by_serial", "serial_number"),
)

installed_certificate = Table(
    "installed_certificate",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("certificate_type", Text, nullable=False),
    Column("hash_algorithm", Text, nullable=False),
    Column("issuer_name_hash", Text, nullable=False),
    Column("issuer_key_hash", Text, nullable=False),
    Column("serial_number", Text, nullable=False),
    Column("children", JSONB, nullable=False, server_default=text("'[]'")),
    Column("seen_at", At, nullable=False),
    PrimaryKeyConstraint(
        "station_id",
        "certificate_type",
        "hash_algorithm",
        "issuer_name_hash",
        "issuer_key_hash",
        "serial_number",
    ),
)
