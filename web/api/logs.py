"""Logs of stations (OCPP N01): asked for here, uploaded by the station to us, and read here.

The station gets a URL with a token that is good for one upload and for some hours: in its path, or
for OCPP 2.1 as a password (N01.FR.25), so that no proxy's log has it.
"""

from base64 import b64decode
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from fastapi import Depends, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from csms.bus import COMMANDS
from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.facts_jobs import JobKind
from csms.domain.ids import ChargingStationId
from csms.domain.station import OcppVersion
from csms.store import commands, jobs, uploads
from csms.store.engine import outage_named
from web.api.models import Answer, Instant, Page
from web.api.once import Key, once, wish_of
from web.api.paging import page_of, slice_of
from web.api.routing import api_router
from web.auth import Operator, Public, Viewer
from web.errors import ApiError, not_found, responses
from web.hub import Hub, TheHub, Transaction, Work
from web.roles import Principal
from web.settings import WebSettings
from web.store import audit, stations
from web.store.paging import Slice, read_page
from web.uploads import UploadFolder, UploadTooLarge

router = api_router("", "logs", 404)

GOOD_FOR: Final = timedelta(hours=6)
USER: Final = "log"
STATIONS_ONLY: Final[dict[str, Any]] = {
    "methods": ["PUT", "POST"],
    "dependencies": [Public],  # the token lets a station in
    "include_in_schema": False,
}


