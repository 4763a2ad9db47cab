"""Requests with a list in them, split by what the station takes in one message.

The limits are variables of the device model (ItemsPerMessage, BytesPerMessage); a station that
never told them gets everything at once. The answers are joined in the order of what was asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from csms.domain.commands import Command
from csms.domain.device_model import VariableKey
from csms.domain.ids import ChargingStationId
from csms.ocppj.codecs import CODECS
from csms.ocppj.peer import CallError
from csms.outbound.ask import bad_payload, call
from csms.outbound.ports import CommandContext, Outcome, StationCaller
from csms.outbound.ports_device_model import DeviceModel

ENVELOPE_BYTES: Final = 200  # frame, message id, action, and the fields beside the list


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message may hold; None where the station never said."""

    items: int | None = None
    size_bytes: int | None = None


async def limits(
    model: DeviceModel, station_id: ChargingStationId, component: str, action: str
) -> Limits:
    """`DeviceDataCtrlr.ItemsPerMessage[GetVariables]` and its sister BytesPerMessage; else what
    holds for any action, which is all that 1.6 knows (GetConfigurationMaxKeys)."""

    async def told(name: str) -> int | None:
        key = VariableKey(component=component, variable=name, variable_instance=action)
        value = await model.value(station_id, key)
        if value is None and action:
            value = await model.value(station_id, replace(key, variable_instance=""))
        return _positive(value)

    return Limits(await told("ItemsPerMessage"), await told("BytesPerMessage"))


def _positive(told: str | None) -> int | None:
    return int(told) if told is not None and told.isdecimal() and int(told) > 0 else None


def split(items: Sequence[Any], within: Limits) -> Iterator[list[Any]]:
    """The items in order, in parts that keep the limits; each part has at least one item."""
    part: list[Any] = []
    size = ENVELOPE_BYTES
    for item in items:
        item_size = len(msgspec.json.encode(item)) + 1
        full = within.items is not None and len(part) >= within.items
        large = within.size_bytes is not None and size + item_size > within.size_bytes
        if part and (full or large):
            yield part
            part, size = [], ENVELOPE_BYTES
        part.append(item)
        size += item_size
    if part:
        yield part


async def requests(
    command: Command,
    station: StationCaller,
    context: CommandContext,
    items: str,
    component: str,
    limit_of: str | None = None,
) -> list[Any] | Outcome:
    """The command's requests in parts that the station takes, or why it is none."""
    codec, action = CODECS[station.version], command.kind.value
    whole = codec.request_from(action, command.payload)
    if isinstance(whole, CallError):
        return bad_payload(whole)
    listed = command.payload.get(items)
    if listed is None:
        return [whole]
    within = await limits(context.device_model, command.station_id, component, limit_of or action)
    return [
        codec.request_from(action, {**command.payload, items: part})
        for part in split(listed, within)
    ]


async def ask_in_parts(
    command: Command,
    station: StationCaller,
    context: CommandContext,
    items: str,
    results: str,
    component: str,
) -> Mapping[str, Any] | Outcome:
    """`{results: […]}`, joined from all answers; or why it is no request.

    Raises CallRefused, CallTimeout or ConnectionLost when a part has no answer.
    """
    asked = await requests(command, station, context, items, component)
    if isinstance(asked, Outcome):
        return asked
    joined: list[Any] = []
    for request in asked:
        values = msgspec.to_builtins(await call(command, station, request))
        joined += values[results]
    return {results: joined}
