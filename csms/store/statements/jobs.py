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
