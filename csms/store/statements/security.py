"""The statements of passwords and certificates."""

from typing import Final

from csms.store import tables
from csms.store.statements.kinds import (
    Statement,
    arrays_sql,
    first_wins,
    greatest,
    insert_sql,
    last_wins,
    newest_sql,
)

PASSWORD_OFFERED = Statement(
    insert_sql(tables.station_password, "station_id password_hmac offered_at"),
    key_size=2,
    merge=first_wins,
)
PASSWORD_WITHDRAWN = Statement(
    """DELETE FROM csms.station_password kept
    USING unnest($1::text[], $2::bytea[]) AS told(station_id, password_hmac)
    WHERE kept.station_id = told.station_id AND kept.password_hmac = told.password_hmac""",
    key_size=2,
    merge=last_wins,
    rank=51,
)

CERTIFICATE_REQUESTED = Statement(
    insert_sql(
        tables.station_certificate,
        "certificate_id station_id certificate_type csr requested_at status reason status_at",
    ),
    key_size=1,
    merge=first_wins,
)
CERTIFICATE_ISSUED = Statement(
    f"""UPDATE csms.station_certificate kept SET serial_number = told.serial_number,
    chain = told.chain, not_after = told.not_after, status = 'issued', status_at = told.status_at
    FROM {
        arrays_sql(
            tables.station_certificate, "certificate_id serial_number chain not_after status_at"
        )[0]
    } WHERE kept.certificate_id = told.certificate_id AND kept.status = 'requested'""",
    key_size=1,
    merge=last_wins,
    rank=51,
)
CERTIFICATE_ANSWERED = Statement(
    f"""UPDATE csms.station_certificate kept SET status = told.status, reason = told.reason,
    status_at = told.status_at
    FROM {arrays_sql(tables.station_certificate, "certificate_id status reason status_at")[0]}
    WHERE kept.certificate_id = told.certificate_id AND kept.status = 'issued'""",
    key_size=1,
    merge=last_wins,
    rank=52,
)

_HASH: Final = "hash_algorithm issuer_name_hash issuer_key_hash serial_number"
# A report is whole: what it does not name, and was not seen after it, is there no longer.
INSTALLED_FORGOTTEN = Statement(
    """DELETE FROM csms.installed_certificate kept
    USING unnest($1::text[], $2::text[], $3::timestamptz[])
        AS told(station_id, certificate_type, seen_at)
    WHERE kept.station_id = told.station_id AND kept.seen_at < told.seen_at
        AND (told.certificate_type = '' OR kept.certificate_type = told.certificate_type)""",
    key_size=2,
    merge=greatest(2),
    rank=49,
)
INSTALLED = Statement(
    newest_sql(
        tables.installed_certificate,
        f"station_id certificate_type {_HASH} children seen_at",
        "seen_at",
    ),
    key_size=6,
    merge=greatest(7),
)
INSTALLED_DELETED = Statement(
    f"""DELETE FROM csms.installed_certificate kept
    USING {arrays_sql(tables.installed_certificate, f"station_id {_HASH} seen_at")[0]}
    WHERE (kept.station_id, kept.hash_algorithm, kept.issuer_name_hash, kept.issuer_key_hash,
        kept.serial_number) = (told.station_id, told.hash_algorithm, told.issuer_name_hash,
        told.issuer_key_hash, told.serial_number) AND kept.seen_at <= told.seen_at""",
    key_size=5,
    merge=greatest(5),
    rank=51,
)
