"""The acts that take two administrators, by name: what each is asked with, and how it is done.

They are checked when they are asked for, so that nobody approves what cannot be, and again when
they are done, as of then.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from web.api import commands, firmware, security, signals, vehicles
from web.api.command_gate import judge_approved
from web.api.commands import CommandRequest
from web.errors import ApiError, FieldError
from web.hub import Work
from web.roles import Principal


class Commands(BaseModel):
    """Commands that leave together: what is dangerous, or too many at once for one person."""

    model_config = ConfigDict(extra="forbid")

    commands: Annotated[list[CommandRequest], Field(min_length=1, max_length=1000)]


class Revocation(BaseModel):
    """A station's certificate that is to open no line any more."""

    model_config = ConfigDict(extra="forbid")

    station_id: Annotated[str, Field(max_length=100)]
    certificate_id: UUID


class Floor(BaseModel):
    """A vehicle's V2G floor below its site's; `version` is that of the vehicle as it was read."""

    model_config = ConfigDict(extra="forbid")

    vehicle_id: Annotated[str, Field(max_length=64)]
    version: int
    v2g_floor_soc_pct: Annotated[float, Field(ge=0, le=100)]


class Lift(BaseModel):
    """A limit that another set, a grid operator say, which is to hold no longer."""

    model_config = ConfigDict(extra="forbid")

    site_id: Annotated[str, Field(max_length=64)]
    signal_id: UUID


Done = Awaitable[BaseModel]


@dataclass(frozen=True, slots=True)
class Act:
    """`check` refuses what cannot be done; `do` does it in the transaction of the approval."""

    asked_with: type[BaseModel]
    check: Callable[[Work, Principal, Any], Awaitable[None]]
    do: Callable[[Work, Principal, Any], Done]


class Sent(BaseModel):
    """What was sent."""

    commands: list[commands.CommandAnswer]


async def _send(work: Work, who: Principal, asked: Commands) -> Sent:
    await _may_send(work, who, asked)
    await judge_approved(work, ((one.station_id, one.kind, one.payload) for one in asked.commands))
    return Sent(commands=[await commands.send(work, who, one) for one in asked.commands])


async def _may_send(work: Work, who: Principal, asked: Commands) -> None:
    for one in asked.commands:
        await commands.check(work, who, one)


async def _start_campaign(work: Work, who: Principal, asked: firmware.CampaignRequest) -> BaseModel:
    return await firmware.start(who, asked, work)


async def _may_start_campaign(work: Work, who: Principal, asked: firmware.CampaignRequest) -> None:
    await firmware.check(asked, work)


async def _revoke(work: Work, who: Principal, asked: Revocation) -> BaseModel:
    return await security.revoke(who, asked.station_id, asked.certificate_id, work)


async def _may_revoke(work: Work, who: Principal, asked: Revocation) -> None:
    await security.security_of(work, asked.station_id)


async def _lower_floor(work: Work, who: Principal, asked: Floor) -> BaseModel:
    return await vehicles.set_floor(
        work, who, asked.vehicle_id, asked.v2g_floor_soc_pct, asked.version
    )


async def _may_lower_floor(work: Work, who: Principal, asked: Floor) -> None:
    await vehicles.known(work, asked.vehicle_id)


async def _lift(work: Work, who: Principal, asked: Lift) -> BaseModel:
    return await signals.cancel(work, who, asked.site_id, asked.signal_id)


async def _may_lift(work: Work, who: Principal, asked: Lift) -> None:
    await signals.visible_signal(work, who, asked.site_id, asked.signal_id)


ACTS: Final[dict[str, Act]] = {
    "commands": Act(Commands, _may_send, _send),
    "firmware.campaign": Act(firmware.CampaignRequest, _may_start_campaign, _start_campaign),
    "certificate.revoke": Act(Revocation, _may_revoke, _revoke),
    "vehicle.v2g_floor": Act(Floor, _may_lower_floor, _lower_floor),
    "signal.cancel": Act(Lift, _may_lift, _lift),
}


def parsed(act: Act, payload: dict[str, Any]) -> BaseModel:
    """The payload as the act's own model. Raises 422 with the fields that are wrong."""
    try:
        return act.asked_with.model_validate(payload)
    except ValidationError as error:
        raise ApiError(
            422,
            errors=[
                FieldError(field=".".join(map(str, ("payload", *one["loc"]))), message=one["msg"])
                for one in error.errors()
            ],
        ) from None
