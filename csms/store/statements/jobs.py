"""The statements of long work at stations."""

from csms.store import tables
from csms.store.statements.kinds import (
    Row,
    Statement,
    arrays_sql,
    first_wins,
    greatest,
    insert_sql,
    last_wins,
)

ENDED: tuple[str, ...] = (
    "Rejected",
    "InvalidCertificate",
    "RevokedCertificate",
    "AcceptedCanceled",
    "Canceled",
    "BadMessage",
    "NotSupportedOperation",
    "PermissionDenied",
    "Uploaded",
    "UploadFailure",
    "DownloadFailed",
    "InstallationFailed",
    "InstallVerificationFailed",
    "InvalidSignature",
    "Installed",
    "Published",
    "PublishFailed",
    "InvalidChecksum",
)


def _merge(before: Row, after: Row) -> Row:
    """Of one batch: the later status wins, an answer once told stays."""
    newer = greatest(5)(before, after)
    return (*newer[:3], after[3] or before[3], *newer[4:])


JOB_ASKED = Statement(
    insert_sql(
        tables.station_job,
        "station_id kind request_id command_id asked_at payload",
        """ON CONFLICT (station_id, kind, request_id) DO UPDATE SET asked_at = excluded.asked_at,
        command_id = excluded.command_id, payload = excluded.payload
        WHERE kept.asked_at IS NULL""",
    ),
    key_size=3,
    merge=first_wins,
    rank=50,
)
JOB_STATUS = Statement(
    insert_sql(
        tables.station_job,
        "station_id kind request_id answer status status_at",
        """ON CONFLICT (station_id, kind, request_id) DO UPDATE
        SET answer = COALESCE(excluded.answer, kept.answer),
        status = CASE WHEN kept.status_at > excluded.status_at THEN kept.status
            ELSE excluded.status END,
        status_at = GREATEST(kept.status_at, excluded.status_at)""",
    ),
    key_size=3,
    merge=_merge,
    rank=51,
)
JOB_TIMELINE = Statement(
    insert_sql(tables.station_job_status, "station_id kind request_id at status detail"),
    key_size=5,
    merge=first_wins,
    rank=52,
)
_NEWEST = """CROSS JOIN LATERAL (
        SELECT request_id FROM csms.station_job one
        WHERE one.station_id = told.station_id AND one.kind = told.kind AND asked_at IS NOT NULL
        ORDER BY asked_at DESC, request_id DESC LIMIT 1
    ) newest"""
NEWEST_JOB_STATUS = Statement(
    f"""UPDATE csms.station_job kept SET status = told.status, status_at = told.status_at
    FROM {arrays_sql(tables.station_job, "station_id kind status_at status")[0]} {_NEWEST}
    WHERE kept.station_id = told.station_id AND kept.kind = told.kind
        AND kept.request_id = newest.request_id
        AND (kept.status_at IS NULL OR kept.status_at <= told.status_at)""",
    key_size=2,
    merge=greatest(2),
    rank=51,
)
NEWEST_JOB_TIMELINE = Statement(
    f"""INSERT INTO csms.station_job_status (station_id, kind, request_id, at, status, detail)
    SELECT told.station_id, told.kind, newest.request_id, told.at, told.status, told.detail::jsonb
    FROM {arrays_sql(tables.station_job_status, "station_id kind at status detail")[0]} {_NEWEST}
    ON CONFLICT DO NOTHING""",
    key_size=4,
    merge=first_wins,
    rank=52,
)
JOBS_REPLACED = Statement(
    f"""UPDATE csms.station_job kept SET status = 'Canceled', status_at = told.status_at
    FROM {arrays_sql(tables.station_job, "station_id kind request_id status_at")[0]}
    WHERE kept.station_id = told.station_id AND kept.kind = told.kind
        AND kept.request_id <> told.request_id AND kept.status_at <= told.status_at
        AND kept.status <> ALL (ARRAY[{", ".join(f"'{word}'" for word in ENDED)}])""",
    key_size=3,
    merge=last_wins,
    rank=53,
)