class LogRequest(BaseModel):
    """Which log, and of what time (as far as the station can tell)."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"log_type": "SecurityLog"}]}
    )

    log_type: Literal["DiagnosticsLog", "SecurityLog", "DataCollectorLog"] = "DiagnosticsLog"
    oldest_at: Instant | None = None
    latest_at: Instant | None = None


class LogStatus(Answer):
    """What the station answered or told, and when."""

    at: datetime
    status: str


class LogAnswer(Answer):
    """A log that was asked for; it can be read once `received_at` is set."""

    upload_id: UUID
    station_id: str
    request_id: int = Field(description="OCPP requestId of GetLog and LogStatusNotification")
    command_id: UUID
    log_type: str
    status: str | None = Field(description="OCPP UploadLogStatusEnumType, or the station's answer")
    requested_by: str
    created_at: datetime
    expires_at: datetime
    received_at: datetime | None
    size_bytes: int | None
    sha256: str | None


class LogDetail(LogAnswer):
    """With all that the station said of it."""

    timeline: list[LogStatus]


@router.post(
    "/stations/{station_id}/logs",
    status_code=202,
    response_model=LogAnswer,
    summary="Ask a station for a log",
    responses=responses(400, 404),
)
async def post_log(
    who: Operator,
    station_id: str,
    asked: LogRequest,
    request: Request,
    work: Transaction,
    key: Key = None,
) -> Response:
    """The station uploads it to us in its own time; `GET /logs/{upload_id}` tells how it goes.
    Asked again with the same Idempotency-Key and body: the same answer, and nothing is done."""

    async def act() -> LogAnswer:
        return await ask(who, station_id, asked, work)

    return await once(work, who, key, wish_of(request, asked), act, 202)


async def ask(who: Principal, station_id: str, asked: LogRequest, work: Work) -> LogAnswer:
    """Expect the upload, and write the command that asks for it."""
    if not await stations.exists(work.conn, station_id):
        raise not_found("station", station_id)
    now, token = work.hub.clock.now(), uploads.new_token()
    wanted = uploads.Upload(
        upload_id=uuid4(),
        station_id=station_id,
        request_id=await jobs.next_request_id(work.conn),
        log_type=asked.log_type,
        command_id=uuid4(),
        requested_by=who.actor,
        created_at=now,
        expires_at=now + GOOD_FOR * work.hub.clock.speed_ratio,
    )
    await uploads.expect(work.conn, wanted, token)
    location = location_of(work.hub, wanted, token, await stations.version(work.conn, station_id))
    await commands.insert(work.conn, [command_for(wanted, asked, location)])
    detail = {"upload_id": str(wanted.upload_id), "log_type": asked.log_type}
    await audit.record(work.conn, who.actor, "log.ask", station_id, detail)
    work.hint(COMMANDS, station_id)
    return LogAnswer.model_validate(await uploads.get(work.conn, wanted.upload_id))


def location_of(hub: Hub, wanted: uploads.Upload, token: str, version: str | None) -> str:
    """Where the station shall put it; the password is never the one it comes to OCPP with
    (N01.FR.17)."""
    where = urlsplit(f"{hub.settings.upload_url}/api/v1")
    if version != OcppVersion.V21:
        return f"{where.geturl()}/uploads/{token}"
    path = f"{where.path}/logs/{wanted.upload_id}/file"
    return where._replace(netloc=f"{USER}:{token}@{where.netloc}", path=path).geturl()


def command_for(wanted: uploads.Upload, asked: LogRequest, location: str) -> Command:
    """GetLog with our URL: no redirect, no fragment, no query (N01.FR.26 to .28 of 2.1)."""
    times = {"oldestTimestamp": asked.oldest_at, "latestTimestamp": asked.latest_at}
    log = {name: at.isoformat() for name, at in times.items() if at is not None}
    return Command(
        command_id=wanted.command_id,
        station_id=ChargingStationId(wanted.station_id),
        kind=CommandKind.GET_LOG,
        payload={
            "logType": wanted.log_type,
            "requestId": wanted.request_id,
            "retries": 2,
            "retryInterval": 60,
            "log": {"remoteLocation": location, **log},
        },
        priority=CommandPriority.REPORT,
        created_at=wanted.created_at,
        deadline_at=wanted.expires_at,
        requested_by=wanted.requested_by,
    )


@router.get("/stations/{station_id}/logs", summary="List the logs asked of a station")
async def list_logs(
    _: Viewer, station_id: str, work: Transaction, part: Annotated[Slice, Depends(slice_of)]
) -> Page[LogAnswer]:
    """Newest first."""
    query = uploads.UPLOADS.where(uploads.upload.station_id == station_id)
    keys = [uploads.upload.created_at, uploads.upload.upload_id]
    rows = await read_page(work.conn, query, keys, part, newest_first=True)
    return page_of(rows, LogAnswer.model_validate)


@router.get("/logs/{upload_id}", summary="One log")
async def get_log(_: Viewer, upload_id: UUID, work: Transaction) -> LogDetail:
    """How it goes, with every word of the station."""
    row = await uploads.get(work.conn, upload_id)
    if row is None:
        raise not_found("log", upload_id)
    key = (row["station_id"], JobKind.GET_LOG, row["request_id"])
    said = [LogStatus.model_validate(one) for one in await jobs.timeline(work.conn, *key)]
    return LogDetail.model_validate({**row, "timeline": said})


@router.get(
    "/logs/{upload_id}/file", summary="What the station uploaded", response_class=FileResponse
)
async def get_log_file(
    _: Operator, upload_id: UUID, work: Transaction, hub: TheHub
) -> FileResponse:
    """As it came: most stations send an archive."""
    row = await uploads.get(work.conn, upload_id)
    file = folder_of(hub.settings).path(upload_id)
    if row is None or row["received_at"] is None or not file.is_file():
        raise not_found("uploaded log", upload_id)
    name = f"{row['station_id']}-{row['log_type']}-{row['request_id']}.log"
    return FileResponse(file, media_type="application/octet-stream", filename=name)


@router.api_route("/uploads/{token}", **STATIONS_ONLY)
@router.api_route("/uploads/{token}/{filename}", **STATIONS_ONLY)
async def put_upload(token: str, request: Request, hub: TheHub, filename: str = "") -> Response:
    """For stations: the body is the log. The token alone lets it in, once."""
    return await taken(token, request, hub)


@router.api_route("/logs/{upload_id}/file", **STATIONS_ONLY)
async def put_log_file(upload_id: UUID, request: Request, hub: TheHub) -> Response:
    """The same for stations that know Basic authentication: the token is their password."""
    token = password_in(request.headers.get("Authorization", ""))
    if token is None:
        raise ApiError(
            401,
            "Send the user and the password of the URL that GetLog named.",
            headers={"WWW-Authenticate": 'Basic realm="logs"'},
        )
    return await taken(token, request, hub, upload_id)


def password_in(credentials: str) -> str | None:
    """Of a header `Basic …`; None if it is none (RFC 7617)."""
    scheme, _, told = credentials.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = b64decode(told, validate=True).decode().partition(":")
    except ValueError:
        return None
    return password if colon and user == USER else None


async def taken(token: str, request: Request, hub: Hub, wanted_id: UUID | None = None) -> Response:
    """The body as a file; of this upload, if one is named.

    The database is asked before and after, never held open while a slow station sends.
    """
    with outage_named():
        async with hub.engine.connect() as conn:
            upload_id = await uploads.awaited(conn, token, hub.clock.now())
    if upload_id is None or wanted_id not in (None, upload_id):
        raise ApiError(404, "This upload is not awaited (any more).")
    folder = folder_of(hub.settings)
    try:
        stored = await folder.take(request.stream())
    except UploadTooLarge:
        raise ApiError(413, f"A log has at most {folder.most_bytes} bytes.") from None
    try:
        with outage_named():
            async with hub.engine.begin() as conn:
                told: tuple[Any, ...] = (hub.clock.now(), stored.size_bytes, stored.sha256)
                if not await uploads.received(conn, upload_id, *told):
                    raise ApiError(409, "It was uploaded already.")
                folder.keep(stored, upload_id)
    finally:
        folder.drop(stored)
    return Response(status_code=201)


def folder_of(settings: WebSettings) -> UploadFolder:
    """Where uploads lie."""
    return UploadFolder(settings.state_dir / "uploads", settings.upload_max_bytes)
