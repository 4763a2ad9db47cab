"""Commands to stations: asked here, sent by the csms that owns the connection, told back.

What a command may be is checked early (kind, station, EVSE, size); the shape of an OCPP payload is
the csms's to check. Setpoints are the controller's alone: one that came from here would be
overwritten a second later, and no limit would have looked at it.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import inf
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

import orjson
from fastapi import Depends, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, field_validator

from csms.bus import COMMANDS
from csms.domain.commands import Command, CommandKind, CommandPriority, CommandStatus
from csms.domain.ids import ChargingStationId, EvseId
from csms.domain.power_commands import moves_power
from csms.quirkfile import discharge_models
from csms.store import commands as store
from csms.store.engine import outage_named
from csms.store.messages import redacted
from web.api.command_gate import GateRefusal, approval_needed, judge, record_refusal
from web.api.models import Answer, Page
from web.api.once import Key, claim_of, once, replayed
from web.api.paging import Text, page_of, slice_of
from web.api.routing import api_router
from web.auth import Operator, Viewer
from web.errors import ApiError, invalid, not_found, responses
from web.hub import Hub, TheHub, Transaction, Work
from web.roles import Principal, Role
from web.store import audit, commands, evses, idempotency, stations
from web.store.paging import Slice

router = api_router("/commands", "commands", 404)

# Real seconds that a command may wait for its station to come back.
DEADLINE_S: Final = 120.0
# And that one which moves power is given at least, however fast the site's clock runs.
ON_ITS_WAY_S: Final = 10.0
MOST_PAYLOAD_BYTES: Final = 65_536
LIMIT: Final = re.compile("limit|setpoint", re.IGNORECASE)
# They change what the station does with its power behind the controller's back, whom it trusts,
# or what runs on it. Variables and a vendor's own messages can do each of these.
ADMIN_ONLY: Final = frozenset(
    {
        CommandKind.SET_CHARGING_PROFILE,
        CommandKind.CLEAR_CHARGING_PROFILE,
        CommandKind.UPDATE_DYNAMIC_SCHEDULE,
        CommandKind.USE_PRIORITY_CHARGING,
        CommandKind.NOTIFY_ALLOWED_ENERGY_TRANSFER,
        CommandKind.AFRR_SIGNAL,
        CommandKind.SET_DER_CONTROL,
        CommandKind.CLEAR_DER_CONTROL,
        CommandKind.SET_VARIABLES,
        CommandKind.DATA_TRANSFER,
        CommandKind.SET_NETWORK_PROFILE,
        CommandKind.SET_NETWORK_CONFIGURATION,
        CommandKind.RENEW_PASSWORD,
        CommandKind.CERTIFICATE_SIGNED,
        CommandKind.UPGRADE_SECURITY_PROFILE,
        CommandKind.UPDATE_FIRMWARE,
        CommandKind.PUBLISH_FIRMWARE,
        CommandKind.UNPUBLISH_FIRMWARE,
        CommandKind.INSTALL_CERTIFICATE,
        CommandKind.DELETE_CERTIFICATE,
    }
)
# They bring new software or new trust to a station: two administrators decide (`/approvals`).
TWO_PEOPLE: Final = frozenset(
    {
        CommandKind.UPDATE_FIRMWARE,
        CommandKind.PUBLISH_FIRMWARE,
        CommandKind.UNPUBLISH_FIRMWARE,
        CommandKind.INSTALL_CERTIFICATE,
        CommandKind.DELETE_CERTIFICATE,
        CommandKind.CERTIFICATE_SIGNED,
        CommandKind.UPGRADE_SECURITY_PROFILE,
    }
)
UNTIL_SENT: Final = ("reason", "response", "sent_at", "finished_at")
READING: Final = frozenset({CommandKind.GET_CHARGING_PROFILES})
# Left by the hub itself when a station asks: whoever writes one gets anything signed.
HUBS_OWN: Final = frozenset({CommandKind.ISSUE_CERTIFICATE, CommandKind.OFFER_SCHEDULE})


class CommandRequest(BaseModel):
    """A command; `payload` is the request of the OCPP 2.0.1 action that `kind` names."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [
        {"station_id": "ev36-v2g-01", "kind": "Reset", "payload": {"type": "OnIdle"}},
        {
            "station_id": "ev36-v2g-01", "evse_id": 1, "kind": "ChangeAvailability",
            "payload": {"operationalStatus": "Inoperative", "evse": {"id": 1}},
        },
    ]})  # fmt: skip

    station_id: Annotated[str, Field(max_length=100, pattern=r"^[^\x00]+$")]
    evse_id: Annotated[int | None, Field(ge=0, le=2**31 - 1)] = None
    kind: CommandKind
    payload: dict[str, Any] = Field(default_factory=dict)


