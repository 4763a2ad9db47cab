"""C · ClearCache.  D · SendLocalList, GetLocalListVersion: lists are made here, from the tokens.

The payload of SendLocalList may be empty (a full list), name only `updateType` (Differential:
what changed since the station's list), or bring a list of its own. The version is ours to count.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from csms.domain.commands import Command, CommandStatus
from csms.domain.facts_authorization import LocalListHeld
from csms.domain.local_list import (
    ITEMS_WHERE_UNKNOWN,
    Entry,
    HeldList,
    ListLimits,
    after,
    difference,
    key_of,
    messages,
)
from csms.outbound.ask import ask, ask_with
from csms.outbound.batches import limits
from csms.outbound.ports import CommandContext, Outcome, StationCaller

CONTROLLER: Final = "LocalAuthListCtrlr"
UP_TO_DATE: Final = "up_to_date"
TOKEN_TWICE: Final = "token_twice"
STALE: Final = frozenset({"VersionMismatch", "Failed"})
"""After these a differential list is sent again as a full one (D01.FR.03)."""


async def clear_cache(command: Command, station: StationCaller, context: CommandContext) -> Outcome:
    """C11."""
    return await ask(command, station, context)


async def get_local_list_version(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """D02. What the station says is kept: 0 means that it has no list."""
    outcome = await ask_with(command, station, {}, "GetLocalListVersion")
    version = _version_in(outcome)
    if version is None:
        return outcome
    told = LocalListHeld(
        station_id=command.station_id,
        at=context.now,
        version=version,
        entries={} if version == 0 else None,
    )
    await context.journal.commit([told])
    return outcome


async def send_local_list(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """D01."""
    return await _Sending(command, station, context).send()


@dataclass(frozen=True, slots=True)
class _Sending:
    command: Command
    station: StationCaller
    context: CommandContext

    async def send(self) -> Outcome:
        payload, station_id = self.command.payload, self.command.station_id
        update_type = payload.get("updateType", "Full")
        given = payload.get("localAuthorizationList")
        if given is not None and (why := _refusal(given)) is not None:
            return Outcome.refused(why)
        held = await self.context.local_lists.held(station_id) or await self._ask_version()
        if given is None and update_type == "Differential":
            if held is not None and held.entries is not None:
                given = difference(held.entries, await self._wanted())
                if not given:
                    return Outcome(status=CommandStatus.CONFIRMED, reason=UP_TO_DATE)
            else:
                update_type = "Full"
        entries = given if given is not None else await self._wanted()
        outcome = await self._parts(entries, update_type, held)
        if update_type == "Differential" and outcome.reason in STALE:
            return await self._parts(await self._wanted(), "Full", await self._ask_version())
        return outcome

    async def _parts(
        self, entries: Sequence[Entry], update_type: str, held: HeldList | None
    ) -> Outcome:
        """Message by message; what the station took is kept after each."""
        version = max(held.version if held else 0, self.command.payload.get("versionNumber", 0) - 1)
        within = await self._limits()
        outcome = Outcome.refused("nothing_sent")
        for message in messages(entries, update_type, version, within):
            outcome = await ask_with(self.command, self.station, message.request)
            status = outcome.response.get("status")
            if outcome.status is not CommandStatus.CONFIRMED:
                return replace(outcome, reason=status or outcome.reason)
            held = after(held, message)
            await self._keep(held)
        return replace(
            outcome, response={**outcome.response, "versionNumber": held and held.version}
        )

    async def _keep(self, held: HeldList) -> None:
        fact = LocalListHeld(
            station_id=self.command.station_id,
            at=self.context.now,
            version=held.version,
            entries=held.entries,
        )
        await self.context.journal.commit([fact])

    async def _wanted(self) -> Sequence[Entry]:
        return await self.context.local_lists.wanted(self.command.station_id, self.context.now)

    async def _limits(self) -> ListLimits:
        model = self.context.device_model
        told = await limits(model, self.command.station_id, CONTROLLER, action="")
        return ListLimits(told.items or ITEMS_WHERE_UNKNOWN, told.size_bytes)

    async def _ask_version(self) -> HeldList | None:
        outcome = await get_local_list_version(self.command, self.station, self.context)
        version = _version_in(outcome)
        if version is None:
            return None
        return HeldList(version, {} if version == 0 else None)


def _version_in(outcome: Outcome) -> int | None:
    """OCPP 1.6 calls it `listVersion`, and says -1 where it has no lists."""
    version = outcome.response.get("versionNumber", outcome.response.get("listVersion"))
    return None if version is None else max(int(version), 0)


def _refusal(entries: Sequence[Entry]) -> str | None:
    """Why a list that was given may not be sent (D01.FR.06)."""
    try:
        keys = [key_of(entry) for entry in entries]
    except (KeyError, TypeError, AttributeError):
        return "bad_payload: not a list of AuthorizationData"
    return None if len(keys) == len(set(keys)) else TOKEN_TWICE