class CommandAnswer(Answer):
    """A command and what became of it; `unknown`: it may have reached the station. What it says of
    passwords, keys and upload tokens is not told again."""

    command_id: UUID
    station_id: str
    evse_id: int | None
    kind: str
    payload: dict[str, Any]
    priority: int
    requested_by: str
    created_at: datetime
    deadline_at: datetime
    status: CommandStatus
    reason: str | None
    response: Any
    sent_at: datetime | None
    finished_at: datetime | None

    @field_validator("payload", "response", mode="before")
    @classmethod
    def _without_secrets(cls, told: Any) -> Any:
        return redacted(told)


@router.post(
    "",
    status_code=202,
    response_model=CommandAnswer,
    summary="Send a command to a station",
    responses=responses(400, 404, 429),
)
async def post_command(
    who: Operator, asked: CommandRequest, hub: TheHub, key: Key = None
) -> Response:
    """Asked again with the same Idempotency-Key and body: the same answer, and nothing is done."""
    claim = claim_of(who, key, canonical(asked))
    refuse(who, asked)
    if asked.kind in TWO_PEOPLE:
        raise approval_needed(str(asked.kind))
    if moves_power(asked.kind, asked.payload):
        return await post_through_gate(hub, who, key, asked)
    command = command_of(hub, who, asked)
    answer = as_it_waits(command).model_dump(mode="json")
    told = await commands.ask(hub.direct, command, detail_of(command, asked), claim, 202, answer)
    if told.is_new:
        await hub.bus.publish(COMMANDS, asked.station_id)
        return JSONResponse(answer, 202)
    if (kept := await idempotency.kept_under(hub.direct, claim)) is not None:
        return replayed(kept, claim)
    raise unknown_evse(asked) if told.has_station else not_found("station", asked.station_id)


async def post_through_gate(
    hub: Hub, who: Principal, key: str | None, asked: CommandRequest
) -> Response:
    """A command that may change power: judged and written in one transaction; that it did not
    pass is in the audit, too."""
    with outage_named():
        try:
            async with hub.engine.begin() as conn:
                work = Work(conn, hub)

                async def act() -> CommandAnswer:
                    await check(work, who, asked)
                    site = await judge(work, asked.station_id, asked.kind, asked.payload)
                    fresh_s = DEADLINE_S if site is None else site.dispatch.fresh_s
                    return await send(work, who, asked, fresh_s=fresh_s)

                answer = await once(work, who, key, canonical(asked), act, 202)
        except GateRefusal as refused:
            detail = asked.model_dump(mode="json")
            await record_refusal(hub, who, refused, asked.station_id, detail)
            raise
    for channel, text in work.hints:
        await hub.bus.publish(channel, text)
    return answer


def canonical(asked: CommandRequest) -> bytes:
    """The same bytes for the same wish. Raises 422 for what is JSON to us and to no station."""
    try:
        return orjson.dumps(asked.model_dump(), option=orjson.OPT_SORT_KEYS)
    except (TypeError, ValueError, RecursionError):
        raise invalid("payload", "has a number, a text or a depth that JSON cannot carry") from None


async def check(work: Work, who: Principal, asked: CommandRequest) -> None:
    """What can be known to be wrong without asking the station."""
    refuse(who, asked)
    if not await stations.exists(work.conn, asked.station_id):
        raise not_found("station", asked.station_id)
    if asked.evse_id and await evses.get(work.conn, asked.station_id, asked.evse_id) is None:
        raise unknown_evse(asked)


def unknown_evse(asked: CommandRequest) -> ApiError:
    """The station has no such EVSE."""
    return not_found("EVSE", f"{asked.station_id}/{asked.evse_id}")


def refuse(who: Principal, asked: CommandRequest) -> None:
    """Raises 403 or 422 for what is wrong whatever station it is for."""
    if asked.kind is CommandKind.SET_SETPOINT:
        raise invalid("kind", "the controller alone sets power: send a signal, or change a demand")
    if asked.kind in HUBS_OWN:
        raise invalid("kind", "the hub alone does this, when a station asks for it")
    raw_profile = asked.kind in ADMIN_ONLY or "chargingProfile" in asked.payload
    if raw_profile and not who.may(Role.ADMIN) and asked.kind not in READING:
        raise ApiError(403, f"{asked.kind} needs role admin: it can override the hub's control.")
    if asked.kind is CommandKind.DATA_TRANSFER and _says_setpoint(asked.payload):
        raise invalid("payload", "this is a setpoint in a vendor's words: the controller's to send")
    if _has_negative_limit(asked.payload):
        raise invalid("payload", "a negative limit is the controller's to send, by dialect")
    if len(orjson.dumps(asked.payload)) > MOST_PAYLOAD_BYTES:
        raise invalid("payload", f"must be at most {MOST_PAYLOAD_BYTES} bytes")


def _says_setpoint(payload: Mapping[str, Any]) -> bool:
    message_id = payload.get("messageId")
    return discharge_models().says_setpoint(str(payload.get("vendorId")), message_id)


def _has_negative_limit(value: Any) -> bool:
    """A limit or setpoint of any phase. A station that does not know what a negative limit means
    may take it for none at all."""
    if isinstance(value, Mapping):
        limits = (told for name, told in value.items() if LIMIT.search(name))
        negative = any(isinstance(told, int | float) and told < 0 for told in limits)
        return negative or any(_has_negative_limit(inner) for inner in value.values())
    return isinstance(value, list) and any(_has_negative_limit(inner) for inner in value)


async def send(
    work: Work,
    who: Principal,
    asked: CommandRequest,
    command_id: UUID | None = None,
    fresh_s: float = inf,
) -> CommandAnswer:
    """Write the command, under a new id unless one is given; the csms is hinted once it is
    durable. The answer is the command as it waits now. One that moves power does not wait for
    longer than `fresh_s`, in site time."""
    command = command_of(work.hub, who, asked, command_id, fresh_s)
    await store.insert(work.conn, [command])
    action, detail = commands.action_of(command), detail_of(command, asked)
    await audit.record(work.conn, who.actor, action, asked.station_id, detail)
    work.hint(COMMANDS, asked.station_id)
    return as_it_waits(command)


def command_of(
    hub: Hub,
    who: Principal,
    asked: CommandRequest,
    command_id: UUID | None = None,
    fresh_s: float = inf,
) -> Command:
    """The command that `who` asks for now, under a new id unless one is given."""
    now, speed_ratio = hub.clock.now(), hub.clock.speed_ratio
    waits_s = min(DEADLINE_S * speed_ratio, max(fresh_s, ON_ITS_WAY_S * speed_ratio))
    return Command(
        command_id=command_id or uuid4(),
        station_id=ChargingStationId(asked.station_id),
        evse_id=None if asked.evse_id is None else EvseId(asked.evse_id),
        kind=asked.kind,
        payload=asked.payload,
        priority=CommandPriority.OPERATOR,
        created_at=now,
        deadline_at=now + timedelta(seconds=waits_s),
        requested_by=who.actor,
    )


def detail_of(command: Command, asked: CommandRequest) -> dict[str, Any]:
    """What the audit says of it."""
    return {"command_id": str(command.command_id), **redacted(asked.model_dump(mode="json"))}


def as_it_waits(command: Command) -> CommandAnswer:
    """The answer of a command that was just written."""
    waiting = {"status": CommandStatus.PENDING, **dict.fromkeys(UNTIL_SENT)}
    return CommandAnswer.model_validate(store.row_of(command) | waiting)


@router.get("", summary="List the commands")
async def list_commands(
    _: Viewer,
    work: Transaction,
    part: Annotated[Slice, Depends(slice_of)],
    station_id: Text | None = None,
    kind: Annotated[CommandKind | None, Query()] = None,
) -> Page[CommandAnswer]:
    """Newest first, those of the controller included."""
    rows = await commands.page(work.conn, part, station_id=station_id, kind=kind)
    return page_of(rows, CommandAnswer.model_validate)


@router.get("/{command_id}", summary="One command")
async def get_command(_: Viewer, command_id: UUID, work: Transaction) -> CommandAnswer:
    """Ask again until `finished_at` is set."""
    row = await commands.get(work.conn, command_id)
    if row is None:
        raise not_found("command", command_id)
    return CommandAnswer.model_validate(row)
